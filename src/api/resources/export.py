"""Everything a tenant has, as JSON Lines."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, cast

import msgspec
from litestar import Controller, get
from litestar.response import Stream

from api.answers import ApiResponse
from api.exports.noted import note_export
from api.operation import operation
from api.request import ApiRequest
from api.services import Service
from application.audit.export import TenantData, exported
from application.caller import ADMIN

JSON_LINES: Final = "application/x-ndjson"
HEADERS: Final = {"Content-Disposition": 'attachment; filename="trimtab-export.jsonl"'}


class ExportLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line; which further fields it has depends on its `kind`."""

    kind: Annotated[
        str, msgspec.Meta(description="What the line tells; which further fields it has depends on it.")
    ]


class ExportController(Controller):
    """Taking one's data along."""

    path = "/v1/export"
    tags = ("Audit",)

    @get(
        opt=operation(
            scope=ADMIN, cost=20, errors=(503,), media_types={JSON_LINES: ExportLine}, example={"kind": "end"}
        )
    )
    async def export_tenant(
        self, request: ApiRequest, tenant_data: Service[TenantData]
    ) -> ApiResponse[ExportLine]:
        """Export everything this tenant has: one JSON object per line, streamed, as of one moment.

        Kinds, in this order: `tenant`, `member`, `invitation`, `api_key` and `webhook` (without secrets),
        `subscription`, `usage`, `portfolio`, `optimization`, `optimization.dataset` (the figures, zlib-compressed
        MessagePack in base64), `event` (every event in the order of positions, content as stored),
        `market.*` (imported data of its own), `audit`. The last line is `{"kind": "end", "lines": …, "sha256": …}`:
        how many lines stand before it, and the digest of their bytes. Without it the export was cut off.
        """
        await note_export(request, {"format": "jsonl"})
        lines = exported(request.caller.tenant, tenant_data)
        first = await anext(lines)  # whatever hinders an export is still answered as a problem
        stream = Stream(_after(first, lines), media_type=JSON_LINES, headers=HEADERS)
        return cast("ApiResponse[Any]", stream)


async def _after(first: bytes, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for line in lines:
        yield line
