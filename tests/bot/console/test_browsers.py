"""Browsers by name, out of what they call themselves."""

from __future__ import annotations

import pytest

from bot.console.browsers import LONGEST, kept, said

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0.0.0 Safari/537.36"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {WEBKIT}"
PIXEL = (
    f"Mozilla/5.0 (Linux; Android 14; 2203121C Build/UKQ1; wv) {WEBKIT} Version/4.0 Chrome/116.0"
)
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (f"{LINUX}) {WEBKIT} Chrome/126.0.0.0 Safari/537.36", "Chrome · Linux"),
        (WINDOWS, "Chrome · Windows"),
        (f"{WINDOWS} Edg/126.0.2592.87", "Edge · Windows"),
        (f"{MAC} Version/17.5 Safari/605.1.15", "Safari · macOS"),
        (f"{LINUX}; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox · Linux"),
        (f"{IPHONE} CriOS/126.0 Mobile/15E148 Safari/604.1", "Chrome · iOS"),
        (f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.49 Language/zh_CN", "WeChat · iOS"),
        (f"{PIXEL} MMWEBSDK/2023 MicroMessenger/8.0.40 ABI/arm64", "WeChat · Android"),
        (f"{PIXEL} Mobile Safari/537.36 wxwork/4.1.22 MicroMessenger/7.0.1", "WeCom · Android"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("a robot <b> " * 9, ("a robot <b> " * 9)[:40]),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_is_called(agent, name):
    assert said(agent) == name
    assert said(kept(agent)) == name  # in as many characters as the store has room for
    assert len(kept(agent)) <= LONGEST
