"""A headless Chromium spoken to through its debugging pipe: what a page looks like, says on its console, and where it overflows.

Nothing is installed for it and no port is opened. The page itself runs no script; what is measured here is asked from outside.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--remote-debugging-pipe",
)  # fmt: skip

# The widest element that leaves the page, if any; boxes that scroll on their own may hold wider things.
OVERFLOW = """(() => {
  const width = document.documentElement.clientWidth;
  const scrolls = e => { for (let p = e.parentElement; p; p = p.parentElement) {
    const o = getComputedStyle(p).overflowX; if (o === 'auto' || o === 'scroll' || o === 'hidden') return true; } return false; };
  const wide = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > width + 1 && !scrolls(e));
  const page = document.documentElement.scrollWidth > width;
  return page || wide.length ? (wide[0] ? wide[0].tagName + '.' + wide[0].getAttribute('class') : 'page') : '';
})()"""


def chromium() -> str | None:
    """Return the browser's command, or None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one page: a PNG, what the console said, and what reaches beyond the page's width."""

    png: bytes
    console: tuple[str, ...]
    overflow: str
    requests: tuple[str, ...]


class Browser:
    """One browser process; ``look`` opens a page in a tab of its own.

    Example:
        with Browser() as browser:
            look = browser.look(Path("report.html"), width=390, dark=True)
    """

    def __enter__(self) -> Browser:
        command = chromium()
        if command is None:
            raise RuntimeError("no Chromium on this machine")
        self._profile = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        child_reads, self._write = os.pipe()
        self._read, child_writes = os.pipe()
        # The browser reads commands from descriptor 3 and answers on 4: the shell puts ours there.
        script = f'exec "$0" "$@" 3<&{child_reads} 4>&{child_writes}'
        self._process = subprocess.Popen(
            ["bash", "-c", script, command, *FLAGS, f"--user-data-dir={self._profile.name}", "about:blank"],
            pass_fds=(child_reads, child_writes), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(child_reads)
        os.close(child_writes)
        self._buffer = b""
        self._serial = 0
        self._events: list[dict[str, Any]] = []
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._write)
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._read)
        self._profile.cleanup()

    def look(self, page: Path, *, width: int, dark: bool = False) -> Look:
        """Open ``page`` at ``width`` CSS pixels and return what was seen."""
        target = self._ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self._ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable", session=session)
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self._ask("Emulation.setDeviceMetricsOverride", metrics, session=session)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", {"features": [scheme]}, session=session)
        self._events.clear()
        self._ask("Page.navigate", {"url": page.resolve().as_uri()}, session=session)
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            self._events.append(self._next())
        overflow = self._ask("Runtime.evaluate", {"expression": OVERFLOW}, session=session)["result"]["value"]
        shot = self._ask("Page.captureScreenshot", {"captureBeyondViewport": True, "format": "png"}, session=session)
        said = [e for e in self._events if e["method"] in {"Log.entryAdded", "Runtime.consoleAPICalled"}]
        asked = [e["params"]["request"]["url"] for e in self._events if e["method"] == "Network.requestWillBeSent"]
        self._ask("Target.closeTarget", {"targetId": target})
        return Look(
            png=base64.b64decode(shot["data"]),
            console=tuple(json.dumps(event["params"], ensure_ascii=False) for event in said),
            overflow=overflow,
            requests=tuple(url for url in asked if not url.startswith(("file:", "data:"))),
        )

    def _ask(self, method: str, params: dict[str, Any] | None = None, *, session: str = "") -> dict[str, Any]:
        self._serial += 1
        message: dict[str, Any] = {"id": self._serial, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if "id" not in answer:
                self._events.append(answer)
            elif answer["id"] == self._serial:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            piece = os.read(self._read, 1 << 20)
            if not piece:
                raise RuntimeError("the browser went away")
            self._buffer += piece
        message, self._buffer = self._buffer.split(b"\0", 1)
        return dict(json.loads(message))
