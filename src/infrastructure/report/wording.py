"""How figures, days and names are written in the report."""

from datetime import date

from application.report.content import Figure

MINUS = "\N{MINUS SIGN}"
NARROW = "\N{NO-BREAK SPACE}"
NOTHING = "\N{EN DASH}"
WITHOUT_CENTS = 10_000
MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
ABBREVIATIONS = {"us": "US", "uk": "UK", "eu": "EU", "cash": "Cash"}


def percent(value: float | None, digits: int = 2, *, sign: bool = False) -> str:
    """Return a fraction in percent."""
    if value is None:
        return NOTHING
    return _signed(100 * value, digits, sign=sign) + NARROW + "%"


def number(value: float | None, digits: int = 2, *, sign: bool = False) -> str:
    """Return a number with thousands separated."""
    return NOTHING if value is None else _signed(value, digits, sign=sign)


def money(value: float | None, currency: str) -> str:
    """Return an amount with its currency; from ten thousand on the cents are noise."""
    if value is None:
        return NOTHING
    return f"{number(value, 0 if abs(value) >= WITHOUT_CENTS else 2)}{NARROW}{currency}"


def quantity(value: float) -> str:
    """Return units with the decimals they have, six at most."""
    whole, _, rest = f"{abs(value):,.6f}".partition(".")
    rest = rest.rstrip("0")
    return (MINUS if value < 0 else "") + whole + (f".{rest}" if rest else "")


def figure(one: Figure, currency: str) -> str:
    """Return a figure with its unit."""
    match one.unit:
        case "percent":
            return percent(one.value)
        case "change":
            return percent(one.value, sign=True)
        case "money":
            return money(one.value, currency)
        case "bps":
            return NOTHING if one.value is None else f"{number(one.value, 1, sign=True)}{NARROW}bp"
        case "days":
            return NOTHING if one.value is None else f"{number(one.value, 1)}{NARROW}days"
        case "count":
            return number(one.value, 0)
        case "ratio":
            return number(one.value)


def long_day(day: date) -> str:
    """Return a day in words."""
    return f"{day.day}{NARROW}{MONTHS[day.month - 1]}{NARROW}{day.year}"


def title(slug: str) -> str:
    """Return a name for a bucket or a factor: `health_care` is Health care."""
    if slug != slug.lower():
        return slug
    words = slug.replace("_", " ").split()
    if not words:
        return slug
    first, *rest = words
    return " ".join([ABBREVIATIONS.get(first, first.capitalize()), *(ABBREVIATIONS.get(w, w) for w in rest)])


def _signed(value: float, digits: int, *, sign: bool) -> str:
    text = f"{abs(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        return text
    if value < 0:
        return MINUS + text
    return f"+{text}" if sign else text
