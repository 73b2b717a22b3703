"""JSON bodies: decoded once, straight from the bytes, into the type the handler declares."""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, islice
from typing import Any, Final

import msgspec

from api.figures import decimal_check
from api.json_shape import refuse_excessive
from api.partial_bodies import broken_rules
from api.problems import Problem, invalid
from api.violations import VIOLATIONS_MAX, explained, violations_of
from domain.errors import Violation
from domain.rules import Ruled

LARGE_BYTES: Final = 100_000


class _DuplicateKey(ValueError):
    pass


class JsonBody:
    """Decodes bodies of one type.

    msgspec reads the bytes themselves, so a decimal keeps every digit and "5" is no integer; Litestar alone
    would go by way of floats and then convert strings to whatever is declared.
    """

    def __init__(self, annotation: Any) -> None:
        self.annotation = annotation
        self._decoder = msgspec.json.Decoder(annotation)
        self._check = decimal_check(annotation)

    def decode(self, body: bytes) -> Any:
        """Return the decoded body; raises Problem: 400 when it is no JSON, 422 with all violations."""
        refuse_excessive(body)
        try:
            value = self._decoder.decode(body)
        except msgspec.ValidationError as error:
            raise invalid(self._all_violations(body, explained(error, None))) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Problem("bad_request", f"The body is not JSON: {_words(error)}.") from None
        if not _surely_without_duplicates(body):
            _parsed(body, _ROUGH)
        if self._check and (first := next(self._check(value, ""), None)):
            raise invalid(self._all_violations(body, first))
        return value

    def rules_broken_by(self, value: Any) -> Iterator[Violation]:
        """Yield which rules over several fields a decoded body breaks."""
        if isinstance(value, Ruled):
            yield from islice(value.violations(), VIOLATIONS_MAX)

    def _all_violations(self, body: bytes, first: Violation) -> list[Violation]:
        """Return what is wrong with fields, and the rules that the others break; `first` is known already.

        The rules of a body without such faults are for whoever uses it to ask.
        """
        plain = plain_json(body)
        found = _and_first(violations_of(self.annotation, plain), first)
        return list(islice(chain(found, broken_rules(self.annotation, plain, found)), VIOLATIONS_MAX))


def _and_first(found: list[Violation], first: Violation) -> list[Violation]:
    """Return all violations, the first one too where it was too far inside a long series to be found."""
    place = first.field or ""
    told = any((one.field or "").startswith(place) for one in found)
    return found if told or (found and "*" in place) else [*found, first]


def require_rules(data: Ruled) -> None:
    """Raise Problem (422) with every rule that a decoded body breaks."""
    if violations := list(data.violations()):
        raise invalid(violations)


def plain_json(body: bytes) -> Any:
    """Return the body as plain values, fractions as exact decimals; raises Problem (400).

    A key that appears twice is refused: which of the two counts would depend on who reads it.
    """
    return _parsed(body, _EXACT)


def _surely_without_duplicates(body: bytes) -> bool:
    """Say at a glance, for long series of numbers, that no two texts in them are the same, keys included.

    Reading megabytes again would keep every other request waiting. What only might be a duplicate is read again.
    """
    if len(body) < LARGE_BYTES:
        return False
    rest = body.translate(None, b"0123456789.,+-eE \t\r\n")
    texts = rest.split(b'"')[1::2]
    return b"\\" not in rest and len(set(texts)) == len(texts)


def _parsed(body: bytes, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except _DuplicateKey as error:
        raise Problem("bad_request", f"The body names the key {error.args[0]!r} twice.") from None
    except (ValueError, RecursionError) as error:
        raise Problem("bad_request", f"The body is not JSON: {_words(error)}.") from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise _DuplicateKey(counts.most_common(1)[0][0])
    return plain


_EXACT = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_float=Decimal)
_ROUGH = json.JSONDecoder(object_pairs_hook=_without_duplicates)


def _words(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error).removeprefix("JSON is malformed: ")
