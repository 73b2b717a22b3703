from decimal import Decimal
from typing import Annotated

import msgspec

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
    assert incoming["anyOf"][0] == {"type": "number", "exclusiveMinimum": 0}
    assert incoming["anyOf"][1]["type"] == "string"
    assert outgoing["type"] == "number"
    assert incoming["description"] == outgoing["description"] == "Per unit, in the instrument's currency."


def test_what_refers_to_a_type_that_differs_differs_too() -> None:
    schemas = Schemas(incoming=[Order], outgoing=[Order])
    assert schemas.incoming(Order) == {"$ref": "#/components/schemas/OrderInput"}
    quote = schemas.components["OrderInput"]["properties"]["quote"]
    assert quote == {"$ref": "#/components/schemas/QuoteInput"}
    assert schemas.components["Order"]["properties"]["quote"] == {"$ref": "#/components/schemas/Quote"}


def test_a_type_that_is_the_same_both_ways_has_one_component() -> None:
    assert list(Schemas(incoming=[Note], outgoing=[Note]).components) == ["Note"]
