"""Given names, surnames and places of many countries, as the flows take them."""

from __future__ import annotations

from secureprofile.guard.words import word_lists

__all__ = ["word_lists"]
