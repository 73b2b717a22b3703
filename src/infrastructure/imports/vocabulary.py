"""What the words of position files mean: asset classes, countries, currencies, exchanges."""

import csv
import re
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import cast, get_args

from application.positions.file import AssetClass
from domain.sectors import spelling_key

_ASSET_CLASSES = {
    "equity": "equities stock stocks share shares commonstock commonstocks commonshares "
    "preferredstock preferred equityfund equityfunds stk adr adrs gdr reitstock "
    "internationalequity usequity domesticequity largecap smallcap midcap aktie "
    "aktien akciones acciones accion renta variable rentavariable actions action "
    "aandeel aandelen azioni etf etfs etfsclosedendfunds etfsandclosedendfunds "
    "exchangetradedfund exchangetradedfunds closedendfund closedendfunds etn etp "
    "fund funds mutualfund mutualfunds unittrust fonds investmentfonds aktienfonds "
    "beleggingsfonds fondos fondo indexfund warrantstock sicav ucits",
    "fixed_income": "fixedincome bond bonds treasury treasuries tbill tbills treasurybill "
    "treasurybills note notes governmentbond governmentbonds corporatebond "
    "corporatebonds municipalbond municipalbonds munis cd cds certificateofdeposit "
    "certificatesofdeposit debt credit bondfund bondfunds anleihe anleihen renten "
    "rentenfonds obligation obligations obligatie obligaties obligaciones bonos "
    "bono rentafija bill bills",
    "cash": "cashandequivalents cashequivalents cashcashequivalents cashandcashequivalents "
    "cashandmoneymarket cashmoneymarket moneymarket moneymarketfund "
    "moneymarketfunds cashandcashinvestments currency sweep forex depositsweep "
    "bargeld liquiditat liquidity liquide guthaben konto verrechnungskonto "
    "liquidites especes efectivo liquidez contanten liquiditeiten geldmarkt",
    "alternatives": "alternative alternativeinvestment alternativeinvestments hedgefund hedgefunds "
    "privateequity privatecredit privatedebt venturecapital infrastructure "
    "collectibles alternativeanlagen",
    "derivatives": "derivative option options opt equityoption equityoptions equityandindexoptions "
    "future futures fut futureoption futuresoptions fop warrant warrants war swap "
    "swaps forward forwards cfd cfds certificate certificates zertifikat "
    "zertifikate derivate derivat optionsschein optionsscheine optionen opties "
    "opciones",
    "real_estate": "realestate reit reits property immobilien immobilienfonds immobilier vastgoed "
    "inmobiliario",
    "commodity": "commodities cmdty gold preciousmetal preciousmetals metal metals rohstoff "
    "rohstoffe edelmetalle matierespremieres grondstoffen materiasprimas",
    "crypto": "cryptocurrency cryptocurrencies digitalasset digitalassets coin kryptowahrung "
    "kryptowahrungen krypto cryptomonnaie criptomonedas cryptovaluta",
}
ASSET_CLASS_OF: dict[str, AssetClass] = {
    **{spelling_key(name): name for name in get_args(AssetClass)},
    **{word: cast(AssetClass, name) for name, words in _ASSET_CLASSES.items() for word in words.split()},
}
FUND_WORDS = frozenset(
    ["fund", "funds", "mutualfund", "mutualfunds", "unittrust", "fonds", "investmentfonds", "fondos", "fondo"]
)


@cache
def _countries() -> dict[str, str]:
    source = files(__package__).joinpath("countries.csv").read_text(encoding="utf-8")
    known: dict[str, str] = {}
    for country in csv.DictReader(source.splitlines()):
        code = country["code"]
        words = (code, country["code3"], *country["names"].split("|"))
        known.update({spelling_key(word): code for word in words})
    return known


