"""Follower pages. The coupon page changes nothing by being looked at: claiming is a second tap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import (
    Blueprint,
    abort,
    current_app,
    make_response,
    render_template,
    request,
    send_from_directory,
)
from markupsafe import Markup
from werkzeug.wrappers import Response

from bot import coupon, tracking
from bot.clock import SHANGHAI
from bot.coupon import words
from bot.coupon.codes import in_fours
from bot.i18n import t
from bot.values.coupons import CodeState
from bot.web.qr import inline
from bot.web.services import services

views = Blueprint("h5", __name__, url_prefix="/h5")


@dataclass(frozen=True)
class CouponPage:
    """Finished words for the template."""

    title: str
    value: str  # "20元", "8折", "兑换券"
    threshold: str  # "满100元可用", "无门槛"
    places: str  # "限门店 A1", "" everywhere and always
    expires: str  # "2026-11-28 12:00 前有效", "长期有效"
    opens: str  # "2026-11-22 12:00 起可用", "" now
    state: str  # issued, redeemed, expired ...
    code: str  # "" until claimed
    code_shown: str  # in groups of four
    qr: Markup | str
    in_wallet: bool

    @classmethod
    def of(cls, seen: coupon.CouponView, now: datetime) -> CouponPage:
        shows = seen.claimed and seen.state == CodeState.ISSUED and not seen.in_wallet
        code = seen.code if seen.claimed and not seen.in_wallet else ""
        opens = seen.valid_from if seen.valid_from and seen.valid_from > now else None
        return cls(
            title=seen.title,
            value=words.value(seen.terms),
            threshold=words.condition(seen.terms),
            places=words.places(seen.terms),
            expires=_at("until", seen.expires_at) if seen.expires_at else t("coupon.page.always"),
            opens=_at("from", opens) if opens else "",
            state=seen.state,
            code=code,
            code_shown=in_fours(code),
            qr=inline(code, t("coupon.page.qr")) if shows else "",
            in_wallet=seen.in_wallet,
        )


@views.get("/static/<path:name>")
def static(name: str) -> Response:
    """Style sheets of the follower pages."""
    return send_from_directory(Path(current_app.template_folder or "") / "h5" / "static", name)


@views.get("/coupon/none")
def no_coupon() -> Response:
    """Where a link leads whose coupon is not to be had any more."""
    return make_response(render_template("h5/none.html"))


@views.get("/coupon/<token>")
def show_coupon(token: str) -> Response:
    """The coupon of this token, its code hidden until it was claimed."""
    return _coupon_page(_code_id(token), token)


@views.post("/coupon/<token>")
def claim_coupon(token: str) -> Response:
    """Claim it: from now on the code is shown. Doing it twice is doing it once."""
    code_id = _code_id(token)
    address = tracking.hashed_address(request.remote_addr or "")
    coupon.claim(code_id, services().clock(), address)
    return _coupon_page(code_id, token)


def _code_id(token: str) -> int:
    code_id = tracking.read_coupon(token)
    if code_id is None:
        abort(404)
    return code_id


def _coupon_page(code_id: int, token: str) -> Response:
    now = services().clock()
    page = CouponPage.of(coupon.view(code_id, now), now)
    answer = make_response(render_template("h5/coupon.html", page=page, token=token))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _at(key: str, at: datetime) -> str:
    return t(f"coupon.page.{key}", at=f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}")
