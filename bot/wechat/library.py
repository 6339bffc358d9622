"""wechatpy's API groups over our own exchange.

wechatpy knows the platform's many endpoints and their shapes; its way of calling is not used: it
keeps the token in each process, repeats a refused call without end, has no time limits, and several
groups carry their own host. One method is overridden, and with it all of them go through
`Exchange.call`: our address, token, limits, breaker and errors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from urllib3.filepost import encode_multipart_formdata
from wechatpy.client import WeChatClient

from bot.errors import OutcomeUnknown
from bot.wechat.exchange import Exchange


class LibraryClient(WeChatClient):  # type: ignore[misc]  # wechatpy has no types
    """Use its groups: user, tag, menu, qrcode, media, draft, freepublish, template, misc."""

    def __init__(self, appid: str, exchange: Exchange) -> None:
        super().__init__(appid, "", auto_retry=False)
        self._http.close()
        self._exchange = exchange

    def fetch_access_token(self) -> None:
        raise NotImplementedError("the exchange owns the token")

    def keep(self, kind: str, filename: str, content: bytes) -> dict[str, Any]:
        """material.add of the library asks for a token by itself."""
        path, files = "/cgi-bin/material/add_material", {"media": (filename, content)}
        return dict(self._request("POST", path, params={"type": kind}, files=files))

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        """The platform's document, or what the group makes of it. Raises our GatewayErrors."""
        url = url_or_endpoint
        if not url.startswith(("https://", "/")):
            url = f"{kwargs.get('api_base_url', self.API_BASE_URL)}{url}"
        files: dict[str, Any] | None = kwargs.get("files")
        document = self._exchange.call(
            method,
            urlsplit(url).path,
            params=kwargs.get("params"),
            json=kwargs.get("data"),
            form=encode_multipart_formdata(files) if files else None,
        )
        process: Callable[[dict[str, Any]], Any] | None = kwargs.get("result_processor")
        try:
            return process(document) if process else document
        except (KeyError, TypeError):
            raise OutcomeUnknown(None, "the answer lacks what it should hold") from None
