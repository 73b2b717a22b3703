"""Fixtures that every test may ask for."""

pytest_plugins = [
    "tests.support.servers",
    "tests.support.database",
    "tests.support.service",
    "tests.support.running",
]