def country_code(text: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country given by code or name, None when it is no country."""
    return _countries().get(spelling_key(text.replace("&", " and ")))


_ISO_4217 = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN "
    "BZD CAD CDF CHF CLF CLP CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
    "GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR "
    "KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
    "MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR "
    "SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD "
    "UYU UZS VED VES VND VUV WST XAF XAG XAU XCD XCG XOF XPD XPF XPT YER ZAR ZMW ZWG"
)
CURRENCIES = frozenset(_ISO_4217.split())
# Exchanges quote in hundredths of these; GBp and GBP differ in one letter case only.
MINOR_UNITS = {
    "GBX": "GBP",
    "GBp": "GBP",
    "GBpence": "GBP",
    "ZAc": "ZAR",
    "ZAX": "ZAR",
    "ILA": "ILS",
    "ILX": "ILS",
}
_CURRENCY_WORDS = {
    "€": "EUR",
    "£": "GBP",
    "US$": "USD",
    "U.S. DOLLAR": "USD",
    "US DOLLAR": "USD",
    "EURO": "EUR",
    "C$": "CAD",
    "A$": "AUD",
    "HK$": "HKD",
    "R$": "BRL",
    "₹": "INR",
    "₩": "KRW",
    "PENCE": "GBX",
    "RMB": "CNY",
    "SFR": "CHF",
    "SFR.": "CHF",
    "FR.": "CHF",
    "ZŁ": "PLN",
    "KČ": "CZK",
}


def currency_code(text: str) -> tuple[str, Decimal] | None:
    """Return the ISO 4217 code and the factor from the file's unit to it: GBX is (GBP, 0.01)."""
    word = text.strip()
    word = _CURRENCY_WORDS.get(word.upper(), word)
    if word in MINOR_UNITS:
        return MINOR_UNITS[word], _HUNDREDTH
    code = word.upper()
    if code in CURRENCIES:
        return code, _ONE
    return (MINOR_UNITS[code], _HUNDREDTH) if code in MINOR_UNITS else None


_ONE, _HUNDREDTH = Decimal(1), Decimal("0.01")

_MIC_OF = {
    "nasdaq": "XNAS",
    "nasdaqgs": "XNAS",
    "nasdaqgm": "XNAS",
    "nasdaqcm": "XNAS",
    "nasdaqnms": "XNAS",
    "nms": "XNAS",
    "nyse": "XNYS",
    "newyorkstockexchange": "XNYS",
    "nysearca": "ARCX",
    "arca": "ARCX",
    "amex": "XASE",
    "nyseamerican": "XASE",
    "bats": "BATS",
    "cboe": "XCBO",
    "otc": "OTCM",
    "pink": "PINX",
    "lse": "XLON",
    "london": "XLON",
    "londonstockexchange": "XLON",
    "lseetf": "XLON",
    "xetra": "XETR",
    "ibis": "XETR",
    "ibis2": "XETR",
    "frankfurt": "XFRA",
    "fwb": "XFRA",
    "fwb2": "XFRA",
    "tradegate": "TGAT",
    "gettex": "MUNC",
    "stuttgart": "XSTU",
    "sbf": "XPAR",
    "euronextparis": "XPAR",
    "paris": "XPAR",
    "aeb": "XAMS",
    "euronextamsterdam": "XAMS",
    "amsterdam": "XAMS",
    "ebr": "XBRU",
    "bvl": "XLIS",
    "bvme": "XMIL",
    "bm": "XMAD",
    "ebs": "XSWX",
    "six": "XSWX",
    "virtx": "XVTX",
    "vse": "XWBO",
    "sfb": "XSTO",
    "omxnordic": "XSTO",
    "cph": "XCSE",
    "hex": "XHEL",
    "ose": "XOSL",
    "tsx": "XTSE",
    "tse": "XTSE",
    "tsxv": "XTSX",
    "venture": "XTSX",
    "tsej": "XTKS",
    "tokyo": "XTKS",
    "jpx": "XTKS",
    "sehk": "XHKG",
    "hkex": "XHKG",
    "hkse": "XHKG",
    "sgx": "XSES",
    "asx": "XASX",
    "nse": "XNSE",
    "bse": "XBOM",
    "krx": "XKRX",
    "twse": "XTAI",
    "jse": "XJSE",
    "bovespa": "BVMF",
    "b3": "BVMF",
}
_MIC = re.compile(r"X[A-Z0-9]{3}")


def market_code(text: str) -> str | None:
    """Return the ISO 10383 code (MIC) of an exchange given by code or short name, None when unknown."""
    code = text.strip().upper()
    known = _MIC_OF.get(spelling_key(text))
    return known or (code if _MIC.fullmatch(code) or code in _MIC_OF.values() else None)
