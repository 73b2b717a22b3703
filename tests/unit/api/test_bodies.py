from datetime import date
from decimal import Decimal
from time import perf_counter
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bodies import JsonBody
from api.errors import pointer_of
from api.figures import exact
from api.problems import Problem

Fraction = Annotated[Decimal, exact("A fraction.", ge=0, le=1)]


class Band(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    low: Fraction
    high: Fraction = Decimal(1)


class Cash(msgspec.Struct, tag_field="kind", tag="cash", forbid_unknown_fields=True):
    amount: Annotated[Decimal, exact("Units of the currency.", gt=0)]


class Stock(msgspec.Struct, tag_field="kind", tag="stock", forbid_unknown_fields=True):
    shares: Annotated[int, msgspec.Meta(gt=0)]


class Plan(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=10, pattern="^[a-z]*$")]
    style: Literal["calm", "bold"] = "calm"
    since: date | None = None
    band: Band | None = None
    parts: Annotated[list[Cash | Stock], msgspec.Meta(max_length=3)] = []
    weights: dict[str, Fraction] = {}


def refusal_of(body: str | bytes) -> Problem:
    with pytest.raises(Problem) as refusal:
        JsonBody(Plan).decode(body.encode() if isinstance(body, str) else body)
    return refusal.value


def violations_of(body: str) -> dict[str | None, str]:
    refusal = refusal_of(body)
    assert refusal.status == 422
    return {violation.field: violation.code for violation in refusal.violations}


def test_a_body_that_fits_is_decoded_with_every_digit() -> None:
    body = b'{"name": "a", "band": {"low": 0.12345678901234567890123, "high": "0.5"}}'
    plan = JsonBody(Plan).decode(body)
    assert plan.band == Band(low=Decimal("0.12345678901234567890123"), high=Decimal("0.5"))


def test_all_violations_are_told_at_once() -> None:
    body = """{"name": "TOO LONG FOR THIS", "style": "wild", "since": "yesterday", "extra": 1,
        "band": {"low": -1, "high": "2", "middle": 0},
        "parts": [{"kind": "cash", "amount": 0}, {"kind": "stock"}, {"kind": "gold"}],
        "weights": {"a": 0.5, "b": 1.5}}"""
    assert violations_of(body) == {
        "name": "length",
        "style": "unknown_value",
        "since": "malformed",
        "extra": "unknown_field",
        "band.low": "out_of_range",
        "band.high": "out_of_range",
        "band.middle": "unknown_field",
        "parts.0.amount": "out_of_range",
        "parts.1.shares": "missing",
        "parts.2.kind": "unknown_value",
        "weights.b": "out_of_range",
    }


def test_what_msgspec_lets_pass_is_found_by_the_bounds_of_decimals_alone() -> None:
    assert violations_of('{"name": "a", "weights": {"a": 1.01}}') == {"weights.a": "out_of_range"}


@pytest.mark.parametrize("text", ['"NaN"', '"sNaN"', '"Infinity"', '"-inf"', '"\\u004eaN"'])
def test_nan_and_infinity_are_refused_in_disguise_too(text: str) -> None:
    assert violations_of(f'{{"name": "a", "band": {{"low": {text}}}}}') == {"band.low": "not_finite"}


@pytest.mark.parametrize(
    "text", ["1e25", "-1000000000000000000000001", "1e-401", "1e99999999", '"0.' + "1" * 60 + '"']
)
def test_sizes_no_ledger_holds_are_refused(text: str) -> None:
    assert violations_of(f'{{"name": "a", "weights": {{"a": {text}}}}}') == {"weights.a": "out_of_range"}


def test_a_number_in_quotes_is_no_integer() -> None:
    assert violations_of('{"name": "a", "parts": [{"kind": "stock", "shares": "5"}]}') == {
        "parts.0.shares": "wrong_type"
    }


def test_too_many_items_are_refused_even_when_each_is_fine() -> None:
    item = '{"kind": "stock", "shares": 1}'
    assert violations_of(f'{{"name": "a", "parts": [{item}, {item}, {item}, {item}]}}') == {"parts": "length"}


def test_another_kind_of_value_altogether_is_refused_as_a_whole() -> None:
    assert violations_of("[]") == {None: "wrong_type"}
    assert violations_of('{"name": "a", "band": 3}') == {"band": "wrong_type"}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"\xff\xfe{}",
        b'{"name": "\xff"}',
        b'{"name": NaN}',
        b'{"name": "a", "weights": {"a": Infinity}}',
        b"[" * 100_000,
        b'{"name": "a"} x',
    ],
)
def test_what_is_no_json_is_a_bad_request(body: bytes) -> None:
    assert refusal_of(body).status == 400


