"""Where a place is: its region and country, from the lists of names that evidence for addresses comes from, too.

The lists are Faker's (MIT), by country, and this project's Chinese cities; countries are called as ``phonenumbers`` calls them. They hold names,
not a map: which region a city is in, nobody says, so a region is known only where the name is one or, in Chinese, begins with one.
A name that several countries have is not known, but a region is meant before a town abroad.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from secureprofile.guard.entities import fold
from secureprofile.guard.places_han import CITIES_CN, PREFECTURES_JP, PROVINCES_CN

_CITIES = ("cities", "city_names", "municipalities")
_REGIONS = ("states", "provinces", "regions", "counties", "departments", "cantons", "region_names")
_LEFT_OUT = ("en_MS", "zh_CN")
"""Locales whose lists hold codes; China's regions and cities are listed here."""

_OWN_CODES = {
    "HK": ("香港", "九龍", "九龙", "新界"),
    "MO": ("澳门", "澳門", "氹仔", "路環"),
    "TW": (
        "台湾", "臺灣", "台灣", "台北", "臺北", "新北", "桃園", "桃园", "台中", "臺中", "台南", "臺南", "高雄", "基隆", "新竹", "嘉義",
        "嘉义", "苗栗", "彰化", "南投", "雲林", "云林", "屏東", "屏东", "宜蘭", "宜兰", "花蓮", "花莲", "台東", "臺東", "台东", "澎湖",
        "金門", "金门", "連江",
    ),
}  # fmt: skip
"""Names among the Chinese ones to which ISO 3166-1 gives codes of their own."""

_OWN = frozenset(name for names in _OWN_CODES.values() for name in names)
_PROVINCES = tuple(dict.fromkeys(name for name in PROVINCES_CN if name not in _OWN))
_CHINESE = re.compile(f"({'|'.join(_PROVINCES)})((?:省|市|(?:壮族|回族|维吾尔)?自治区)?)(.*)")


def place_of(text: str) -> tuple[str, str] | None:
    """Return (region, or empty where it is not known; country) of a city, region or country; None where its name is not known.

    Capitals, accents, hyphens and blanks around the name do not count.

    Example:
        >>> place_of("Bayern"), place_of("münchen"), place_of("广东省深圳市"), place_of("深圳"), place_of("Nowhere")
        (('Bayern', 'Germany'), ('', 'Germany'), ('广东', 'China'), ('', 'China'), None)
    """
    name = fold(text.strip())
    known = _known()
    spelled = (name, name.replace("-", " "), name.removesuffix("市"))
    return _province(name) or next((known[one] for one in spelled if one in known), None)


def _province(name: str) -> tuple[str, str] | None:
    """Read the province that a Chinese name is or begins with; 海南 begins the name of a place elsewhere, so a city must follow."""
    found = _CHINESE.fullmatch(name)
    if found is None or not (found[2] or not found[3] or found[3].removesuffix("市") in CITIES_CN):
        return None
    return found[1], _countries()["CN"]["en"]


@cache
def _countries() -> dict[str, dict[str, str]]:
    """Return ISO 3166-1 code → language → the country's name; languages that only repeat another are left out."""
    from phonenumbers.geodata.locale import LOCALE_DATA

    def spelled(names: Mapping[str, str], language: str) -> str:
        name = names.get(language, "")
        return spelled(names, name[1:]) if name.startswith("*") else name

    return {
        code: {"en": english, **{language: name for language, name in names.items() if not name.startswith("*")}}
        for code, names in LOCALE_DATA.items()
        if (english := spelled(names, "en"))
    }


@cache
def _known() -> dict[str, tuple[str, str]]:
    """Return folded name → (region, country); about a second at the first call, when Faker's modules are imported.

    A region or country of a name is meant before a town abroad of the same name.
    """
    countries = {code: names["en"] for code, names in _countries().items()}
    whole = _agreed((name, ("", names["en"])) for names in _countries().values() for name in names.values())
    regions: list[tuple[str, tuple[str, str]]] = [(name, (name, countries["JP"])) for name in PREFECTURES_JP]
    cities = [(name, ("", countries["CN"])) for name in CITIES_CN if name not in _OWN]
    for country, lists in _lists(countries):
        regions += [(name, (name, country)) for attribute in _REGIONS for name in _names(lists.get(attribute, ()))]
        cities += [(name, ("", country)) for attribute in _CITIES for name in _names(lists.get(attribute, ()))]
    parts = _agreed(regions)
    first = {**parts, **whole}
    first |= {name: None for name in parts.keys() & whole.keys() if not _same(parts[name], whole[name])}
    own = {fold(name): ("", countries[code]) for code, names in _OWN_CODES.items() for name in names}
    return {name: place for name, place in {**_agreed(cities), **first, **own}.items() if place is not None and name}


def _agreed(named: Iterable[tuple[str, tuple[str, str]]]) -> dict[str, tuple[str, str] | None]:
    """Return folded name → place, None where the name is one of several countries."""
    found: dict[str, tuple[str, str] | None] = {}
    for name, place in named:
        key = fold(name.strip())
        if not _same(found.setdefault(key, place), place):
            found[key] = None
    return found


def _same(one: tuple[str, str] | None, other: tuple[str, str] | None) -> bool:
    """Tell whether both are known and in one country."""
    return one is not None and other is not None and one[1] == other[1]


def _lists(countries: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, Iterable[object]]]]:
    """Give the lists of each locale with its country."""
    package = import_module("faker.providers.address")
    for module in iter_modules(package.__path__):
        country = countries.get(module.name.partition("_")[2])
        if country is not None and module.name not in _LEFT_OUT:
            yield country, vars(import_module(f"{package.__name__}.{module.name}").Provider)


def _names(entries: Iterable[object]) -> Iterator[str]:
    """Give the names of a list whose entries are names or (code, name, …); codes are no names."""
    for entry in entries.values() if isinstance(entries, Mapping) else entries:
        parts = entry if isinstance(entry, tuple | list) else (entry,)
        name = next((part for part in parts if isinstance(part, str) and not re.fullmatch("[A-Z0-9]{1,5}", part)), "")
        if name.strip():
            yield name
