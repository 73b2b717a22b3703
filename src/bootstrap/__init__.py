"""Composition root: settings, wiring, the `trimtab` command, one main() per process."""