@pytest.mark.parametrize("body", ['{"name": "a", "name": "b"}', '{"name": 1, "weights": {"a": 1, "a": 2}}'])
def test_a_key_that_appears_twice_is_a_bad_request(body: str) -> None:
    refusal = refusal_of(body)
    assert refusal.status == 400
    assert "twice" in refusal.detail


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["name", "style", "since", "band", "parts", "weights", "other"])


@given(st.dictionaries(NAMES, JSON, max_size=6))
def test_any_json_is_either_decoded_or_refused_with_reasons(plain: dict[str, Any]) -> None:
    body = msgspec.json.encode(plain)
    assert isinstance(decoded_or_refused(body), Plan | Problem)


def decoded_or_refused(body: bytes) -> object:
    try:
        return JsonBody(Plan).decode(body)
    except Problem as problem:
        return problem if problem.status == 422 and problem.violations else None


class Series(msgspec.Struct, forbid_unknown_fields=True):
    values: list[Annotated[int, msgspec.Meta(ge=0)]]


def test_of_a_huge_body_the_first_violation_is_told_in_bounded_time() -> None:
    values = ["1"] * 400_000 + ["-1", '"x"']
    body = f'{{"values": [{",".join(values)}]}}'.encode()
    started = perf_counter()
    with pytest.raises(Problem) as refusal:
        JsonBody(Series).decode(body)
    assert [found.code for found in refusal.value.violations] == ["out_of_range"]
    assert perf_counter() - started < 1.0


class Sampled(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    rows: list[list[float]]
    name: Annotated[str, msgspec.Meta(max_length=3)]
    band: Band


@pytest.mark.parametrize("wrong", [None, (0, 3), (2_999, 9)], ids=["nowhere", "early", "late"])
def test_beside_a_long_series_everything_else_is_told(wrong: tuple[int, int] | None) -> None:
    rows: list[list[Any]] = [[0.5] * 10 for _ in range(3_000)]
    told = {"name": "length", "band.low": "missing", "extra": "unknown_field"}
    if wrong is not None:
        rows[wrong[0]][wrong[1]] = "x"
        told[f"rows.{wrong[0]}.{wrong[1]}"] = "wrong_type"
    body = msgspec.json.encode({"rows": rows, "name": "too long", "band": {"high": 1}, "extra": 1})

    with pytest.raises(Problem) as refusal:
        JsonBody(Sampled).decode(body)

    assert {found.field: found.code for found in refusal.value.violations} == told


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    values: list[float | list[float]]
    label: str = ""


LONG = ", ".join(["0.125"] * 20_000)


def test_long_series_are_decoded() -> None:
    assert len(JsonBody(Measured).decode(f'{{"values": [{LONG}], "label": "a"}}'.encode()).values) == 20_000


@pytest.mark.parametrize(
    "body",
    [
        f'{{"values": [{LONG}], "label": "a", "label": "b"}}',
        f'{{"values": [{LONG}], "label": "a", "l\\u0061bel": "b"}}',
        f'{{"label": "a", "values": [{LONG}], "values": []}}',
    ],
)
def test_a_key_that_appears_twice_beside_a_long_series_is_refused(body: str) -> None:
    with pytest.raises(Problem, match="twice"):
        JsonBody(Measured).decode(body.encode())


def test_what_is_wrong_inside_a_list_is_found_where_a_number_could_stand_as_well() -> None:
    with pytest.raises(Problem) as refused:
        JsonBody(Measured).decode(b'{"values": [[0.1, "x"], 0.1, [null]]}')
    assert [one.field for one in refused.value.violations] == ["values.0.1", "values.2.0"]


def test_names_that_clients_chose_may_have_points_in_them() -> None:
    refused = refusal_of('{"name": "a", "weights": {"BRK.B": 2, "a/b": "x"}, "not.known": 1}')
    assert {pointer_of(violation) for violation in refused.violations} == {
        "/weights/BRK.B",
        "/weights/a~1b",
        "/not.known",
    }


def test_a_name_that_does_not_fit_is_told_in_words() -> None:
    class Series(msgspec.Struct):
        factors: dict[Annotated[str, msgspec.Meta(min_length=1)], list[float]]

    with pytest.raises(Problem) as refused:
        JsonBody(Series).decode(b'{"factors": {"": [1]}}')
    (only,) = refused.value.violations
    assert (only.field, only.code, only.detail) == ("factors", "length", "Expected `str` of length >= 1")
