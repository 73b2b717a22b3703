"""What stream entries of this installation look like."""

from bootstrap.settings import Settings
from projections.published.cloudevents import SCHEMAS, CloudEvents


def cloud_events(settings: Settings) -> CloudEvents:
    """Return what writes the entries; a `dataschema` is an absolute address, as CloudEvents 1.0 wants it."""
    return CloudEvents(schemas=f"{settings.published_url}{SCHEMAS}")
