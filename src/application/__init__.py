"""What a user can do: a folder per subject, a module per command or query."""
