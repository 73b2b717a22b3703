"""Under which user an embedded server runs, and whether that user can reach its files.

PostgreSQL refuses to run as root. When we are root the servers run as another user, who has to be
able to walk through every folder above the data.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from infrastructure.embedded.errors import EmbeddedServerError

# The distribution's PostgreSQL user where there is one, else the user who owns nothing.
STAND_INS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class ServerUser:
    """Who runs a server."""

    name: str
    uid: int
    gid: int


def server_user(folder: Path) -> ServerUser:
    """Whoever owns `folder` already; else ourselves, or a stand-in when we are root.

    Raises EmbeddedServerError when we are root and the machine knows no stand-in.
    """
    if os.geteuid() != 0:
        return _by_uid(os.geteuid(), os.getegid())
    if folder.exists() and (owner := folder.stat()).st_uid != 0:
        return _by_uid(owner.st_uid, owner.st_gid)
    for name in STAND_INS:
        if user := _by_name(name):
            return user
    raise EmbeddedServerError(
        "PostgreSQL does not run as root and this machine has neither a user `postgres` nor `nobody`: "
        "start Trimtab as an ordinary user."
    )


def must_reach(user: ServerUser, path: Path) -> None:
    """Raise EmbeddedServerError naming the first folder on the way to `path` that `user` may not enter."""
    if folder := closed_folder(user, path):
        raise EmbeddedServerError(
            f"Trimtab was started as root, so its servers run as the user `{user.name}`, "
            f"who may not enter {folder}: set TRIMTAB_HOME to a folder that everybody may pass through "
            "(for example /var/lib/trimtab), or start Trimtab as an ordinary user."
        )


def closed_folder(user: ServerUser, path: Path) -> Path | None:
    """The first folder on the way to `path`, itself included, that `user` may not enter."""
    for folder in (*reversed(path.resolve().parents), path.resolve()):
        if folder.is_dir() and not _may_enter(user, folder.stat()):
            return folder
    return None


def _may_enter(user: ServerUser, facts: os.stat_result) -> bool:
    if user.uid == os.geteuid():
        return True
    if facts.st_uid == user.uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == user.gid:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)


def _by_name(name: str) -> ServerUser | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return ServerUser(name, entry.pw_uid, entry.pw_gid)


def _by_uid(uid: int, gid: int) -> ServerUser:
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:  # a container may run us as a number without a name
        name = str(uid)
    return ServerUser(name, uid, gid)
