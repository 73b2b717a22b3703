"""A process that computes methods as ours does, but for some that crash, hang, eat memory or stumble."""

import asyncio
import os

import msgspec

from application.optimization.answer import MethodWork
from bootstrap.optimizer import load
from infrastructure.workers.refusals import refusal_of
from infrastructure.workers.serving import Work, serve
from infrastructure.workers.wire import Request

HANGS, CRASHES, EATS, STUMBLES = "HMMRegimeMVO", "NCO", "HERC", "HERC2"


def unruly() -> Work:
    """Return what misbehaves by the name of the method."""
    obedient = load()

    async def work(asked: Request) -> bytes:
        method = msgspec.msgpack.decode(asked.content, type=MethodWork).method
        if method == HANGS:
            await asyncio.Event().wait()
        if method == CRASHES:
            os.abort()
        if method == EATS:
            bytearray(1024**4)
        if method == STUMBLES:
            raise ZeroDivisionError("stumbled")
        return await obedient(asked)

    return work


if __name__ == "__main__":
    serve(unruly, refusal_of)
