"""How far the read models are."""

from typing import Annotated

import msgspec
from litestar import Controller, get

from api.operation import operation
from api.resources import projection_examples as examples
from api.services import Service
from projections.progress import Progress


class ProjectionState(msgspec.Struct, frozen=True, kw_only=True):
    """How far one projection has read."""

    name: Annotated[str, msgspec.Meta(description="The projection.")]
    position: Annotated[int, msgspec.Meta(description="The last event it has read.")]
    lag_events: Annotated[int, msgspec.Meta(ge=0, description="Events it has not read yet.")]
    lag_seconds: Annotated[
        float,
        msgspec.Meta(ge=0, description="Seconds since it last moved on; 0 when it has read everything."),
    ]
    dead_letters: Annotated[
        int, msgspec.Meta(ge=0, description="Events it could not digest and that wait for an operator.")
    ]


class ProjectionStates(msgspec.Struct, frozen=True, kw_only=True):
    """How far all projections have read."""

    projections: Annotated[list[ProjectionState], msgspec.Meta(description="By name.")]
    position: Annotated[int, msgspec.Meta(description="The last event in the store.")]


class ProjectionController(Controller):
    """The read models about themselves."""

    path = "/v1/system/projections"
    tags = ("System",)

    @get(opt=operation(scope="portfolios:read", example=examples.PROJECTIONS, table="projections"))
    async def list_projections(self, progress: Service[Progress]) -> ProjectionStates:
        """Say how far each read model is behind the event store."""
        position, found = await progress.projections()
        states = [msgspec.convert(one, ProjectionState, from_attributes=True) for one in found]
        return ProjectionStates(projections=states, position=position)
