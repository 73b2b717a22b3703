"""Check digits of ISIN, CUSIP, SEDOL and FIGI: is this text a well-formed identifier?

All functions take upper-case text without blanks and answer False for anything else; they never raise.
"""

import re

_ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
_CUSIP = re.compile(r"[A-Z0-9*@#]{8}[0-9]")
_SEDOL = re.compile(r"[0-9BCDFGHJKLMNPQRSTVWXYZ]{6}[0-9]")
_FIGI = re.compile(r"[BCDFGHJKLMNPQRSTVWXYZ]{2}G[BCDFGHJKLMNPQRSTVWXYZ0-9]{8}[0-9]")

# What numbering agencies use beyond ISO 3166: former countries, EU and QS/QT for supranationals, EZ for
# over-the-counter derivatives, XA-XD and XF for substitute agencies, XS for international securities,
# XT for tokens.
_BEYOND_ISO_3166 = "AN CS EU EZ QS QT XA XB XC XD XF XK XS XT"
_COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT "
    "BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH "
    "ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT "
    "HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS "
    "LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI "
    "NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG "
    "SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG "
    "UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRY_CODES = frozenset(_COUNTRIES.split())
ISIN_PREFIXES = COUNTRY_CODES | frozenset(_BEYOND_ISO_3166.split())

_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*@#"
_SPELT_OUT = {ord(char): str(value) for value, char in enumerate(_ALPHANUMERIC)}


def _digit_sum(number: int) -> int:
    return number // 10 + number % 10


def _table(weight: int) -> bytes:
    """A translation table from an ASCII character to the digit sum of its value times `weight`."""
    table = bytearray(256)
    for value, char in enumerate(_ALPHANUMERIC):
        table[ord(char)] = _digit_sum(value * weight)
    return bytes(table)


_SINGLE, _DOUBLE = _table(1), _table(2)
_SEDOL_WEIGHTS = (1, 3, 1, 7, 3, 9)
_FIGI_FORBIDDEN = frozenset({"BS", "BM", "GG", "GB", "GH", "KY", "VG"})


def is_isin(text: str) -> bool:
    """Tell whether `text` is an ISIN with a known prefix and a right check digit (ISO 6166, Luhn mod 10)."""
    if len(text) != 12 or text[:2] not in ISIN_PREFIXES or not _ISIN.fullmatch(text):
        return False
    digits = text.translate(_SPELT_OUT).encode()
    return (sum(digits[-1::-2].translate(_SINGLE)) + sum(digits[-2::-2].translate(_DOUBLE))) % 10 == 0


def is_cusip(text: str) -> bool:
    """Tell whether `text` is a nine-character CUSIP with a right check digit (ANSI X9.6)."""
    if len(text) != 9 or not _CUSIP.fullmatch(text):
        return False
    return cusip_check_digit(text[:8]) == text[8]


def cusip_check_digit(base: str) -> str:
    """Return the ninth character for the first eight of a CUSIP."""
    code = base.encode()
    total = sum(code[0::2].translate(_SINGLE)) + sum(code[1::2].translate(_DOUBLE))
    return str(-total % 10)


def is_sedol(text: str) -> bool:
    """Tell whether `text` is a seven-character SEDOL (no vowels) with a right check digit."""
    if len(text) != 7 or not _SEDOL.fullmatch(text):
        return False
    if not text[0].isdigit() or text.isdigit():
        return _sedol_sum(text) % 10 == 0
    return False


def _sedol_sum(text: str) -> int:
    weighted = (weight * int(char, 36) for weight, char in zip(_SEDOL_WEIGHTS, text, strict=False))
    return sum(weighted) + int(text[6])


def is_figi(text: str) -> bool:
    """Tell whether `text` is a twelve-character FIGI with a right check digit (ANSI X9.145)."""
    if len(text) != 12 or text[:2] in _FIGI_FORBIDDEN or not _FIGI.fullmatch(text):
        return False
    code = text.encode()
    total = sum(code[0:11:2].translate(_SINGLE)) + sum(code[1:11:2].translate(_DOUBLE))
    return -total % 10 == int(text[11])
