"""Given names, surnames and places of many countries, from Faker (MIT): evidence for names in free text, not a list of people."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from secureprofile.guard.entities import WordLists, fold
from secureprofile.guard.fakes import FakeWords

_GIVEN = ("first_names", "first_names_female", "first_names_male", "first_names_nonbinary")
_SURNAMES = ("last_names", "last_names_female", "last_names_male")
_PLACES = ("countries", "cities", "states", "municipalities")


@cache
def word_lists() -> WordLists:
    """Return the lists, folded; about 0.2 s at the first call."""
    return WordLists(
        given=frozenset(_collect("person", _GIVEN)),
        surnames=frozenset(_collect("person", _SURNAMES)),
        places=frozenset(_collect("address", _PLACES)),
    )


def _collect(kind: str, attributes: tuple[str, ...]) -> Iterable[str]:
    package = import_module(f"faker.providers.{kind}")
    for module in iter_modules(package.__path__):
        provider = import_module(f"faker.providers.{kind}.{module.name}").Provider
        for attribute in attributes:
            values = getattr(provider, attribute, ())
            if isinstance(values, Iterable):
                yield from (fold(value) for value in values if isinstance(value, str) and len(value) > 1)


_LOCALES = {
    "en": ("en_US", "en_GB"), "de": ("de_DE",), "fr": ("fr_FR",), "es": ("es_ES",), "ru": ("ru_RU",), "zh": ("zh_CN",),
    "ja": ("ja_JP",), "ko": ("ko_KR",),
}  # fmt: skip


@cache
def fake_words() -> dict[str, FakeWords]:
    """Return the lists that fakes are drawn from, by locale; sorted, so that the same key gives the same fake everywhere.

    Another version of Faker may bring other lists, and with them other fakes: its version belongs to what makes a fake.
    """
    return {locale: _fake_words(names) for locale, names in _LOCALES.items()}


def _fake_words(names: tuple[str, ...]) -> FakeWords:
    def words(kind: str, *attributes: str) -> tuple[str, ...]:
        found: set[str] = set()
        for name in names:
            provider = import_module(f"faker.providers.{kind}.{name}").Provider
            for attribute in attributes:
                found.update(value for value in getattr(provider, attribute, ()) if isinstance(value, str) and value)
        return tuple(sorted(found))

    return FakeWords(
        given=words("person", "first_names"),
        surnames=words("person", "last_names"),
        kana_given=words("person", "first_kana_names"),
        kana_surnames=words("person", "last_kana_names"),
        towns=words("address", "cities"),
        parts=words("address", "districts", "towns"),
    )
