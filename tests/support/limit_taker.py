"""A process that takes calls from limits shared with others.

`python -m tests.support.limit_taker REDIS_URL DATABASE_URL TENANT TRIES GIVE_BACK` prints how many passed; of those
that passed it gives back every GIVE_BACK-th (0 for none).
"""

import asyncio
import sys
from time import time

from application.limits.month import month_of
from application.limits.rules import Limit, Quota
from infrastructure.limits.counting import Counting
from infrastructure.postgres.connect import pool
from infrastructure.postgres.usage import PostgresUsage
from infrastructure.redis import line

WIDE = 1_000_000
line.PATIENCE_SECONDS = 60  # type: ignore[misc]  # the machine may be busy, which is not what is tried here


async def main(redis_url: str, database_url: str, tenant: str, tries: int, every: int) -> int:
    """Try, and return how many passed and were not given back."""
    async with pool(database_url, "taker") as connections:
        counting = Counting(redis_url, "taker", PostgresUsage(connections), alone=False)
        await counting.start()
        quota = Quota(tenant=tenant, month=month_of(time()), calls=100)
        limits = [Limit(name="wide", key=f"wide:{tenant}", quota=WIDE)]
        admitted = given_back = 0
        for _ in range(tries // 10):
            decisions = await asyncio.gather(*(counting.take(limits, quota) for _ in range(10)))
            for decision in decisions:
                admitted += decision.allowed
                if decision.allowed and every and admitted % every == 0:
                    counting.give_back(tenant, quota.month)
                    given_back += 1
        await counting.close()
        return admitted - given_back


if __name__ == "__main__":
    redis_url, database_url, tenant, tries, every = sys.argv[1:]
    kept = asyncio.run(main(redis_url, database_url, tenant, int(tries), int(every)))
    sys.stdout.write(f"{kept}\n")
