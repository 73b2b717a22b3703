"""Read rebalance recommendations from Redis as they are made.

    pip install redis
    python consume_recommendations.py redis://:password@127.0.0.1:6379/0

`trimtab status --json` says the address (`redis_url`). The consumer group remembers how far it has read: what was
printed and acknowledged does not come again, and a crash between the two repeats one recommendation, so act on
`recommendation_id` at most once. `--once` ends as soon as nothing is waiting.
"""

import json
import sys
from argparse import ArgumentParser, Namespace

from redis import Redis
from redis.exceptions import ResponseError

STREAM = "pm:rebalance:recommended"
WAIT_MILLISECONDS = 2000  # must stay below the client's socket timeout


def main() -> None:
    """Print recommendations until interrupted."""
    arguments = parsed()
    redis = Redis.from_url(arguments.url, decode_responses=True, socket_timeout=10)
    create_group(redis, arguments.group)
    position = "0"  # first what we were handed before a crash, then what is new
    while True:
        answer = redis.xreadgroup(
            arguments.group, arguments.consumer, {STREAM: position}, count=10, block=WAIT_MILLISECONDS
        )
        entries = [entry for _, found in answer or [] for entry in found]
        for entry_id, fields in entries:
            if fields:  # none where the entry left the stream meanwhile
                show(fields)
            redis.xack(STREAM, arguments.group, entry_id)
        if not entries and position == ">" and arguments.once:
            return
        position = ">" if not entries else position


def create_group(redis: Redis, group: str) -> None:
    """Begin at the first recommendation ever made; a group that exists keeps its place."""
    try:
        redis.xgroup_create(STREAM, group, id="0", mkstream=True)
    except ResponseError as refusal:
        if not str(refusal).startswith("BUSYGROUP"):
            raise


def show(fields: dict[str, str]) -> None:
    """Print one recommendation; its whole content is described at /v1/schemas/pm.rebalance.recommended.v1."""
    recommendation = json.loads(fields["data"])
    print(f"{fields['time']} {fields['subject']} recommendation {recommendation['recommendation_id']}")
    for reason in recommendation["reasons"]:
        print(f"  {reason['explanation']}")
    for trade in recommendation["trades"]:
        print(f"  {trade['side']} {trade['quantity']} {trade['ticker']} at about {trade['estimated_price']}")
    sys.stdout.flush()


def parsed() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="redis://:password@host:port/0")
    parser.add_argument("--group", default="example-python")
    parser.add_argument("--consumer", default="consumer-1")
    parser.add_argument("--once", action="store_true", help="end as soon as nothing is waiting")
    return parser.parse_args()


if __name__ == "__main__":
    main()
