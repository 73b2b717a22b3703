"""Mail by SMTP."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote, urlsplit

from infrastructure.mail.sender import NotDeliverable

ANSWER_SECONDS: Final = 15
_PORTS: Final = {"smtp": 587, "smtps": 465}


class SmtpDelivery:
    """Hands mail over to an SMTP server: `smtps://` in TLS from the first byte, `smtp://` with STARTTLS if offered.

    A name and password go out in TLS only, unless the server is on this machine.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or _PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")

    async def deliver(self, message: EmailMessage) -> None:
        """Hand over a mail; raises NotDeliverable where the server refuses it for good, else OSError."""
        await asyncio.to_thread(self._deliver, message)

    def _deliver(self, message: EmailMessage) -> None:
        try:
            with self._connection() as server:
                self._secured(server)
                if self._user:
                    server.login(self._user, self._password)
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refusal:
            raise _refused([code for code, _ in refusal.recipients.values()]) from None
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refusal:
            raise _refused([refusal.smtp_code]) from None

    def _connection(self) -> smtplib.SMTP:
        if self._secure:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, timeout=ANSWER_SECONDS, context=context)
        return smtplib.SMTP(self._host, self._port, timeout=ANSWER_SECONDS)

    def _secured(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if self._secure:
            return
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        elif self._user and not _is_here(self._host):
            raise smtplib.SMTPNotSupportedError("the server offers no TLS to send a password in")


def _refused(codes: list[int]) -> Exception:
    """Return what a refusal means: 5xx is for good, 4xx for now."""
    if all(code >= 500 for code in codes):
        return NotDeliverable()
    return OSError("the mail server is not ready to take the mail")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
