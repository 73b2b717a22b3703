"""Which headers mean which column: the words of brokers, banks and spreadsheets in five languages.

An alias is written as `header_key` leaves it: lower case, accents off, letters and digits only, so that
`Qty (Quantity)`, `qty_quantity` and `QTY-QUANTITY` are one. Earlier aliases of a column win over later ones;
after the bar come the other languages.
"""

from domain.sectors import spelling_key

_WORDS = {
    "account": "account accountnumber accountno accountid clientaccountid acct acctnumber "
    "portfolioaccount accountnickname accountname accountdescription accountalias | "
    "konto kontonummer depot depotnummer depotnr compte numerodecompte rekening "
    "rekeningnummer cuenta numerodecuenta",
    "ticker": "ticker symbol tickersymbol symbolticker stocksymbol stockticker stock tickercode "
    "instrumentcode code securitysymbol underlyingsymbol asset holdingsymbol | "
    "kurzel symbool simbolo mnemo mnemonique kuerzel borsenkurzel",
    "security_name": "securityname name description securitydescription companyname company "
    "investmentname investment fundname holding holdingname instrument "
    "instrumentname instrumentdescription security product issuename assetname | "
    "titel bezeichnung wertpapier wertpapierbezeichnung wertpapiername "
    "instrumentenname gattungsbezeichnung produkt produktname libelle nom valeur "
    "designation nomduproduit produit omschrijving naam fonds produktnaam nombre "
    "descripcion producto valor denominacion",
    "asset_class": "assetclass assetcategory assettype securitytype instrumenttype producttype "
    "investmenttype holdingtype class category assetkind type | anlageklasse "
    "assetklasse wertpapierart wertpapiertyp gattung anlagekategorie classedactif "
    "classedactifs typedeproduit categorie beleggingscategorie soort clasedeactivo "
    "tipodeactivo tipo",
    "quantity": "quantity qty qtyquantity quantityqty shares units noofshares numberofshares "
    "sharesheld unitsheld sharequantity position positionquantity currentquantity "
    "totalquantity amountofshares volume nominal nominalvalue facevalue parvalue "
    "balance holdings qtyheld quantityheld amount | anzahl stuck stucke stuckzahl bestand menge "
    "nominale stucknominale nominalstuck quantite qte nombredeparts nombredetitres "
    "aantal hoeveelheid stuks cantidad titulos participaciones numerodetitulos",
    "avg_cost_price": "avgcostprice averagecostprice averagecostbasis avgcostbasis averagecost "
    "avgcost costprice costshare costpershare costperunit costbasisshare "
    "costbasispershare costbasisprice unitcost purchaseprice averageprice avgprice "
    "averagepurchaseprice averageopenprice avgpricepaid pricepaid buyprice "
    "entryprice openprice tradeprice avgcostperunit avgcostpershare averagebuyprice "
    "averageunitcost averagecostshare avgcostshare | einstandskurs einstandspreis kaufkurs kaufpreis "
    "einstiegskurs durchschnittskurs durchschnittlichereinstandskurs "
    "durchschnittspreis einstandskursjestuck prixderevient prixderevientunitaire "
    "pru prixmoyen prixdachat coutmoyen prixrevient gemiddeldeaankoopprijs "
    "gemaankoopprijs aankoopkoers aankoopprijs gak preciomedio preciomediodecompra "
    "preciodecompra preciocompra costemedio",
    "cost_basis_total": "costbasistotal totalcostbasis totalcost costbasismoney bookvalue bookcost "
    "purchasevalue costvalue totalbookcost totalpurchasecost amountinvested "
    "investedamount | einstandswert kaufwert anschaffungswert einstandwert "
    "investiertesvermogen valeurdachat montantinvesti coutdacquisition "
    "aankoopwaarde valordecompra costetotal importeinvertido",
    "cost_basis": "costbasis cost basis costbase",
    "current_price": "currentprice lastprice price markprice closeprice closingprice marketprice "
    "shareprice unitprice last close lasttrade pricepershare currentmarketprice "
    "navprice nav quote pricelast latestprice priceunit adjustedclose mark | kurs "
    "aktuellerkurs letzterkurs schlusskurs marktkurs bewertungskurs preis "
    "marktpreis aktkurs kurswertjestuck cours dernier derniercours coursactuel "
    "coursdecloture prix valeurliquidative slotkoers koers laatstekoers "
    "huidigekoers prijs precio ultimoprecio precioactual cotizacion preciodecierre "
    "ultimo",
    "market_value": "marketvalue mktval mktvalmarketvalue mktvalue currentvalue totalvalue value "
    "positionvalue holdingvalue marketval totalmarketvalue currentmarketvalue "
    "localvalue balancevalue endingvalue | wert kurswert marktwert aktuellerwert "
    "gesamtwert lokalwert depotwert bewertung valorisation valeurdemarche "
    "valeurtotale montant valeuractuelle valeurlocale waarde marktwaarde "
    "huidigewaarde lokalewaarde totalewaarde valordemercado valoractual valortotal "
    "valoracion valorlocal importe",
    "base_value": "wertineur valueineur waardeineur montanteneur valoreneur valueinbase basevalue "
    "basemarketvalue",
    "currency": "currency currencycode ccy curr currencyprimary tradecurrency pricecurrency "
    "localcurrency tradingcurrency securitycurrency curcurrency | wahrung devise "
    "handelswahrung kurswahrung whg valuta munt moneda divisa monnaie",
    "sector": "sector sectorname gicssector gicssectorname industrysector industry sektor | "
    "branche industrie secteur secteurdactivite",
    "geography": "geography country countrycode countryofrisk countryofdomicile domicile region "
    "countryiso issuercountry issuercountrycode | land pays pais geographie "
    "geografie",
    "isin": "isin isincode isinnumber isinnr isinno | codeisin codigoisin isinnummer",
    "cusip": "cusip cusipnumber cusipcode cusipno",
    "sedol": "sedol sedolcode sedolnumber",
    "figi": "figi compositefigi openfigi figicode bbgid",
    "identifier": "symbolisin symbolcusip symbolcusipid symbolid isincusip isinwkn wknisin "
    "cusipisin symboolisin tickerisin identifier securityidentifier instrumentid "
    "symbolcusipsedol securityid",
    "exchange": "exchange mic exchangemic miccode listingexchange primaryexchange exchangecode "
    "market marketplace listing | borse borsenplatz handelsplatz place bourse beurs "
    "mercado bolsa",
    "multiplier": "multiplier mult contractmultiplier contractsize contractsizemultiplier",
    "level": "levelofdetail datadiscriminator",
    "as_of": "asof asofdate reportdate positiondate valuationdate statementdate pricedate | "
    "stichtag bewertungsdatum",
    "ending_cash": "endingcash endingsettledcash",
}
COLUMN_OF: dict[str, str] = {
    word: name for name, words in _WORDS.items() for word in words.split() if word != "|"
}
RANK_OF: dict[str, int] = {word: rank for words in _WORDS.values() for rank, word in enumerate(words.split())}
ENGLISH = frozenset(word for words in _WORDS.values() for word in words.partition("|")[0].split())

TRADE_WORDS = frozenset(
    [
        "tradedate",
        "transactiontype",
        "transactiondate",
        "transactiondescription",
        "action",
        "rundate",
        "settlementdate",
        "activitytype",
        "buysell",
        "orderid",
        "buchungstag",
        "transactietype",
    ]
)
IDENTIFYING = ("ticker", "isin", "cusip", "sedol", "figi", "identifier")


def header_key(text: str) -> str:
    """Reduce a header to the spelling aliases are written in."""
    return spelling_key(text.lstrip("﻿"))
