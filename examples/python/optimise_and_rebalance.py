"""From an optimisation to trades: optimise, look first, apply, and read the recommendation that follows.

    pip install httpx redis
    python optimise_and_rebalance.py http://127.0.0.1:8321 "$(cat .trimtab/demo-key)" redis://:password@127.0.0.1:6379/0

`trimtab status --json` says the address of Redis (`redis_url`). The program makes a portfolio of cash, lets several
methods share it out over eight of the bundled stocks, and applies the one that did best in periods that it had not
seen. The rebalance agent does the rest: nobody asks it to.
"""

import json
from argparse import ArgumentParser, Namespace
from typing import Any

import httpx
from redis import Redis

STREAM = "pm:rebalance:recommended"
STOCKS = ("AAPL", "JNJ", "JPM", "KO", "LLY", "MSFT", "PG", "XOM")
METHODS = ("HRP", "MaximumDiversification", "MinVol", "RiskBudgeting")
WAIT_MILLISECONDS = 2000  # must stay below the client's socket timeout
ATTEMPTS = 15


def main() -> None:
    """Run the loop once."""
    arguments = parsed()
    redis = Redis.from_url(arguments.redis, decode_responses=True, socket_timeout=10)
    with httpx.Client(base_url=arguments.url, headers={"X-API-Key": arguments.key}, timeout=60) as client:
        portfolio = a_portfolio(client)
        job = optimised(client)
        method = job["comparison"]["ranking"][0]["method"]
        said = {"portfolio_id": portfolio, "method": method, "allocation_type": "security"}
        look_first(client, job["id"], said)
        position = applied(client, job["id"], said)
        recommendation = recommended(redis, portfolio, after=position)
        accept(client, recommendation)


def a_portfolio(client: httpx.Client) -> str:
    """Make a portfolio that holds nothing but cash; the bundled prices end in 2022, so it begins there."""
    body = {
        "name": "Optimised",
        "portfolio_type": "long_only",
        "initial_cash": 100_000,
        "inception_date": "2022-12-01",
        "rebalance_policy": {"cost_bps": 5, "cash_buffer": 0.01},
    }
    portfolio: dict[str, Any] = answered(client.post("/v1/portfolios", json=body))
    say(f"portfolio {portfolio['portfolio_id']} with 100,000 in cash")
    return str(portfolio["portfolio_id"])


def optimised(client: httpx.Client) -> dict[str, Any]:
    """Ask for weights, and wait for them."""
    body = {
        "stocks": [{"ticker": ticker} for ticker in STOCKS],
        "methods": list(METHODS),
        "window": {"start": "2018-01-01", "end": "2022-12-28"},
        "constraints": {"max_weight": 0.3},
    }
    job: dict[str, Any] = answered(client.post("/v1/optimizations", json=body, headers={"Prefer": "wait=30"}))
    while job["status"] in ("queued", "running"):
        job = answered(client.get(f"/v1/optimizations/{job['id']}", headers={"Prefer": "wait=30"}))
    say(f"optimisation {job['id']} is {job['status']}")
    for one in job["comparison"]["ranking"]:
        tested = one["out_of_sample_sharpe_ratio"]
        say(f"  {one['rank']}. {one['method']}: Sharpe ratio out of sample {tested:.2f}")
    return job


def look_first(client: httpx.Client, job: str, said: dict[str, Any]) -> None:
    """See what applying it would do; nothing changes."""
    found = answered(client.post(f"/v1/optimizations/{job}/what-if", json=said))
    risk = found["risk"]["after"]["metrics"]
    say(f"{said['method']} would make {len(found['trades'])} trades and cost {found['total_cost']:.2f}")
    say(f"  volatility after them {risk['volatility']:.1%}, worst 5 % of days {-risk['cvar_95']:.2%}")


def applied(client: httpx.Client, job: str, said: dict[str, Any]) -> str:
    """Make the weights the portfolio's targets, and return where that stands among all events."""
    answer = client.post(f"/v1/optimizations/{job}/apply", json=said)
    targets = answered(answer)["targets"]
    say("targets " + ", ".join(f"{one['bucket']} {one['target_weight']:.1%}" for one in targets))
    return answer.headers["Trimtab-Position"]


def recommended(redis: Redis, portfolio: str, *, after: str) -> dict[str, Any]:
    """Read the recommendation that follows; an entry's id is the position of its event, so none is missed."""
    last = f"{after}-0"
    for _ in range(ATTEMPTS):
        for _, entries in redis.xread({STREAM: last}, block=WAIT_MILLISECONDS) or []:
            for entry_id, fields in entries:
                last = entry_id
                if fields["subject"] == f"portfolio/{portfolio}":
                    return show(json.loads(fields["data"]))
    raise SystemExit("no recommendation came")


def show(recommendation: dict[str, Any]) -> dict[str, Any]:
    """Print what is to be traded."""
    say(f"recommendation {recommendation['recommendation_id']}")
    for trade in recommendation["trades"]:
        say(f"  {trade['side']} {trade['quantity']} {trade['ticker']} at about {trade['estimated_price']}")
    return recommendation


def accept(client: httpx.Client, recommendation: dict[str, Any]) -> None:
    """Take it; placing the orders is up to you."""
    body = {"note": "from examples/python/optimise_and_rebalance.py"}
    path = f"/v1/recommendations/{recommendation['recommendation_id']}/accept"
    say(f"recommendation is {answered(client.post(path, json=body))['status']}")


def answered(answer: httpx.Response) -> Any:
    """Return what was answered, or end with what was wrong."""
    if answer.is_error:
        raise SystemExit(f"{answer.status_code}: {answer.text}")
    return answer.json()


def say(line: str) -> None:
    """Print at once, also into a pipe."""
    print(line, flush=True)


def parsed() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="address of the API")
    parser.add_argument(
        "key", help="API key of a tenant that sees the bundled prices as today's, such as the demo's"
    )
    parser.add_argument("redis", help="redis://:password@host:port/0")
    return parser.parse_args()


if __name__ == "__main__":
    main()
