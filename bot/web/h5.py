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
    send_from_directory,
)
from werkzeug.wrappers import Response

from bot import coupon, tracking
from bot.clock import SHANGHAI
from bot.web.services import services

views = Blueprint("h5", __name__, url_prefix="/h5")


@dataclass(frozen=True)
class CouponPage:
    """Finished words for the template."""

    title: str
    value: str  # "20元"
    threshold: str  # "满100元可用", "无门槛"
    expires: str  # "2026-11-28 12:00 前有效", "长期有效"
    state: str  # issued, redeemed, expired ...
    code: str  # "" until claimed

    @classmethod
    def of(cls, seen: coupon.CouponView) -> CouponPage:
        return cls(
            title=seen.title,
            value=_yuan(seen.face_value_fen),
            threshold=f"满{_yuan(seen.threshold_fen)}可用" if seen.threshold_fen else "无门槛",
            expires=_until(seen.expires_at),
            state=seen.state,
            code=seen.code if seen.claimed else "",
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
    coupon.claim(code_id, services().clock())
    return _coupon_page(code_id, token)


def _code_id(token: str) -> int:
    code_id = tracking.read_coupon(token)
    if code_id is None:
        abort(404)
    return code_id


def _coupon_page(code_id: int, token: str) -> Response:
    page = CouponPage.of(coupon.view(code_id, services().clock()))
    answer = make_response(render_template("h5/coupon.html", page=page, token=token))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _yuan(fen: int) -> str:
    whole, rest = divmod(fen, 100)
    return f"{whole}元" if not rest else f"{whole}.{rest:02d}元"


def _until(expires_at: datetime | None) -> str:
    if expires_at is None:
        return "长期有效"
    return f"{expires_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 前有效"
