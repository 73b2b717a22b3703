"""What is asked of the API."""

import json
import random
from collections.abc import Iterable
from typing import Any, Final

REGISTRATION: Final = {
    "name": "Global Equity Alpha",
    "portfolio_type": "long_only",
    "inception_date": "2024-01-02",
    "currency": "USD",
    "description": "One of many.",
    "benchmark_ticker": "SPY",
    "rebalance_threshold": 0.05,
    "metadata": {"desk": "bench"},
}
SECTORS: Final = ("technology", "health_care", "consumer_staples", "energy", "financials")
BOUNDARY: Final = "----trimtab-bench"


def registration() -> str:
    """The body of a registration."""
    return json.dumps(REGISTRATION)


def positions_file(rows: int) -> str:
    """A CSV of positions with the columns that exports have; the same rows on every run."""
    dice = random.Random(7)
    lines = [
        "ticker,security_name,asset_class,quantity,avg_cost_price,current_price,currency,sector,geography"
    ]
    for number in range(rows):
        price = dice.uniform(5, 500)
        lines.append(
            f"T{number:05d},Company {number} Inc.,equity,{dice.randint(1, 9_999)},"
            f"{price * dice.uniform(0.7, 1.1):.4f},{price:.2f},USD,{SECTORS[number % len(SECTORS)]},US"
        )
    return "\n".join(lines) + "\n"


def upload(content: str, filename: str = "positions.csv") -> tuple[dict[str, str], bytes]:
    """Headers and body of a multipart upload."""
    body = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
        f"Content-Type: text/csv\r\n\r\n{content}\r\n--{BOUNDARY}--\r\n"
    )
    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, body.encode()


def targets(weights: Iterable[tuple[str, float]]) -> list[dict[str, Any]]:
    """Bodies that set sector targets with bands of five points."""
    return [
        {
            "allocation_type": "sector",
            "bucket": sector,
            "target_weight": weight,
            "min_weight": max(0.0, round(weight - 0.05, 4)),
            "max_weight": min(1.0, round(weight + 0.05, 4)),
        }
        for sector, weight in weights
    ]
