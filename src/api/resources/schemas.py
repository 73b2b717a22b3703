"""What the streams carry, for whoever reads them: JSON Schemas and the AsyncAPI document."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, get
from litestar.params import FromPath

from api.answers import ApiResponse, reply
from api.operation import operation
from api.parts import HttpSettings
from api.services import Service
from domain.errors import NotFound
from projections.published.catalogue import REBALANCE_RECOMMENDED
from projections.published.documents import asyncapi, schema, schema_index

EXAMPLE = {
    "type": "pm.rebalance.recommended.v1",
    "stream": REBALANCE_RECOMMENDED,
    "summary": "A recommendation to rebalance was made; it supersedes an open one.",
    "dataschema": "/v1/schemas/pm.rebalance.recommended.v1",
}
SCHEMA_EXAMPLE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "/v1/schemas/pm.portfolio.archived.v1",
    "title": "pm.portfolio.archived.v1",
    "description": "A portfolio was archived.",
    "$ref": "#/$defs/PortfolioArchived",
    "$defs": {
        "PortfolioArchived": {
            "title": "PortfolioArchived",
            "type": "object",
            "properties": {
                "portfolio_id": {"type": "string", "format": "uuid"},
                "effective_at": {"type": "string", "format": "date-time"},
            },
            "required": ["portfolio_id", "effective_at"],
        }
    },
}
_CACHED = {"Cache-Control": "public, max-age=3600"}


class SchemaNotFound(NotFound):
    """Nothing of the type is published."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no schema {name!r}; /v1/schemas lists them.")


class PublishedType(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of event on a stream."""

    type: Annotated[str, msgspec.Meta(description="The CloudEvents `type`, its version at the end.")]
    stream: Annotated[str, msgspec.Meta(description="The Redis stream it is published on.")]
    summary: Annotated[str, msgspec.Meta(description="What happened.")]
    dataschema: Annotated[str, msgspec.Meta(description="Where the JSON Schema of its `data` is.")]


class PublishedTypes(msgspec.Struct, frozen=True, kw_only=True):
    """Every kind of event on the streams."""

    schemas: Annotated[
        list[PublishedType], msgspec.Meta(description="In a fixed order; the list only grows.")
    ]


class SchemaController(Controller):
    """The contract of the streams."""

    tags = ("Streams",)

    @get("/v1/schemas", opt=operation(public=True, example={"schemas": [EXAMPLE]}), sync_to_thread=False)
    def list_schemas(self) -> ApiResponse[PublishedTypes]:
        """List every kind of event that is published, with its stream and the address of its schema."""
        found = [msgspec.convert(one, PublishedType) for one in schema_index()]
        return reply(PublishedTypes(schemas=found), headers=_CACHED)

    @get(
        "/v1/schemas/{name:str}",
        opt=operation(public=True, errors=(404,), example=SCHEMA_EXAMPLE),
        sync_to_thread=False,
    )
    def get_schema(self, name: FromPath[str]) -> ApiResponse[dict[str, Any]]:
        """Return the JSON Schema (2020-12) of the `data` of one kind of event."""
        found = schema(name)
        if found is None:
            raise SchemaNotFound(name)
        return reply(dict(found), headers=_CACHED)

    @get("/asyncapi.json", opt=operation(public=True), sync_to_thread=False)
    def get_asyncapi(self, http_settings: Service[HttpSettings]) -> ApiResponse[dict[str, Any]]:
        """Return the AsyncAPI 3 document of the streams."""
        return reply(dict(asyncapi(version=http_settings.version)), headers=_CACHED)
