import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
import structlog

from bootstrap.log_text import without_passwords
from bootstrap.logs import configure_logging
from bootstrap.settings import LogFormat, LogLevel, Settings


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


def entries(output: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def configured(log_format: LogFormat = LogFormat.AUTO, level: LogLevel = LogLevel.INFO) -> io.StringIO:
    output = io.StringIO()
    configure_logging(Settings(log_format=log_format, log_level=level), process="api", output=output)
    return output


def test_off_a_terminal_an_entry_is_json_with_the_ids_of_its_request() -> None:
    output = configured()
    structlog.contextvars.bind_contextvars(request_id="r1", tenant_id="acme")
    structlog.get_logger().info("answered", status=200)
    (entry,) = entries(output)
    assert entry.pop("timestamp")
    assert entry == {
        "event": "answered",
        "level": "info",
        "process": "api",
        "request_id": "r1",
        "tenant_id": "acme",
        "status": 200,
    }


def test_secrets_are_not_written() -> None:
    output = configured()
    structlog.get_logger().info(
        "connected", api_key="k1", jwt_token="t1", password="p1", url="postgresql://u:p2@db/x"
    )
    text = output.getvalue()
    assert not any(secret in text for secret in ("k1", "t1", "p1", "p2"))
    assert "postgresql://u:***@db/x" in text


def test_a_failure_is_one_entry_without_the_values_of_local_variables() -> None:
    output = configured()
    try:
        quantity_of_a_position = "4711"
        raise ValueError("no such file")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert quantity_of_a_position not in output.getvalue()
    (entry,) = entries(output)
    assert entry["exception"][0]["exc_type"] == "ValueError"  # type: ignore[index]


def test_entries_of_libraries_take_the_same_form_from_warnings_on() -> None:
    output = configured()
    logging.getLogger("library").info("step by step")
    logging.getLogger("library").warning("look: %s", "redis://:p1@host/0")
    (entry,) = entries(output)
    assert (entry["event"], entry["level"], entry["process"]) == (
        "look: redis://:***@host/0",
        "warning",
        "api",
    )


def test_below_the_level_nothing_is_written() -> None:
    output = configured(level=LogLevel.WARNING)
    structlog.get_logger().info("chatter")
    assert output.getvalue() == ""


def test_text_is_for_people() -> None:
    output = configured(LogFormat.TEXT)
    structlog.get_logger().info("answered", status=200)
    assert re.search(r"info +\] answered +.*status=200", output.getvalue())


def test_a_reader_who_goes_away_does_not_stop_the_work() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    configure_logging(Settings(), process="api", output=Gone())
    structlog.get_logger().info("answered")
    logging.getLogger("library").warning("look")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("redis://:secret@127.0.0.1:6379/0", "redis://:***@127.0.0.1:6379/0"),
        ("at postgresql://a:b@h/d and http://h/x", "at postgresql://a:***@h/d and http://h/x"),
        ("http://127.0.0.1:8321/a@b", "http://127.0.0.1:8321/a@b"),
    ],
)
def test_passwords_are_masked_inside_addresses(text: str, expected: str) -> None:
    assert without_passwords(text) == expected
