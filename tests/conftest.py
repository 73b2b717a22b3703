"""Fixtures that every test may ask for, and how properties are tried."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.support.servers",
    "tests.support.database",
    "tests.support.service",
    "tests.support.running",
]

# How long an example takes says something about the machine, not about the property. Whoever works on the code looks
# for new examples every time; a run that decides about a change has the same ones each time.
settings.register_profile(
    "untimed",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("untimed")
