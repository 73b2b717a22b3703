"""Reading files of positions: guarded, in any broker's shape, in a process of its own."""
