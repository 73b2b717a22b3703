"""Who belongs where: persons, tenants, members and what they may do."""
