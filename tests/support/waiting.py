"""Waiting for a condition instead of for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def eventually(question: Callable[[], Found], *, seconds: float = 10.0, every: float = 0.01) -> Found:
    """The first true answer to `question`; AssertionError naming it when there is none in `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still not true after {seconds} s: {question}")
        time.sleep(every)
    return answer
