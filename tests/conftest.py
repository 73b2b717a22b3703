"""Fixtures that every test may ask for, and how properties are tried."""

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.support.servers",
    "tests.support.database",
    "tests.support.service",
    "tests.support.running",
]

# How long an example takes says something about the machine, not about the property.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
