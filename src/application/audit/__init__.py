"""What was done in a tenant, by whom, and everything a tenant has in one stream."""
