"""All recognizers, as one table. To recognise something new, add a row to one of the tables that it is made of."""

from __future__ import annotations

from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs_america import AMERICA
from secureprofile.guard.specs_asia import ASIA
from secureprofile.guard.specs_china import CHINA
from secureprofile.guard.specs_europe import EUROPE
from secureprofile.guard.specs_general import GENERAL

SPECS: tuple[PatternSpec, ...] = (*GENERAL, *CHINA, *AMERICA, *EUROPE, *ASIA)
"""Order matters little: overlaps go to the higher score, then to the longer match."""
