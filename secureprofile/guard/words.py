"""Given names, surnames and places of many countries, from Faker (MIT): evidence for names in text and columns, not a list of people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from secureprofile.guard.entities import WordLists, fold

_GIVEN = ("first_names", "first_names_female", "first_names_male", "first_names_nonbinary")
_SURNAMES = ("last_names", "last_names_female", "last_names_male")
_PLACES = ("countries", "cities", "states", "municipalities")


@cache
def word_lists() -> WordLists:
    """Return the lists, folded; about 0.2 s at the first call, when Faker's modules are imported."""
    return WordLists(
        given=frozenset(_collect("person", _GIVEN)),
        surnames=frozenset(_collect("person", _SURNAMES)),
        places=frozenset(_collect("address", _PLACES)),
    )


def _collect(kind: str, attributes: tuple[str, ...]) -> Iterator[str]:
    package = import_module(f"faker.providers.{kind}")
    for module in iter_modules(package.__path__):
        provider = import_module(f"faker.providers.{kind}.{module.name}").Provider
        for attribute in attributes:
            values = getattr(provider, attribute, ())
            if isinstance(values, Iterable):
                lines = "\n".join(value for value in values if isinstance(value, str) and len(value) > 1).casefold()
                yield from (value if value.isascii() else fold(value) for value in lines.split("\n") if value)
