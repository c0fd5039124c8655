"""Fakes: a value of the same kind, always the same one for the same value and key, never the value itself.

Which fake it is follows from HMAC-SHA-256 of the canonical value. There are fewer fakes than values, so two people can get the
same one: a fake is no identifier. Names follow the script of the cell; phones use ranges that ring nobody; e-mails end in domains
that RFC 2606 keeps free.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from secureprofile.guard.canonical import canonical_text
from secureprofile.guard.fake_phones import choices, spell, take_apart
from secureprofile.policy.sense import fake_kind
from secureprofile.policy.treatments import Replace

T = TypeVar("T")

SCHEME = "sp/replace/1"
DOMAINS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeWords:
    """Word lists of one locale; ``surnames`` and ``given`` are never empty, the others may be.

    ``kana_*``: Japanese readings in katakana. ``towns``: cities. ``parts``: (district or town names) for Chinese and Japanese streets.
    """

    given: tuple[str, ...]
    surnames: tuple[str, ...]
    kana_given: tuple[str, ...] = ()
    kana_surnames: tuple[str, ...] = ()
    towns: tuple[str, ...] = field(default=())
    parts: tuple[str, ...] = field(default=())


class Draws:
    """Numbers that follow from a key, a value and an attempt, each used once."""

    def __init__(self, key: bytes, value: str, attempt: int) -> None:
        self._left = int.from_bytes(hmac.digest(key, f"{attempt}\x1f{value}".encode(), "sha256"), "big")

    def below(self, limit: int) -> int:
        """Return a number below ``limit``; 256 bits last for all draws of one fake."""
        self._left, drawn = divmod(self._left, limit)
        return drawn

    def of(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]


class Fakes:
    """Replaces the cells of one category for one purpose and recipient.

    Args:
        key: 32 bytes.
        spec: the policy's parameters.
        category: data category of the column; one with a fake (see :func:`secureprofile.policy.sense.fake_kind`).
        words: locale → its lists; ``en`` at least.
    Example:
        >>> words = {"en": FakeWords(given=("Ann", "Bo"), surnames=("Marsh", "Field", "Brook"))}
        >>> one = Fakes(bytes(32), Replace(), category="user.name", words=words)
        >>> one.treat(["Zoë Miller"]) == one.treat(["Zoë Miller"])
        True
    """

    def __init__(self, key: bytes, spec: Replace, *, category: str, words: Mapping[str, FakeWords]) -> None:
        self._key = key
        self._spec = spec
        self._category = category
        self._words = dict(words)
        self._kind = fake_kind(category) or "name"

    def treat(self, cells: Sequence[str]) -> list[str | None]:
        """Return the fakes; empty cells stay empty, None for a phone number of a country without a range kept free."""
        return [self._one(cell) if cell else cell for cell in cells]

    def refuses(self, cell: str) -> bool:
        """Tell whether a cell cannot be replaced."""
        if not cell or self._kind != "phone":
            return False
        number = take_apart(cell, self._spec.region)
        return number is None or choices(number) < 2

    def _one(self, cell: str) -> str | None:
        value = canonical_text(cell, self._category, self._spec.region)
        if not value:
            return None if self._kind == "phone" else ""
        make: Callable[[str, Draws], str | None] = getattr(self, f"_{self._kind}")
        for attempt in range(256):
            fake = make(cell.strip(), Draws(self._key, value, attempt))
            if fake is None or _differs(fake, cell):
                return fake
        return None  # only a list of one word, or one number, gets here

    # --- kinds ----------------------------------------------------------------------------------------------------------

    def _locale(self, cell: str) -> str:
        wanted = self._spec.locale if self._spec.locale != "auto" else script_locale(cell)
        return wanted if wanted in self._words else "en"

    def _given(self, cell: str, draws: Draws) -> str:
        locale = self._locale(cell)
        kana, words = _kana(cell), self._words[locale]
        return _spelled_like(cell, draws.of(words.kana_given if kana and words.kana_given else words.given))

    def _surname(self, cell: str, draws: Draws) -> str:
        locale = self._locale(cell)
        kana, words = _kana(cell), self._words[locale]
        return _spelled_like(cell, draws.of(words.kana_surnames if kana and words.kana_surnames else words.surnames))

    def _name(self, cell: str, draws: Draws) -> str:
        given, surname = self._given(cell, draws), self._surname(cell, draws)
        if self._locale(cell) in ("zh", "ja", "ko"):
            return f"{surname} {given}" if " " in cell or "\u3000" in cell else surname + given
        if "," in cell:
            return f"{surname}, {given}"
        return f"{given} {surname}" if " " in cell else given

    def _email(self, cell: str, draws: Draws) -> str:
        words = self._words["en"]
        name = f"{_ascii(draws.of(words.given))}.{_ascii(draws.of(words.surnames))}"
        return f"{name}{draws.below(10_000):04d}@{draws.of(DOMAINS)}"

    def _username(self, cell: str, draws: Draws) -> str:
        words = self._words["en"]
        return f"{_ascii(draws.of(words.given))}_{_ascii(draws.of(words.surnames))}{draws.below(10_000):04d}"

    def _phone(self, cell: str, draws: Draws) -> str | None:
        number = take_apart(cell, self._spec.region)
        if number is None or choices(number) < 2:
            return None
        return spell(number, draws.below(choices(number)))

    def _street(self, cell: str, draws: Draws) -> str:
        locale = self._locale(cell)
        words = self._words[locale]
        name, number = draws.of(words.surnames), 1 + draws.below(199)
        match locale:
            case "zh" if words.towns:
                road = draws.of(words.given) + draws.of(("路", "街", "大道"))
                return f"{draws.of(words.towns)}市{draws.of(words.parts)}区{road}{number}号"
            case "ja" if words.towns:
                return f"{draws.of(words.towns)}{draws.of(words.parts)}{1 + draws.below(9)}-{1 + draws.below(29)}-{1 + draws.below(19)}"
            case "de":
                return f"{name}{draws.of(('straße', 'weg', 'gasse'))} {number}"
            case "fr":
                return f"{number} {draws.of(('rue', 'avenue', 'place'))} {name}"
            case "es":
                return f"Calle {name} {number}"
            case "ru":
                return f"ул. {name}, д. {number}"
            case _:
                return f"{number} {name} {draws.of(('Road', 'Street', 'Lane', 'Avenue', 'Close'))}"


def script_locale(cell: str) -> str:
    """Return the locale whose lists fit a cell's script: kana ja, Hangul ko, Han zh, Cyrillic ru, everything else en.

    Example:
        >>> [script_locale(cell) for cell in ("王小明", "サトウ アキラ", "Zoë", "Иванов", "김민준")]
        ['zh', 'ja', 'en', 'ru', 'ko']
    """
    if cell.isascii():
        return "en"
    return next((locale for locale, script in _SCRIPTS if script.search(cell)), "en")


_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff\uff66-\uff9d]")),
    ("ko", re.compile("[\uac00-\ud7a3\u1100-\u11ff]")),
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
"""Locale → its letters; the first that a cell has decides."""

_HIRAGANA, _KATAKANA = re.compile("[\u3041-\u3096]"), re.compile("[\u30a1-\u30f6]")
_SOFT = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


def _kana(cell: str) -> bool:
    return not cell.isascii() and bool(_HIRAGANA.search(cell) or _KATAKANA.search(cell))


def _spelled_like(cell: str, word: str) -> str:
    """Give a word the case of the cell, and hiragana where the cell has them and no katakana."""
    if not cell.isascii() and _HIRAGANA.search(cell) and not _KATAKANA.search(cell):
        return word.translate(_SOFT)
    if len(cell) > 1 and cell.isupper():
        return word.upper()
    return word.lower() if cell.islower() else word


def _ascii(word: str) -> str:
    flat = unicodedata.normalize("NFKD", word)
    return "".join(c for c in flat.lower() if c.isascii() and c.isalnum()) or "x"


def _differs(fake: str, cell: str) -> bool:
    """Tell whether a fake is another value than the cell, whatever the spelling."""
    return _core(fake) != _core(cell)


def _core(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _NO_SIGN.sub("", text.casefold())


_NO_SIGN = re.compile(r"[\W_]+")
