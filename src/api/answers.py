"""Answers: JSON as the contract wants it, and the headers that writes and reads carry."""

from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar

import msgspec
from litestar import Request, Response

from api.conditional import etag
from api.encoding import encode
from api.exchange import exchange_of
from api.exports.noted import noted
from api.exports.response import WorkbookResponse, csv_response, file_headers, workbook_request
from api.request import ApiRequest
from application.idempotency import KeyedAnswer, StoredAnswer

T = TypeVar("T")
JSON: Final = "application/json"
POSITION: Final = "Trimtab-Position"
CALCULATIONS: Final = "calculations"


class ApiResponse(Response[T]):
    """Litestar's response, encoding JSON the way the contract wants."""

    def render(self, content: Any, media_type: str, enc_hook: Any = None) -> bytes:
        """Encode JSON with exact decimals; text and bytes go out as they are."""
        if isinstance(content, bytes) or not media_type.endswith("json"):
            return super().render(content, media_type)
        return encode(content)

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **options: Any) -> Any:
        """Send JSON, or the table of it that the client asked for."""
        export = exchange_of(request.scope).export
        if export is None or not isinstance(self.content, msgspec.Struct):
            return super().to_asgi_response(app, request, **options)
        status = self.status_code or options.get("status_code") or 200
        headers = file_headers(request.scope["path"], export, self.content, self.headers)
        detail = {"format": export.format, "tables": [table.name for table in export.tables]}
        if export.format == "csv":
            return noted(request, csv_response(self.content, export, headers, status), detail)
        workbook = WorkbookResponse(
            request=workbook_request(self.content, export),
            calculations=request.app.state[CALCULATIONS],
            headers=headers,
            status=status,
        )
        return noted(request, workbook, detail)


class Answer(Generic[T]):
    """An answer that is known before its events are committed, so that it can be stored with them.

    `stored_body` replaces the body in the stored copy where the real one holds a secret.
    """

    def __init__(
        self,
        body: T,
        *,
        status: int = 200,
        location: str | None = None,
        version: int | None = None,
        headers: Mapping[str, str] | None = None,
        stored_body: T | None = None,
    ) -> None:
        self.body, self.status, self._stored_body = body, status, stored_body
        self.headers = dict(headers or {})
        if location is not None:
            self.headers["Location"] = location
        if version is not None:
            self.headers["ETag"] = etag(version)

    def keyed(self, request: ApiRequest) -> KeyedAnswer | None:
        """Return what the append has to store beside the events; None when no Idempotency-Key was sent."""
        idempotency = request.idempotency
        if idempotency is None:
            return None
        body = self.body if self._stored_body is None else self._stored_body
        stored = StoredAnswer(
            payload_hash=idempotency.payload_hash,
            status=self.status,
            headers=self.headers,
            body=b"" if body is None else encode(body),
        )
        return KeyedAnswer(request=idempotency, answer=stored)

    def at(self, position: int | None) -> ApiResponse[T]:
        """Return the response, with the position of its events as `Trimtab-Position`."""
        if position is not None:
            self.headers[POSITION] = str(position)
        return ApiResponse(self.body, status_code=self.status, headers=self.headers, media_type=JSON)


def reply(
    body: T,
    *,
    status: int = 200,
    version: int | None = None,
    read_position: int | None = None,
    position: int | None = None,
    location: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> ApiResponse[T]:
    """Return a response with the headers of the contract.

    version, read_position : make the `ETag`; a GET whose If-None-Match names it goes out as 304.
    position : where the events of a write stand; goes out as `Trimtab-Position`.
    """
    sent = Answer(body, status=status, location=location, headers=headers)
    if version is not None:
        sent.headers["ETag"] = etag(version, read_position)
    return sent.at(position)
