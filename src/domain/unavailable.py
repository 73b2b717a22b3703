"""Why a figure is null: said beside it under its own name, never invented."""

from typing import Annotated

import msgspec


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """Why a figure cannot be told."""

    code: Annotated[str, msgspec.Meta(description="The reason as a code, such as `too_few_observations`.")]
    detail: Annotated[str, msgspec.Meta(description="The reason in words.")]
