"""When a long-lived process looks for garbage."""

import gc

THRESHOLDS = (50_000, 20, 50)


def collect_rarely() -> None:
    """Leave what the start made alone for good, and look through the rest less often.

    Reference counts free nearly everything at once. A process that keeps thousands of aggregates in its cache
    would otherwise walk through all of them again and again, in the middle of requests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
