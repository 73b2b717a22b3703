"""The group of all commands, which imports a command only to run it."""

import ast
import importlib
from pathlib import Path

import click

_FOLDER = Path(__file__).parent


class Commands(click.Group):
    """Finds commands by their files and describes them without running any of their code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the alphabet."""
        return sorted(_name(file) for file in _FOLDER.glob("[!_]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself, imported now."""
        for file in _FOLDER.glob("[!_]*.py"):
            if _name(file) == cmd_name:
                return self._imported(file)
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with the first line of its module."""
        files = {_name(file): file for file in _FOLDER.glob("[!_]*.py")}
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(files[name])) for name in sorted(files)])

    @staticmethod
    def _imported(file: Path) -> click.Command:
        command = importlib.import_module(f"bootstrap.cli.{file.stem}").command
        assert isinstance(command, click.Command)
        command.help = command.help or _summary(file)
        return command


def _name(file: Path) -> str:
    return file.stem.rstrip("_").replace("_", "-")


def _summary(file: Path) -> str:
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.split("\n", 1)[0]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="trimtab", prog_name="trimtab")
def trimtab() -> None:
    """Trimtab: from a file of positions to a rebalance recommendation on a stream."""
