"""The only place that calls a witness, at the address that the user configured; no proxy, no redirect."""

from __future__ import annotations

import http.client
import urllib.parse

from secureprofile.errors import CannotTell, UsageError

TIMEOUT = 20.0
"""Seconds for connecting, and for each wait afterwards."""
MAX_ANSWER = 1 << 18


def check_url(url: str) -> str:
    """Return an address without its last slash; only ``https``, and ``http`` on this machine.

    Raises:
        UsageError: any other.
    """
    parts = urllib.parse.urlsplit(url)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    if not parts.hostname or not plain or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise UsageError("this is no address for a service", hint="https://HOST/PATH, without password or query")
    return url.rstrip("/")


def post(url: str, body: bytes, content_type: str) -> tuple[int, str, bytes]:
    """Send a request and return (status, content type, body) of the answer.

    Raises:
        CannotTell: nobody answers, or with too much.
    """
    parts = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
        try:
            connection.request("POST", parts.path or "/", body=body, headers={"Content-Type": content_type})
            answer = connection.getresponse()
            data = answer.read(MAX_ANSWER + 1)
            status, found = answer.status, answer.getheader("Content-Type", "")
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError):
        raise CannotTell(f"{parts.hostname} does not answer", hint="try again later; the log itself is whole") from None
    if len(data) > MAX_ANSWER:
        raise CannotTell(f"{parts.hostname} answers with more than {MAX_ANSWER} bytes", hint="check the address")
    return status, found, data
