"""From rows of recommendations to what is answered."""

from datetime import UTC, datetime

import msgspec

from api.resources.recommendation_bodies import RecommendationBody
from projections.published.content import RecommendationContent, recommendation_content
from projections.recommendations import RecommendationRow

_SHARED = RecommendationContent.__struct_fields__


def recommendation_body(row: RecommendationRow, now: datetime | None = None) -> RecommendationBody:
    """Return a recommendation as it stands at a moment: an open one expires by itself."""
    content = recommendation_content(
        row.content,
        status=row.status_at(now or datetime.now(UTC)),
        created_at=row.created_at,
        supersedes=row.supersedes,
    )
    told = {name: getattr(content, name) for name in _SHARED}
    told |= {
        "superseded_by": row.superseded_by,
        "decided_at": row.decided_at,
        "decided_by": row.decided_by,
        "decision_note": row.reason,
    }
    return msgspec.convert(told, RecommendationBody, from_attributes=True)
