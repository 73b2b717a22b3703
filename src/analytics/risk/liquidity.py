"""How long selling takes without being more than a share of the market."""

import numpy as np

from analytics.risk.arrays import Floats


def days_to_liquidate(quantity: Floats, average_volume: Floats, participation: float) -> Floats:
    """Return trading days per position, fractions of days included; infinite where nothing is traded.

    quantity : units held, signed. average_volume : units traded per day. participation : share of it that is ours.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        days: Floats = np.abs(quantity) / (participation * average_volume)
    return np.nan_to_num(days, nan=0.0, posinf=np.inf)


def liquid_share(values: Floats, days: Floats, within: float) -> float:
    """Return the share of gross value that is sold within so many days, sold evenly over each position's days."""
    gross = np.abs(values)
    sold = np.minimum(1.0, within / np.maximum(days, 1e-12))
    return float(gross @ sold / gross.sum())
