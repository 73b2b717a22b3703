import re
from decimal import Decimal
from typing import Annotated

import msgspec
import pytest

from api.bodies import JsonBody
from api.figures import exact
from api.openapi.schemas import Schemas

Price = Annotated[Decimal, exact("Per unit, in the instrument's currency.", gt=0)]


class Quote(msgspec.Struct, kw_only=True):
    price: Price


class Order(msgspec.Struct, kw_only=True):
    quote: Quote


class Note(msgspec.Struct, kw_only=True):
    text: str


def test_a_decimal_comes_in_as_number_or_digits_and_goes_out_as_number() -> None:
    schemas = Schemas(incoming=[Quote], outgoing=[Quote])
    incoming = schemas.components["QuoteInput"]["properties"]["price"]
    outgoing = schemas.components["Quote"]["properties"]["price"]
    assert incoming["anyOf"][0] == {"type": "number", "exclusiveMinimum": 0, "maximum": 10**24}
    assert incoming["anyOf"][1]["type"] == "string"
    assert outgoing["type"] == "number"
    assert incoming["description"] == outgoing["description"] == "Per unit, in the instrument's currency."


def test_a_decimals_default_is_a_number_like_itself() -> None:
    class Costs(msgspec.Struct, kw_only=True):
        fixed: Annotated[Decimal, exact("Per trade.", ge=0)] = Decimal("2.50")

    schemas = Schemas(incoming=[Costs], outgoing=[Costs])
    assert [
        schemas.components[name]["properties"]["fixed"]["default"] for name in ("CostsInput", "Costs")
    ] == [
        2.5,
        2.5,
    ]


def test_what_refers_to_a_type_that_differs_differs_too() -> None:
    schemas = Schemas(incoming=[Order], outgoing=[Order])
    assert schemas.incoming(Order) == {"$ref": "#/components/schemas/OrderInput"}
    quote = schemas.components["OrderInput"]["properties"]["quote"]
    assert quote == {"$ref": "#/components/schemas/QuoteInput"}
    assert schemas.components["Order"]["properties"]["quote"] == {"$ref": "#/components/schemas/Quote"}


def test_a_type_that_is_the_same_both_ways_has_one_component() -> None:
    assert list(Schemas(incoming=[Note], outgoing=[Note]).components) == ["Note"]


@pytest.mark.parametrize(
    ("bounds", "fits", "refused"),
    [
        ({}, ["-1", "0", "12.5"], ["1.", ".5", "1e3", "NaN", ""]),
        ({"ge": 0}, ["0", "0.0", "7"], ["-1"]),
        ({"gt": 0}, ["1", "10.0", "0.001"], ["0", "0.0", "-1"]),
        ({"ge": 0, "le": 1}, ["0", "0.5", "1", "1.00"], ["1.01", "2", "-0.5"]),
        ({"gt": 0, "le": 1}, ["0.5", "1"], ["0", "0.0", "1.1"]),
        ({"ge": 0, "lt": 1}, ["0", "0.999"], ["1"]),
        ({"gt": 0, "lt": 1}, ["0.001"], ["0", "0.0", "1"]),
    ],
)
def test_the_documented_digits_are_those_that_are_accepted(
    bounds: dict[str, int], fits: list[str], refused: list[str]
) -> None:
    annotation = Annotated[Decimal, exact("A figure.", **bounds)]
    struct = msgspec.defstruct("Figure", [("value", annotation)])
    components = Schemas(incoming=[struct], outgoing=[]).components
    pattern = components["Figure"]["properties"]["value"]["anyOf"][1]["pattern"]
    body = JsonBody(struct)
    for text in fits:
        assert re.search(pattern, text)
        body.decode(msgspec.json.encode({"value": text}))
    assert not [text for text in refused if re.search(pattern, text)]


def test_a_decimal_with_unusual_bounds_is_documented_as_a_number() -> None:
    schemas = Schemas(incoming=[Annotated[Decimal, exact("A figure.", ge=-3, le=3)]], outgoing=[])
    (schema,) = schemas._in.values()
    assert schema == {"description": "A figure.", "type": "number", "minimum": -3, "maximum": 3}
