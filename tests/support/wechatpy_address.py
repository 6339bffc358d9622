"""How wechatpy is pointed at a sandbox; docs/how-to/test-with-the-sandbox.md has the same lines."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from requests.adapters import HTTPAdapter


class ToSandbox(HTTPAdapter):
    """wechatpy writes the platform's addresses into its calls; this sends them elsewhere."""

    def __init__(self, url: str) -> None:
        self.place = urlsplit(url)
        super().__init__()

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        asked = urlsplit(request.url)
        place = (self.place.scheme, self.place.netloc, asked.path, asked.query, "")
        request.url = urlunsplit(place)
        return super().send(request, *args, **kwargs)


def point_wechatpy_at(client: Any, url: str) -> None:
    """`client`: a WeChatClient, a WeChatOAuth; whatever has a session of its own."""
    for host in ("https://api.weixin.qq.com/", "https://mp.weixin.qq.com/"):
        client._http.mount(host, ToSandbox(url))
