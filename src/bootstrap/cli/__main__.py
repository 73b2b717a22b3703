"""`python -m bootstrap.cli`: how the supervisor starts its children."""

from bootstrap.cli import main

main()
