"""Notes for whom published events are to be sent to tenants' endpoints."""
