"""What the business says: aggregates, events, values and refusals; no clock, no I/O."""
