"""Examples of read models."""

from typing import Final

from api.resources.examples import Body

PROJECTIONS: Final[Body] = {
    "projections": [
        {"name": "portfolios", "position": 42, "lag_events": 0, "lag_seconds": 0.0, "dead_letters": 0}
    ],
    "position": 42,
}
