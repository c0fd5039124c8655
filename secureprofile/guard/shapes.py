"""What a single cell looks like: a name, an address, a telephone, a barcode, free text. Evidence for columns, never for one cell alone."""

from __future__ import annotations

import re
from functools import cache

from secureprofile.guard.addresses import STREET_WORDS, chinese_addresses, english_addresses
from secureprofile.guard.entities import fold
from secureprofile.guard.names import (
    CN_COMPOUND,
    CN_GIVEN_SIGNS,
    CN_SURNAMES,
    CN_SURNAMES_TRADITIONAL,
    DE_GIVEN,
    DE_SURNAMES,
    GIVEN,
    JP_GIVEN,
    JP_SURNAMES,
    SURNAMES,
)  # fmt: skip
from secureprofile.guard.places_han import CITIES_CN, PREFECTURES_JP, PROVINCES_CN
from secureprofile.guard.words import word_lists

_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)*%?")
_UPPER, _LOWER = "A-ZÀ-ÖØ-ÞĀ-Ž", "a-zß-öø-ÿā-ž'’"
_NAME_WORD = rf"[{_UPPER}][{_LOWER}{_UPPER}]*(?:-[{_UPPER}][{_LOWER}]+)?"
_TITLE = (
    r"(?:(?:Herr|Frau|Sig|Sig\.ra|Sr|Mr|Mrs|Ms|Miss|Dr|Prof|Univ|Ing|Dipl|Hr|Fr|Mme|Sra?)\.? ?(?:-?(?:Ing|Prof)\.)? ?)*"
)
_SUFFIX = r"(?:,? (?:Jr|Sr|MD|DDS|DVM|PhD|II|III|IV|B\.Sc|M\.Sc|B\.Eng|MBA|B\.A|M\.A|BSc|MSc)\.?)*"
_LATIN_NAME = re.compile(
    rf"{_TITLE}({_NAME_WORD}(?: (?:(?:von|van|de|der|den|zu|da|di|la|le|el|dos|y) )*(?:{_NAME_WORD}|[{_UPPER}]\.)){{1,3}}){_SUFFIX}"
)
_TURNED = re.compile(rf"({_NAME_WORD}), ({_NAME_WORD}(?: {_NAME_WORD})?)")
_WORD = re.compile(rf"{_NAME_WORD}(?: {_NAME_WORD})?")
_HAN = re.compile(r"[\u3400-\u9fff々]+")
_SPACED_HAN = re.compile(r"([\u3400-\u9fff々]{1,4})[ 　]([\u3400-\u9fff々\u3040-\u30ff]{1,5})")
_DOTTED = re.compile(r"[\u3400-\u9fff]{1,8}(?:[·•・][\u3400-\u9fff]{1,8}){1,4}")
_HANGUL = re.compile("[가-힣]+")
_KR_SURNAMES = frozenset(
    "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민류나진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모"
)
_KANA_NAME = re.compile(r"[\u30a0-\u30ff]{2,6}[ 　][\u30a0-\u30ff]{2,6}")
_HOUSE = re.compile(rf"(?:[0-9]{{1,5}}[A-Za-z]? [{_UPPER}].+|[{_UPPER}].+ [0-9]{{1,4}}(?:[-/][0-9]{{1,4}})?[A-Za-z]?)")
_ZIPPED = re.compile(
    rf"(?s)[^\n]*[0-9][^\n]*[,\n].*(?:[A-Z]{{2}},? [0-9]{{5}}(?:-[0-9]{{4}})?|\b[A-Z]{{1,2}}[0-9][0-9A-Z]? ?[0-9][A-Z]{{2}})|.*[{_UPPER}{_LOWER}.] ?[0-9/\-]{{1,7}}[a-z]?(?:,|\n) ?[0-9]{{4,5}} [{_UPPER}].*"
)
_STREET_END = re.compile(
    r"(?i)(?:stra(?:ß|ss)e|str\.|gasse|weg|platz|allee|ring|damm|ufer|chaussee|straat|laan|vägen|gatan|gata|katu)\s+[0-9]"
)
_STREET = re.compile(rf"\b(?:{STREET_WORDS})\b\.?|(?i:\b(?:rue|avenue|calle|via|plaza|piazza|rua|ulica)\b)")
_PHONE = re.compile(
    r"(?:\+|00)?\(?[0-9]{1,5}\)?(?:[ .\-/()]{1,2}[0-9(][0-9)]{0,8}){1,6}(?: ?(?:x|ext\.?|#) ?[0-9]{1,6})?|(?:\+|0)[0-9]{7,14}(?:x[0-9]{1,6})?|[0-9]{10}x[0-9]{1,6}"
)
_LONGEST = 300
"""Signs of a cell from which it is free text, whatever else it is like."""
_DATED = re.compile(
    r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}.*|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{2}|[0-9]{4})(?: .*)?"
)


