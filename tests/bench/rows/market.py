"""Loading a million price rows, against a plain COPY of the same file."""

from statistics import median

import msgspec
from tests.bench.measuring import Measured, Pair, Row, at_most, ratio_row
from tests.bench.price_import import Asked
from tests.bench.scale import Scale
from tests.bench.servers import Servers, run_module
from tests.support.database import as_api


async def measure(servers: Servers, scale: Scale) -> list[Row]:
    """From the bytes of the file to the commit: instruments, rows, newest bars and the event."""
    asked = Asked(ours=as_api(servers.store("prices")), plain=servers.database("copy"), turns=scale.turns)
    answer = await run_module("tests.bench.price_import", msgspec.to_builtins(asked))
    found = msgspec.convert(answer, Measured)
    pairs = [Pair(ours=ours, baseline=plain) for ours, plain in zip(found.ours, found.baseline, strict=True)]
    details = {"ours_seconds": median(found.ours), "copy_seconds": median(found.baseline)}
    return [ratio_row("13", "load 1 M price rows", at_most(1.5, "× plain COPY"), pairs, details)]
