import io
import json

from bootstrap.output import Output
from bootstrap.settings import LogFormat


def test_for_people_every_line_has_its_program_in_front() -> None:
    stream = io.StringIO()
    output = Output(LogFormat.TEXT, stream)
    output.line("agent rebalance", "works")
    output.change("api", "started")
    assert stream.getvalue() == "rebalance | works\ntrimtab   | api started\n"


def test_for_programs_every_line_is_json_and_entries_pass_as_they_are() -> None:
    stream = io.StringIO()
    output = Output(LogFormat.AUTO, stream)
    output.line("api", '{"event": "answered"}')
    output.line("postgres", "LOG:  at postgresql://u:secret@h/d")
    passed, wrapped = map(json.loads, stream.getvalue().splitlines())
    assert passed == {"event": "answered"}
    assert (wrapped["process"], wrapped["event"]) == ("postgres", "LOG:  at postgresql://u:***@h/d")


def test_a_quiet_program_is_heard_when_it_matters_and_when_it_ends() -> None:
    stream = io.StringIO()
    output = Output(LogFormat.TEXT, stream, quiet=["postgres"])
    output.line("postgres", "LOG:  ready")
    assert stream.getvalue() == ""
    output.line("postgres", "FATAL:  out of memory")
    assert "FATAL" in stream.getvalue()
    output.change("postgres", "ended by SIGKILL, starting again")
    lines = stream.getvalue().splitlines()
    assert lines[1:] == ["postgres  | LOG:  ready", "trimtab   | postgres ended by SIGKILL, starting again"]


def test_nobody_reading_is_no_reason_to_fail() -> None:
    class Gone(io.StringIO):
        tries = 0

        def write(self, text: str) -> int:
            self.tries += 1
            raise BrokenPipeError

    gone = Gone()
    output = Output(LogFormat.TEXT, gone)
    output.line("api", "works")
    output.line("api", "still works")
    assert gone.tries == 1