def kinds_of_shape(cell: str) -> set[str]:
    """Return what a cell looks like.

    Example:
        >>> sorted(kinds_of_shape("James Smith")), sorted(kinds_of_shape("王小明")), sorted(kinds_of_shape("+49 30 1234567"))
        (['listed name', 'name', 'words'], ['han name', 'name', 'word'], ['marked phone', 'phone'])
    """
    kinds: set[str] = set()
    if len(cell) > _LONGEST:
        return {"text"}
    if _NUMBER.fullmatch(cell):
        kinds.add("number")
        if barcode(cell):
            kinds.add("barcode")
        if cell[0] in "+0" and 8 <= len(cell) <= 15 and cell[1:].isdigit():
            kinds |= {"phone", "marked phone"} if cell[0] == "+" or cell[1] != "0" else {"phone"}
        return kinds
    kinds |= _names(cell)
    if phone_shaped(cell):
        kinds.add("phone")
        if re.search(r"[+()x]|^0", cell):
            kinds.add("marked phone")
    if _HOUSE.fullmatch(cell):
        kinds.add("house")
    if looks_like_address(cell):
        kinds.add("address")
    if len(cell) >= 25 and (cell.count(" ") >= 4 or sum("一" <= c <= "鿿" for c in cell) >= 12):
        kinds.add("text")
    return kinds


def barcode(digits: str) -> bool:
    """Tell whether digits are an article number with the check digit of GS1 (EAN-8, UPC-A, EAN-13, GTIN-14).

    Example:
        >>> barcode("4006381333931"), barcode("4006381333932")
        (True, False)
    """
    if not digits.isdigit() or len(digits) not in (8, 12, 13, 14):
        return False
    return sum(int(c) * (3 if place % 2 else 1) for place, c in enumerate(reversed(digits))) % 10 == 0


def phone_shaped(cell: str) -> bool:
    """Tell whether a cell is written as telephone numbers are: seven to fifteen digits in groups, or behind a plus or a zero, and no date."""
    if not _PHONE.fullmatch(cell) or _DATED.fullmatch(cell):
        return False
    digits = re.sub(r"[^0-9]", "", re.split("x|ext|#", cell)[0])
    return (
        7 <= len(digits) <= 15
        and not (len(digits) == 13 and digits.startswith(("978", "979")))
        and cell.count(".") != 1
    )


def looks_like_address(cell: str) -> bool:
    """Tell whether most of a cell is a street address, of any of the forms that are known."""
    if re.search(r"[\u3400-\u9fff]", cell):
        return any(end - start >= 0.5 * len(cell) for start, end in chinese_addresses(cell))
    if not any(c.isdigit() for c in cell) or len(cell) < 10 or len(cell) > 200:
        return False
    if _ZIPPED.fullmatch(cell) or _STREET_END.search(cell):
        return True
    if _STREET.search(cell) and cell.count(" ") >= 2 and _HOUSE.fullmatch(cell.split(",")[0].strip()):
        return True
    if _placed(cell):
        return True
    spans = list(english_addresses(cell))
    return bool(spans) and max(end - start for start, end in spans) >= 0.6 * len(cell)


