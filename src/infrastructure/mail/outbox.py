"""Mail as files, where nobody has set up a mail server."""

import asyncio
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path

from infrastructure.embedded.private_files import write_private


class FileOutbox:
    """Writes each mail as an .eml file that its owner alone may read; the same mail twice is one file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def deliver(self, message: EmailMessage) -> None:
        """Write a mail; raises OSError."""
        await asyncio.to_thread(self._write, message)

    def _write(self, message: EmailMessage) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        text = message.as_bytes(policy=SMTPUTF8.clone(linesep="\n")).decode()
        write_private(self._folder / f"{name}.eml", text)
