"""The questions of `projections`, answered from PostgreSQL."""
