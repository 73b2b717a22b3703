"""Setting and removing target allocations."""
