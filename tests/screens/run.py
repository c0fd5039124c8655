"""Open reports at phone and desktop width, light and dark; save pictures; fail on a console message, a request or an overflow.

``make screens`` runs it on the demo's reports in both languages.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.screens.browser import Browser

WIDTHS = {"phone": 390, "desktop": 1280}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    faults = 0
    with Browser() as browser:
        for page in arguments.pages:
            for device, width in WIDTHS.items():
                for scheme in ("light", "dark"):
                    look = browser.look(page, width=width, dark=scheme == "dark")
                    picture = arguments.out / f"{page.stem}-{device}-{scheme}.png"
                    picture.write_bytes(look.png)
                    wrong = [*look.console, *look.requests, *([f"overflow: {look.overflow}"] if look.overflow else [])]
                    print(f"{picture}: {'; '.join(wrong) or 'clean'}")
                    faults += bool(wrong)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
