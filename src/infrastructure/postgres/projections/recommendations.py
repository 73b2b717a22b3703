"""Projects recommendations and what became of them."""

from typing import Any

from psycopg import AsyncConnection

from infrastructure.postgres.projections.rows import load, upsert
from projections.fact import Facts
from projections.recommendations import RECOMMENDATION_TOPICS, RecommendationChanges, RecommendationRow


class RecommendationProjection:
    """Writes `recommendation`."""

    name = "recommendations"
    tables = ("recommendation",)
    topics = RECOMMENDATION_TOPICS

    async def apply(self, connection: AsyncConnection[Any], facts: Facts) -> None:
        """Bring the rows up to the facts; runs in the caller's transaction."""
        touched = RecommendationChanges.touched(facts)
        known = await load(connection, "recommendation", RecommendationRow, "recommendation_id", touched)
        changes = RecommendationChanges({row.recommendation_id: row for row in known})
        changes.feed(facts)
        await upsert(connection, "recommendation", list(changes.rows.values()))
