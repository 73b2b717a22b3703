"""PostgreSQL: connections, migrations and read models."""
