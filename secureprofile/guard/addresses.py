"""Street addresses by their grammar: English and other Latin forms here, those in Chinese characters in ``addresses_han``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from secureprofile.guard.addresses_han import han_addresses

__all__ = ["PARTICLE", "PIECE", "STREET_WORDS", "UPPER", "chinese_addresses", "english_addresses"]

chinese_addresses = han_addresses
"""Addresses in Chinese characters, Japanese ones included."""

UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽȘȚΑ-ΩΆΈΉΊΌΎΏА-ЯЁІЇЄ"
PARTICLE = r"(?:van|von|der|den|de|da|di|du|del|della|dos|das|la|le|bin|ibn|al|el|ten|ter|af|av|zu|y)"

STREET_WORDS = (
    "Street|St|Road|Rd|Avenue|Ave|Av|Lane|Ln|Drive|Dr|Court|Ct|Close|Crescent|Cres|Place|Pl|Square|Sq|Terrace|Ter|Terr|Way|Boulevard|Blvd|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Trail|Trl|Loop"
    "|Alley|Walk|Row|Mews|Grove|Gardens?|Gdns|Green|Park|Hills?|Rise|Views?|Ridges?|Quay|Wharf|Broadway|Pike|Turnpike|Crossing|Bend|Coves?|Points?|Plazas?|Esplanade|Parade|Promenade|Annex|Arcade"
    "|Bayou|Beach|Bluffs?|Bottom|Branch|Bridge|Brooks?|Burgs?|Bypass|Camp|Canyon|Cape|Causeway|Centers?|Cliffs?|Club|Common|Corners?|Course|Courts|Creek|Crest|Crossroads?|Curve|Dale|Dam|Divide"
    "|Drives|Estates?|Expressway|Extensions?|Falls?|Ferry|Fields?|Flats?|Fords?|Forest|Forges?|Forks?|Fort|Freeway|Gateway|Glens?|Greens|Groves|Harbors?|Haven|Heights|Hollow|Inlet|Islands?|Isle"
    "|Junctions?|Keys?|Knolls?|Lakes?|Landing|Light|Loaf|Locks?|Lodge|Mall|Manors?|Meadows?|Mills?|Mission|Motorway|Mountains?|Mount|Neck|Orchard|Oval|Overpass|Parks|Parkways|Pass|Passage|Path"
    "|Pines?|Plains?|Ports?|Prairie|Radial|Ramp|Ranch|Rapids?|Rest|River|Roads|Route|Run|Shoals?|Shores?|Skyway|Springs?|Spurs?|Squares|Station|Stravenue|Stream|Streets|Summit|Throughway|Trace"
    "|Track|Trafficway|Tunnel|Underpass|Unions?|Valleys?|Viaduct|Villages?|Ville|Vista|Walks|Wall|Ways|Wells?|Drove|Fold|Yard|End|Side|Gate|Lodge|Paddock"
)
"""Words that end the names of streets: the suffixes of USPS Publication 28, appendix C1, and those of Britain."""
_STREET = rf"(?:{STREET_WORDS})"
_STREET_WORD = (
    r"(?i:rua|via|viale|calle|avenida|av\.|rue|chemin|allée|ulica|ul\.|strada|str\.|plaza|piazza|praça|largo|carrera|paseo|jalan|jl\.|corso|place|boulevard|"
    r"bulevar|camino|travessa|passeig|carrer|quai|cours)"
)
_STREET_END = (
    r"(?:stra(?:ß|ss)e|str\.|gasse|weg|platz|allee|damm|ufer|ring|straat|laan|plein|kade|dijk|gata|gatan|gate|vägen|väg|veien|vegen|vej|gade|stræde|allé|katu|"
    r"kuja|polku|utca|út|tér|ulice|námestie|sgatan|sveien|torg|torget|parken|bakken|lia|haugen|havn|vik|dal)"
)
_NUMBER = r"[0-9]{1,5}(?:[\-/][0-9]{1,4})?[A-Za-z]?"
PIECE = rf"(?:[{UPPER}0-9][\w'’/\-]{{0,40}}|[{UPPER}][a-z]{{0,3}}\.)"
_NAMED = rf"(?:{PIECE},? ){{1,5}}"
_UNIT = (
    r"(?:(?:Apt|Apartment|Suite|Ste|Unit|Flat|Room|Rm|Floor|Fl|Bldg|Building|Block|PMB|PSC)\.?) ?#?[0-9]{1,5}[A-Za-z]?(?:[\-/][0-9A-Za-z]{1,4})?"
    r"|P\.? ?O\.? Box [0-9]{1,6}"
)
_NAME = rf"[{UPPER}][\w'’\-]{{0,40}}"
_ADDRESS = re.compile(
    rf"(?<![\w.\-])(?:{_NUMBER} {_NAMED}{_STREET}\b\.?(?: (?:N|S|E|W|NE|NW|SE|SW)\b\.?)?"
    rf"|{_NUMBER} {_STREET_WORD} (?:[\w'’.\-]{{1,40}} ?){{1,4}}"
    rf"|{_STREET_WORD} (?:(?:de|da|do|dos|la|le|du|des|del|di|[{UPPER}][\w'’.\-]{{0,40}}) ){{1,5}}{_NUMBER}"
    rf"|{_NAME}{_STREET_END} {_NUMBER}|{_NUMBER} {_NAME}{_STREET_END}|{_UNIT}"
    rf"|{_NAME} (?:{_NAME} )?(?:Street|Road|Avenue|Lane|Drive|Boulevard)"
    rf"|(?:Unit|PSC) [0-9]{{1,5}},? Box [0-9]{{1,6}}|(?:APO|FPO|DPO) A[AEP] [0-9]{{5}})(?!\w)"
)
_STATE = r"(?:[A-Z]{2,3},? )?"
_POST = r"(?:[0-9]{5}(?:-[0-9]{4})?|[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][ABD-HJLNP-UW-Z]{2}|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]|[0-9]{4}(?: [A-Z]{2})?|[0-9]{6}|[A-Z][a-z]{2,20}[ -]?-[0-9]{6})"
_FULL = re.compile(
    rf"(?<![\w.\-])(?:(?:(?:{_UNIT}|(?:Studio|House|Level|Lot|H\.? ?No\.?) ?[0-9]{{1,5}}[A-Za-z]?)[,/ \n]{{1,3}})?{_NUMBER}|{_UNIT}|(?:Studio|House|Level|Lot) [0-9]{{1,5}}[A-Za-z]?),?[ \n]"
    rf"(?:{PIECE},?[ \n]{{1,2}}){{1,9}}?{_STATE}{_POST}(?![\w-])"
)
"""A house or a flat, capitalised words, and a postcode of the United States, Britain, Canada, Australia or India at the end."""
_ZIP_CUE = re.compile(r"(?i)(?:zip|post(?:al)?)[ -]?code(?: is|:)? ([0-9]{4,6}(?:-[0-9]{4})?)(?!\w)")
_POSTCODE = re.compile(
    r"(?<![\w-])(?:[A-Z]{2},? [0-9]{5}(?:-[0-9]{4})?|[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][ABD-HJLNP-UW-Z]{2}|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9])(?![\w-])"
)
_LINE = re.compile(
    rf"(?m)^[ >?*\t]*((?:{_NUMBER} (?:[{UPPER}][^\n\d,:;@]{{2,40}}?)(?: [0-9]{{1,5}}[A-Za-z]?)?)|(?:[{UPPER}][^\n\d,:;@]{{2,40}}? {_NUMBER}))[ ,\t]*$"
)


_AT = re.compile(
    rf"(?<!\w)(?i:address(?: is|:|es are)?|lives? at|living at|located at|office is at|delivered? to|ship(?:ped)? to|arrived at|sent to|taxi to"
    rf"|come to|go to|at)[\s:]{{1,8}}"
    rf"({_NUMBER} (?:{PIECE},?[ \n]{{1,3}}|(?:{PARTICLE}|do|dalla|sur|aan|an|op) ){{0,9}}{PIECE})"
)


_MAY_NUMBERED = re.compile(
    rf"[0-9][A-Za-z]?,?[ \n]{{1,3}}(?:(?:{PARTICLE}|do|dalla|sur|aan|an|op) ){{0,3}}[{UPPER}]|[{UPPER}][^\W\d_]{{0,40}}[,.]?[ \n]?#?[0-9]"
    r"|[0-9] [0-9]+(?:st|nd|rd|th) "
)
_MAY_NAMED = re.compile(rf"[{UPPER}][\w'’\-]{{0,40}} (?:Street|Road|Avenue|Lane|Drive|Boulevard)")
_MAY_WORDS = re.compile(rf"(?i:zip|post(?:al)?)[ -]?code|(?<!\w){_STREET_WORD} |{_STREET_END} [0-9]")


def may_hold_address(text: str) -> bool:
    """Tell whether a text could hold a street address: a number beside a capitalised word, a street's name, or a word for postcodes."""
    if not _DIGIT.search(text):
        return _MAY_NAMED.search(text) is not None
    return _MAY_NUMBERED.search(text) is not None or _MAY_WORDS.search(text) is not None


_DIGIT = re.compile("[0-9]")


def english_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yield street addresses: number and street words, apartments, boxes, postcodes, and lines of an address block."""
    if not may_hold_address(text):
        return
    for match in _FULL.finditer(text):
        yield match.span()
    for match in _ADDRESS.finditer(text):
        yield match.span()
    for match in _AT.finditer(text):
        if any(c.isalpha() for c in match[1]):
            yield match.span(1)
    for match in _POSTCODE.finditer(text):
        yield match.span()
    for match in _ZIP_CUE.finditer(text):
        yield match.span(1)
    if "\n" in text:
        for match in _LINE.finditer(text):
            yield match.span(1)
