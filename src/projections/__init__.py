"""What a user can ask: a module per read model."""
