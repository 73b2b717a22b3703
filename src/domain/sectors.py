"""One spelling for every sector, so that positions and targets meet whoever wrote them."""

import re
import unicodedata


def spelling_key(text: str) -> str:
    """Reduce a word to what counts in it: `Fixed Income`, `fixed_income` and `FIXED-INCOME` are one word."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in folded if char.isalnum())


_SECTORS = {
    "technology": "informationtechnology tech it infotech software semiconductors technologie "
    "technik tecnologia",
    "financials": "financial financialservices finance banks banking insurance finanzen "
    "finanzwesen finanzwerte finanzdienstleistungen finanzas servicesfinanciers "
    "financien financielewaarden",
    "health_care": "healthcare health pharma pharmaceuticals biotech biotechnology gesundheit "
    "gesundheitswesen sante salud gezondheidszorg",
    "consumer_discretionary": "consumercyclical consumercyclicals cyclicalconsumergoods "
    "consumerdiscretionarygoods retail zyklischekonsumguter nichtbasiskonsumguter "
    "consommationdiscretionnaire consumodiscrecional",
    "consumer_staples": "consumerdefensive consumernoncyclical consumernoncyclicals "
    "noncyclicalconsumergoods basiskonsumguter consommationdebase consumobasico "
    "staples",
    "energy": "oilgas oilandgas energie energia",
    "industrials": "industrial industrialgoods industrie industriegesellschaften industria industriels",
    "materials": "basicmaterials material rawmaterials grundstoffe rohmaterialien materiaux materiales",
    "utilities": "utility versorger versorgungsbetriebe servicespublics serviciospublicos nutsbedrijven",
    "real_estate": "realestate reit reits immobilien immobilier inmobiliario vastgoed",
    "communication_services": "communicationservices communications communication telecom telecommunications "
    "telecommunicationservices telecoms media kommunikation kommunikationsdienste "
    "telekommunikation servicesdecommunication servicioscomunicacion",
}
SECTOR_OF: dict[str, str] = {
    **{spelling_key(slug): slug for slug in _SECTORS},
    **{word: slug for slug, words in _SECTORS.items() for word in words.split()},
}
_NO_SECTOR = frozenset({"", "unknown", "none", "other", "unclassified", "notclassified", "na", "nosector"})


def slug(text: str) -> str:
    """Return a text in lower case with underscores for whatever else stands between its words."""
    return re.sub(r"[\W_]+", "_", text.strip().casefold()).strip("_")


def sector_slug(text: str) -> str | None:
    """Return the slug of a sector: one of the eleven top sectors where known, else the text as a slug.

    None for words that say there is no sector, such as `Unclassified`.
    """
    key = spelling_key(text)
    if key in _NO_SECTOR:
        return None
    return SECTOR_OF.get(key) or slug(text) or None
