"""Pages as responses: templates filled in, and a content security policy that allows just what they need."""

import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import Final

from litestar import MediaType, Response

_INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_CACHE: Final = "public, max-age=300"


@lru_cache
def template(name: str) -> str:
    """Return a template of this package."""
    return (files(__package__) / name).read_text(encoding="utf-8")


@lru_cache
def security_policy(html: str) -> str:
    """Return the policy for a page: its own inline scripts by hash, everything else from here alone."""
    digests = (sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(html))
    hashes = " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {hashes}".strip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def page(html: str) -> Response[str]:
    """Return a page as it is."""
    headers = {"Content-Security-Policy": security_policy(html), "Cache-Control": _CACHE}
    return Response(html, media_type=MediaType.HTML, headers=headers)


def plain_page(title: str, body: str) -> Response[str]:
    """Return a page of text; `body` is HTML and trusted, `title` is escaped."""
    return page(Template(template("plain.html")).substitute(title=escape(title), body=body))
