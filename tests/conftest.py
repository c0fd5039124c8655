"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data: $SECUREPROFILE_DATA, else ../shared/data. Without it tests skip; in CI they fail."""
    folder = Path(os.environ.get("SECUREPROFILE_DATA") or "../shared/data")
    folder = folder if folder.is_absolute() else ROOT / folder
    if not (folder / "MANIFEST.md").is_file():
        reason = f"no real data in {folder}: set SECUREPROFILE_DATA to the folder that holds MANIFEST.md"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return folder
