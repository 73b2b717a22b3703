"""How it is done: the only I/O, a folder per technology."""