def _placed(cell: str) -> bool:
    """Tell whether a cell holds a house number, a postcode and little else but capitalised words, parted by commas or lines."""
    words = re.findall(r"[^\s,/()]+", cell)
    small = [word for word in words if word[0].islower() and word not in _STREETS_SMALL]
    coded = re.search(
        r"(?<![0-9])[0-9]{2}-?[0-9]{3}(?:-?[0-9]{1,3})?(?![0-9])|(?<![0-9])[0-9]{4}(?: ?[A-Z]{2})?(?![0-9])", cell
    )
    housed = re.search(r"(?<![0-9])[0-9]{1,4}(?![0-9])", cell)
    return bool(coded and housed and re.search(r"[,\n]", cell) and len(words) >= 4 and len(small) <= len(words) // 6)


_STREETS_SMALL = frozenset(
    "de la le les du des del della di da do dos das den der die van von y e et sur rue avenue boulevard chemin calle via piso bis el no s/n".split()
)


def _names(cell: str) -> set[str]:
    if len(cell) > 60:
        return set()
    if _HAN.fullmatch(cell):
        return _han_names(cell)
    if spaced := _SPACED_HAN.fullmatch(cell):
        known = spaced[1] in JP_SURNAMES or spaced[2] in JP_GIVEN or spaced[1][0] in CN_SURNAMES
        return {"words", "name"} if known else {"words"}
    if len(cell) <= 4 and _HANGUL.fullmatch(cell):
        return {"word", "name", "han name"} if cell[0] in _KR_SURNAMES and len(cell) >= 2 else {"word"}
    if _DOTTED.fullmatch(cell) or _KANA_NAME.fullmatch(cell):
        return {"words", "name", "han name"}
    if match := _LATIN_NAME.fullmatch(cell) or _TURNED.fullmatch(cell):
        words = [fold(word) for word in re.split(r"[ ,]+", match[0] if match.re is _TURNED else match[1])]
        given, surnames = _given(), _surnames()
        known = (
            words[0] in given
            or words[-1] in surnames
            or (match.re is _TURNED and (words[0] in surnames or words[1] in given))
        )
        lists = word_lists()
        kinds = {"words", "name"} if known else {"words"}
        if words[0] in lists.given or words[-1] in lists.surnames:
            kinds.add("listed name")
        return kinds
    if _WORD.fullmatch(cell):
        folded = fold(cell)
        kinds, lists = {"word"}, word_lists()
        parts = re.split("[ -]", folded)
        if folded in lists.places:
            kinds.add("place")
        if all(part in lists.given for part in parts):
            kinds.add("listed given")
        if all(part in lists.surnames for part in parts):
            kinds.add("listed surname")
        if any(part in _given() for part in re.split("[ -]", folded)):
            kinds.add("given")
        if any(part in _surnames() for part in re.split("[ -]", folded)):
            kinds.add("surname")
        return kinds
    return set()


def _han_names(cell: str) -> set[str]:
    if cell in _places():
        return {"word", "place"}
    kinds: set[str] = set()
    if len(cell) <= 4:
        kinds.add("word")
        if cell in JP_GIVEN or (len(cell) <= 2 and set(cell) <= CN_GIVEN_SIGNS):
            kinds.add("given")
        if (
            cell in JP_SURNAMES
            or cell in CN_COMPOUND
            or (len(cell) == 1 and cell in CN_SURNAMES | CN_SURNAMES_TRADITIONAL)
        ):
            kinds.add("surname")
    surname = 2 if cell.startswith(CN_COMPOUND) else 1 if cell[0] in CN_SURNAMES | CN_SURNAMES_TRADITIONAL else 0
    given = cell[surname:]
    if surname and 1 <= len(given) <= 2:
        kinds.add("name")
        if given[-1] in CN_GIVEN_SIGNS:
            kinds.add("han name")
    return kinds


@cache
def _places() -> frozenset[str]:
    bare = {*CITIES_CN, *PROVINCES_CN}
    return frozenset({*bare, *(place + "市" for place in bare), *(place + "省" for place in bare), *PREFECTURES_JP})


@cache
def _given() -> frozenset[str]:
    return frozenset(fold(name) for name in GIVEN | DE_GIVEN)


@cache
def _surnames() -> frozenset[str]:
    plain = "brown green white black gray young long wood king hill price rose cook field street church town day stone lake summer winter".split()
    return frozenset(fold(name) for name in SURNAMES | DE_SURNAMES) - frozenset(plain)
