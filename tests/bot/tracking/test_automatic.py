"""Which taps are a person's: by table."""

from datetime import timedelta

import pytest

from bot.store.links import Nearby
from bot.tracking.automatic import looks_automatic

WECHAT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML)"
    " Mobile/15E148 MicroMessenger/8.0.61(0x18003d2f) NetType/4G Language/zh_CN"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; PHONE Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Version/4.0 Chrome/134.0 XWEB/1340129 MMWEBSDK/20250201 Mobile Safari/537.36"
    " MMWEBID/93 MicroMessenger/8.0.58.2841(0x28003A35) WeChat/arm64 Weixin NetType/WIFI"
)
DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/132.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20 WindowsWechat(0x63090a13)"
)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        pytest.param({}, "", id="an iPhone is a person"),
        pytest.param({"agent": ANDROID}, "", id="an Android phone too"),
        pytest.param({"agent": DESKTOP}, "", id="and WeChat for Windows"),
        pytest.param({"agent": "Mozilla/5.0 (Linux; Cubot X30)"}, "", id="a phone called Cubot"),
        pytest.param({"agent": ""}, "no_agent", id="nameless is a program"),
        pytest.param({"agent": "curl/8.5.0"}, "agent", id="curl"),
        pytest.param({"agent": "python-requests/2.32"}, "agent", id="python"),
        pytest.param({"agent": "Go-http-client/1.1"}, "agent", id="Go"),
        pytest.param(
            {"agent": "Mozilla/5.0 (compatible; Baiduspider/2.0)"}, "agent", id="a spider"
        ),
        pytest.param({"agent": "Googlebot/2.1"}, "agent", id="a bot"),
        pytest.param({"agent": WECHAT.replace("Mobile", "HeadlessChrome")}, "agent", id="headless"),
        pytest.param({"method": "HEAD"}, "head", id="a HEAD looks and does not open"),
        pytest.param(
            {"since_send": timedelta(milliseconds=299)}, "sudden", id="faster than a thumb"
        ),
        pytest.param({"since_send": timedelta(milliseconds=300)}, "", id="as fast as a thumb"),
        pytest.param({"nearby": Nearby(links=1)}, "", id="two links of a message"),
        pytest.param({"nearby": Nearby(links=2)}, "burst", id="three within two seconds"),
        pytest.param({"nearby": Nearby(followers=999)}, "", id="a carrier's shared address"),
        pytest.param(
            {"agent": "Mozilla/5.0 (X11)", "nearby": Nearby(followers=29)}, "", id="a busy office"
        ),
        pytest.param(
            {"agent": "Mozilla/5.0 (X11)", "nearby": Nearby(followers=30)},
            "burst",
            id="everybody from one address, and not by WeChat's browser",
        ),
        pytest.param({"nearby": Nearby(repeated=True)}, "repeat", id="a double tap"),
        pytest.param({"url": "/h5/honey"}, "honey", id="a link that no person sees"),
    ],
)
def test_who_taps(what, why):
    assert looks_automatic(**{"agent": WECHAT, **what}) == why
