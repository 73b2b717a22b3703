"""Examples of valuations and flows."""

from typing import Final

from api.resources.examples import Body, Examples

REQUESTS: Final[Examples] = {
    "one payment": {
        "valuations": [
            {"date": "2007-12-31", "value": 74.2},
            {"date": "2008-01-14", "value": 67.0},
            {"date": "2008-01-31", "value": 104.4},
        ],
        "flows": [{"date": "2008-01-14", "amount": 37.1}],
        "valued": "before_flows",
    }
}
ANSWER: Final[Body] = {
    "twr": -0.09443283593683238,
    "twr_annualised": -0.6889891140830995,
    "modified_dietz": -0.07298099559862156,
    "xirr": -0.5888839506337367,
    "xirr_roots": [-0.5888839506337367],
    "sub_periods": [
        {
            "start": "2007-12-31",
            "end": "2008-01-14",
            "start_value": 74.2,
            "end_value": 67.0,
            "flow": 0.0,
            "method": "time_weighted",
            "return": -0.09703504043126689,
        },
        {
            "start": "2008-01-14",
            "end": "2008-01-31",
            "start_value": 67.0,
            "end_value": 104.4,
            "flow": 37.1,
            "method": "time_weighted",
            "return": 0.0028818443804034992,
        },
    ],
    "conventions": {
        "valued": "before_flows",
        "weighting": "end_of_day",
        "flow_sign": "positive is money into the portfolio",
        "day_count": "actual/365 from the first flow",
        "xirr_range": "every annual rate greater than -1 and less than 10",
    },
    "unavailable": {},
}
