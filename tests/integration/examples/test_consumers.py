"""The consumers of `examples/` as a user runs them, each in a copy of its folder."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from infrastructure.redis.connect import client
from infrastructure.redis.publisher import Publisher
from projections.published.catalogue import REBALANCE_RECOMMENDED
from projections.published.cloudevents import Entry

EXAMPLES = Path(__file__).parents[3] / "examples"
BUILD_SECONDS = 240
RECOMMENDATION = {
    "recommendation_id": "11111111-1111-1111-1111-111111111111",
    "reasons": [{"explanation": "sector technology weighs 70 %."}],
    "trades": [{"ticker": "AAPL", "side": "sell", "quantity": 20.5, "estimated_price": 10, "value": 205}],
}
SAID = [
    "2026-03-26T08:00:00Z portfolio/1 recommendation 11111111-1111-1111-1111-111111111111",
    "  sector technology weighs 70 %.",
    "  sell 20.5 AAPL at about 10",
]


async def recommend(redis_url: str, position: int) -> None:
    fields = {"time": "2026-03-26T08:00:00Z", "subject": "portfolio/1", "data": json.dumps(RECOMMENDATION)}
    entry = Entry(
        stream=REBALANCE_RECOMMENDED,
        position=position,
        fields={name: value.encode() for name, value in fields.items()},
    )
    async with client(redis_url, "test") as redis:
        await Publisher(redis).publish([entry], origin="test", after=position - 1, upto=position)


def run(*command: str, folder: Path) -> list[str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=BUILD_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def the_python_consumer(folder: Path) -> Sequence[str]:
    return (sys.executable, str(EXAMPLES / "python" / "consume_recommendations.py"))


def the_typescript_consumer(folder: Path) -> Sequence[str]:
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are missing, so the TypeScript consumer cannot be compiled")
    for name in ("package.json", "package-lock.json", "tsconfig.json", ".npmrc"):
        shutil.copy(EXAMPLES / "typescript" / name, folder)
    shutil.copytree(EXAMPLES / "typescript" / "src", folder / "src")
    run("npm", "ci", "--no-audit", "--no-fund", "--prefer-offline", folder=folder)
    run("npm", "run", "build", folder=folder)
    return ("node", "dist/consume.js")


@pytest.mark.parametrize("prepared", [the_python_consumer, the_typescript_consumer])
async def test_a_consumer_reads_each_recommendation_once(
    prepared: object, redis_url: str, tmp_path: Path
) -> None:
    assert callable(prepared)
    command = [*prepared(tmp_path), redis_url, "--once"]
    await recommend(redis_url, 1)
    assert run(*command, folder=tmp_path) == SAID
    assert run(*command, folder=tmp_path) == []
    await recommend(redis_url, 2)
    assert run(*command, folder=tmp_path) == SAID


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((EXAMPLES / "typescript" / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
