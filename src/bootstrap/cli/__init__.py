"""The `trimtab` command.

Every module of this package that does not begin with an underscore is a command: its name is the module's
(`dead_letters` is `dead-letters`, `import_` is `import`), its help the first line of the module's docstring,
and what it does the click command `command` in it. A module is imported when its command runs, not before.
"""

import sys
from collections.abc import Sequence

from bootstrap.cli._commands import trimtab


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; 0 is success, 1 failure or ill health, 2 wrong usage, 3 something out of reach."""
    try:
        trimtab.main(args=None if arguments is None else list(arguments), prog_name="trimtab")
    except Exception as failure:
        from bootstrap.cli._exits import exit_code_of  # most commands end well and need none of it

        code, sentence = exit_code_of(failure)
        if code is None:
            raise
        sys.stderr.write(f"{sentence}\n")
        raise SystemExit(code) from None
