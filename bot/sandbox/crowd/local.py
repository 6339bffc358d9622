"""A browser and a till for a program in this process: a WSGI application, without a socket."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from werkzeug.test import Client
from werkzeug.wrappers import Response

from bot.sandbox.crowd.visitor import AGENT, LARGEST_PAGE, Visit, read_notices, read_page

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

logger = logging.getLogger(__name__)

REDIRECTS = 10
_HEADERS = {"User-Agent": AGENT, "Accept-Language": "zh-CN,zh;q=0.9"}


class LocalWeb:
    """All addresses lead to this one application."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def visit(self, link: str, wants: bool, openid: str = "", platform: str = "") -> Visit:
        """Opens the link; submits its claim form when `wants`. Never raises.

        The platform's own pages are not here: who holds the phone is told to nobody.
        """
        try:
            return self._visit(Client(self._application, Response), link, wants)
        except Exception as error:  # whatever the program does, a follower sees no page
            logger.warning("in-process visit failed link=%s error=%s", link, error)
            return Visit(0)

    def _visit(self, browser: Client, link: str, wants: bool) -> Visit:
        link, landed = _landed(browser, link)
        html = _html(landed)
        form, code = read_page(html)
        notices = read_notices(html)
        if form is None or not wants:
            return Visit(landed.status_code, form is not None, False, code, notices)
        target = urljoin(link, form.action or link)
        if urlsplit(target).scheme not in ("http", "https"):
            return Visit(landed.status_code, True, notices=notices)
        headers = {**_HEADERS, "Referer": link}
        if form.method == "get":
            page = browser.get(
                target, query_string=form.fields, headers=headers, follow_redirects=True
            )
        else:
            page = browser.post(target, data=form.fields, headers=headers, follow_redirects=True)
        _, code = read_page(_html(page))
        return Visit(page.status_code, True, page.status_code < 400 and bool(code), code, notices)

    def redeem(self, shop_url: str, key: str, code: str, order: str, amount_fen: int) -> int:
        """The HTTP status, 0 for no answer. Never raises."""
        try:
            answer = Client(self._application, Response).post(
                f"{shop_url.rstrip('/')}/api/v1/coupons/redeem",
                json={"code": code, "order_number": order, "amount_fen": amount_fen},
                headers={"Authorization": f"Bearer {key}"},
            )
            return int(answer.status_code)
        except Exception as error:
            logger.warning("in-process till failed error=%s", error)
            return 0


def _landed(browser: Client, link: str) -> tuple[str, Response]:
    """Where the redirects lead, and what is there."""
    for _ in range(REDIRECTS):
        answer = browser.get(link, headers=_HEADERS)
        if answer.status_code not in (301, 302, 303, 307, 308) or not answer.location:
            return link, answer
        link = urljoin(link, answer.location)
    raise ValueError("too many redirects")


def _html(answer: Response) -> str:
    if "html" not in (answer.content_type or ""):
        return ""
    return answer.get_data()[:LARGEST_PAGE].decode("utf-8", "replace")
