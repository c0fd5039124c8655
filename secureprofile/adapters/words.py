"""Given names, surnames and places of many countries, as the flows take them."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from secureprofile.guard.fakes import FakeWords
from secureprofile.guard.words import word_lists as word_lists

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
