"""What examples share; a test decodes every request and compares every answer's fields with the schema."""

from collections.abc import Mapping
from typing import Any, Final

Body = dict[str, Any]
Examples = Mapping[str, Body]

PORTFOLIO: Final = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
POSITION_ID: Final = "0b0c3f2e-7d0c-5a51-9a3b-5c1f8f6f2a10"
ALLOCATION_ID: Final = "5d3c2a44-3b8e-5f7a-8a67-93d5b1a2c9e1"
AT: Final = "2026-03-26T08:00:00Z"
POLICY: Final[Body] = {
    "to": "target",
    "whole_shares": False,
    "min_trade_value": 0,
    "cash_buffer": 0.01,
    "cost_bps": 5,
    "fixed_cost": 0,
    "do_not_trade": [],
}
