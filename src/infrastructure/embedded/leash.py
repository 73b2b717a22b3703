"""Starts a program that cannot outlive whoever started it.

Run by path (`python -I -S leash.py PARENT SIGNAL UID GID PROGRAM ARGUMENTS…`) as a program between ours and
the one to start: the forked copy of a Python that has threads is no place to do this work. It imports nothing
of ours, and becomes the program, so that the process id stays the one the parent knows.
"""

import ctypes
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from signal import Signals

PR_SET_PDEATHSIG = 1
CANNOT_START = 127


def leashed(program: Sequence[str | os.PathLike[str]], *, signal: Signals, uid: int, gid: int) -> list[str]:
    """The command line that runs `program` as `uid` and sends it `signal` when the calling thread ends.

    Linux counts the thread that started the child as its parent: start it from one that lives as long.
    """
    leash = [sys.executable, "-I", "-S", str(Path(__file__).resolve())]
    return [
        *leash,
        str(os.getpid()),
        str(int(signal)),
        str(uid),
        str(gid),
        *(os.fspath(part) for part in program),
    ]


def die_with_parent(signal: int, parent: int) -> None:
    """Ask the kernel for `signal` when the parent ends, and end now if it has ended already.

    Raises OSError where the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before the request was in place, so no signal will ever come
        raise SystemExit(CANNOT_START)


def _become(uid: int, gid: int) -> None:
    if (os.geteuid(), os.getegid()) != (uid, gid):
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def main(arguments: Sequence[str]) -> None:
    """Detach from the terminal, change user, tie the life to the parent's, become the program."""
    parent, signal, uid, gid = map(int, arguments[:4])
    program = list(arguments[4:])
    os.setsid()  # Ctrl-C at the terminal goes to the supervisor alone, which stops its children in order
    _become(uid, gid)
    die_with_parent(signal, parent)  # after the change of user, which clears the request
    os.execv(program[0], program)  # noqa: S606


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as failure:
        sys.stderr.write(f"cannot start {sys.argv[5]}: {failure}\n")
        raise SystemExit(CANNOT_START) from None
