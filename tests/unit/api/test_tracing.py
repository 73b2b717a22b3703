import pytest

from api.tracing import accepted_id, new_id, traced

TRACE = b"4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = b"00f067aa0ba902b7"


def test_the_callers_trace_goes_on_with_a_span_of_ours() -> None:
    version, trace, span, flags = traced(b"00-" + TRACE + b"-" + SPAN + b"-00").split("-")
    assert (version, trace, flags) == ("00", TRACE.decode(), "00")
    assert span != SPAN.decode()
    assert len(span) == 16


@pytest.mark.parametrize(
    "sent",
    [
        None,
        b"",
        b"00-" + b"0" * 32 + b"-" + SPAN + b"-01",
        b"00-" + TRACE + b"-" + b"0" * 16 + b"-01",
        b"ff-" + TRACE + b"-" + SPAN + b"-01",
        b"00-" + TRACE.upper() + b"-" + SPAN + b"-01",
        b"00-" + TRACE + b"-" + SPAN + b"-01-more",
    ],
)
def test_an_unreadable_context_starts_a_new_trace(sent: bytes | None) -> None:
    trace = traced(sent).split("-")[1]
    assert trace != TRACE.decode()
    assert trace != "0" * 32


def test_a_later_version_of_the_context_may_say_more() -> None:
    assert traced(b"01-" + TRACE + b"-" + SPAN + b"-01-more").split("-")[1] == TRACE.decode()


def test_a_plain_id_is_accepted() -> None:
    assert accepted_id(b"req-1.2:3") == "req-1.2:3"


@pytest.mark.parametrize("sent", [None, b"", b"a b", b"a\nb", b"\xe9", b"x" * 129])
def test_an_id_that_would_spoil_a_log_is_not(sent: bytes | None) -> None:
    assert accepted_id(sent) is None


def test_new_ids_differ() -> None:
    assert new_id() != new_id()
