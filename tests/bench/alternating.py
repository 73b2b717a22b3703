"""Two services under the same load by turns of a moment, in a process of its own: what differs by a few percent drowns
in what else the machine does, unless both meet the same.

Reads a `Duel` as JSON from standard input and writes what came of it to standard output.
"""

import json
import sys

import msgspec
import uvloop
from tests.bench.load import Answered, Load, run


class Duel(msgspec.Struct, frozen=True, kw_only=True):
    """Two loads and how often they take turns (A B, B A, …)."""

    ours: Load
    baseline: Load
    turns: int


class Fought(msgspec.Struct, frozen=True, kw_only=True):
    """What both answered, turn by turn."""

    ours: list[Answered]
    baseline: list[Answered]


async def fight(duel: Duel) -> Fought:
    """Send both loads by turns."""
    fought = Fought(ours=[], baseline=[])
    sides = [(duel.ours, fought.ours), (duel.baseline, fought.baseline)]
    for turn in range(duel.turns):
        for load, answered in sides if turn % 2 == 0 else reversed(sides):
            answered.append(await run(load))
    return fought


def main() -> None:
    """Serve one order."""
    duel = msgspec.json.decode(sys.stdin.buffer.read(), type=Duel)
    sys.stdout.write(json.dumps(msgspec.to_builtins(uvloop.run(fight(duel)))))


if __name__ == "__main__":
    main()
