"""What the home folder holds about the log: the key that signs it, every public key it ever had, the checkpoints."""

from pathlib import Path
from typing import Final

from infrastructure.embedded.private_files import kept_in, write_private
from infrastructure.eventstore.checkpoint_file import CheckpointFile
from infrastructure.eventstore.checkpoints import LogKey, new_key, pems_in

PRIVATE_KEY: Final = "log-signing-key.pem"
PUBLIC_KEYS: Final = "log-public-keys.pem"
CHECKPOINTS: Final = "log-checkpoints.jsonl"


class LogHome:
    """The files of one home.

    pem : the private key where it is kept elsewhere.
    """

    def __init__(self, home: Path, *, pem: str | None = None) -> None:
        self._home, self._pem = home, pem
        self.checkpoints = CheckpointFile(home / CHECKPOINTS)

    def signing_key(self) -> LogKey:
        """Return the key that signs, made on first use; its public half is noted for good.

        Raises ValueError where the file holds no Ed25519 key.
        """
        key = LogKey(self._pem or kept_in(self._home / PRIVATE_KEY, new_key))
        noted = self._noted()
        if key.public_pem not in noted:
            write_private(self._home / PUBLIC_KEYS, "".join([*noted, key.public_pem]))
        return key

    def public_key(self) -> str | None:
        """Return the public half of the key that signs now; None before the first run."""
        if self._pem is not None:
            return LogKey(self._pem).public_pem
        file = self._home / PRIVATE_KEY
        return LogKey(file.read_text(encoding="ascii")).public_pem if file.exists() else None

    def public_keys(self) -> list[str]:
        """Return every public key whose signatures count, the present one first."""
        present = self.public_key()
        return [*([present] if present else []), *(pem for pem in self._noted() if pem != present)]

    def _noted(self) -> list[str]:
        file = self._home / PUBLIC_KEYS
        return pems_in(file.read_text(encoding="ascii")) if file.exists() else []
