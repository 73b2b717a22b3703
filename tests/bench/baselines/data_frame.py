"""A file into a table with pandas and its defaults: `python -m tests.bench.baselines.data_frame FILE URL`.

Imports it once per line on standard input, each time into a new table, and answers the seconds it took.
"""

import sys
import time

import pandas as pd
import sqlalchemy as sa

from infrastructure.postgres.migrate import sqlalchemy_url


def main() -> None:
    """Serve until standard input ends."""
    file, database_url = sys.argv[1:]
    engine = sa.create_engine(sqlalchemy_url(database_url))
    for number, _ in enumerate(sys.stdin):
        started = time.perf_counter()
        pd.read_csv(file).to_sql(f"plain_positions_{number}", engine)
        sys.stdout.write(f"{time.perf_counter() - started}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
