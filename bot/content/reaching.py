"""Asking an address whether it leads anywhere. The only part of the linter with a network."""

from __future__ import annotations

from collections.abc import Callable

import requests

TIMEOUT = 5.0  # seconds for each of connecting and reading
_UNASKED = (403, 405, 429, 501)  # servers that refuse a HEAD, or a machine, may well show the page
_BROWSER = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 MicroMessenger/8.0"


def checker(timeout: float = TIMEOUT) -> Callable[[str], str]:
    """For `lint`: what is wrong with an address, "" for nothing: its status, or the kind of error.

    Only the header of the answer is read.
    """
    session = requests.Session()
    session.max_redirects = 5
    session.headers["User-Agent"] = _BROWSER

    def check(url: str) -> str:
        try:
            status = session.head(url, timeout=timeout, allow_redirects=True).status_code
            if status >= 400:
                with session.get(url, timeout=timeout, stream=True) as answer:
                    status = answer.status_code
        except requests.RequestException as error:
            return type(error).__name__
        return "" if status < 400 or status in _UNASKED else str(status)

    return check
