"""Pure mathematics: arrays in, numbers out; no I/O, knows no aggregate."""
