"""How facts become rows: set-based, in the transaction that moves the checkpoint."""
