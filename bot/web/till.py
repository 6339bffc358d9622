"""The till's page: a shop's staff look at a coupon, redeem it, and take a mistake back.

Everything works by plain forms, as a scanner types the code and presses Enter. In WeChat's own
browser the camera scans, too, by the platform's JS-SDK; where that cannot be had, the field stays.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, abort, make_response, render_template, request

from bot.coupon import tills, words
from bot.coupon.codes import in_fours
from bot.coupon.redeeming import UNDO_WITHIN
from bot.errors import Conflict, GatewayError, InvalidInput, NotFound
from bot.i18n import t
from bot.store.coupon_tills import Till
from bot.store.coupons import Coupon
from bot.values.coupons import Kind
from bot.values.money import fen_of, yuan
from bot.web import metrics
from bot.web.services import services

logger = logging.getLogger(__name__)
views = Blueprint("till", __name__, url_prefix="/h5/till")
LONGEST_CODE = 64
LONGEST_YUAN = 12
SDK = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js"
_CSP = (
    "default-src 'self'; script-src 'self' https://res.wx.qq.com; img-src 'self' data:;"
    " object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


@dataclass(frozen=True)
class Shown:
    """A coupon in finished words."""

    title: str
    value: str
    rule: str
    places: str
    wants_basket: bool

    @classmethod
    def of(cls, found: Coupon, lang: str) -> Shown:
        terms = found.terms
        return cls(
            found.title,
            words.value(terms, lang),
            words.condition(terms, lang),
            words.places(terms, lang),
            bool(terms.threshold_fen) or terms.kind == Kind.DISCOUNT,
        )


@views.get("/<token>")
def show(token: str) -> Response:
    """The empty till. Looking changes nothing."""
    return _page(_till(token), token)


@views.post("/<token>/look")
def look(token: str) -> Response:
    """What a code is worth, and whether it can be used here and now."""
    till, now = _posting(token), services().clock()
    code = _field("code", LONGEST_CODE)
    if not code:
        return _page(till, token, said=t("till.no_code", _lang()), bad=True)
    found = tills.seen(till, code, now)
    if found.outcome is not None or found.coupon is None:
        shown = Shown.of(found.coupon, _lang()) if found.coupon else None
        said = words.outcome(found.outcome or "unknown", _lang())
        return _page(till, token, coupon=shown, said=said, bad=True)
    return _page(till, token, coupon=Shown.of(found.coupon, _lang()), code=code)


@views.post("/<token>/redeem")
def redeem(token: str) -> Response:
    """Use it up. The same code with the same order again: the same answer."""
    till, now = _posting(token), services().clock()
    code, order = _field("code", LONGEST_CODE), _field("order", 64)
    try:
        basket = _fen(_field("basket", LONGEST_YUAN))
    except InvalidInput:
        return _page(till, token, said=t("till.bad_amount", _lang()), bad=True)
    done = tills.redeem_at(till, code, order, basket, now)
    metrics.redemptions.labels(done.outcome).inc()
    said = words.outcome(done.outcome, _lang())
    shown = Shown.of(done.coupon, _lang()) if done.coupon else None
    if not done.ok:
        return _page(till, token, coupon=shown, said=said, bad=True)
    if not done.first:  # the form was sent twice, or somebody shows the code again
        said = t("till.repeated", _lang())
    elif done.discount_fen:
        said += t("till.took_off", _lang(), yuan=yuan(done.discount_fen))
    use_id = done.use_id if _fresh(done.coupon, now) else None
    return _page(till, token, coupon=shown, said=said, bad=not done.first, undo=use_id)


@views.post("/<token>/undo")
def undo(token: str) -> Response:
    """Take back what this till redeemed a moment ago."""
    till = _posting(token)
    number = _field("use", 18)
    try:
        if not number.isdecimal():
            raise NotFound("no number")
        tills.undo_at(till, int(number), services().clock())
    except (NotFound, Conflict):
        return _page(till, token, said=t("till.too_late", _lang()), bad=True)
    return _page(till, token, said=t("till.undone", _lang()))


def _fresh(found: Coupon | None, now: datetime) -> bool:
    at = found.redeemed_at if found else None
    return at is not None and now - at <= UNDO_WITHIN


# --- who asks ----------------------------------------------------------------------------------


def _till(token: str) -> Till:
    till = tills.till_of(token, services().clock())
    if till is None:
        abort(404)
    return till


def _posting(token: str) -> Till:
    """The same for a post of our own form: 403 for one from elsewhere, 429 for too many."""
    till, now = _till(token), services().clock()
    elsewhere = request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
    if elsewhere or not tills.is_own_form(request.form.get("form", ""), till, now):
        abort(403, t("me.stale", _lang()))
    if tills.waits(till, now):
        logger.warning("till waits till=%d", till.id)
        abort(429, t("till.wait", _lang()))
    return till


def _field(name: str, longest: int) -> str:
    value = request.form.get(name, "").strip()
    if len(value) > longest:
        raise InvalidInput(f"at most {longest} characters", name)
    return value


def _fen(text: str) -> int | None:
    """Yuan as typed, "45.5" or "¥45.50"; "" is None. Raises InvalidInput."""
    if not text.strip("¥￥元 "):
        return None
    try:
        fen = fen_of(text)
    except ValueError:
        fen = -1
    if fen < 0:
        raise InvalidInput("an amount like 45.50", "basket")
    return fen


def _lang() -> str:
    return "en" if request.args.get("lang") == "en" else "zh"


# --- the page ----------------------------------------------------------------------------------


def _page(
    till: Till,
    token: str,
    *,
    coupon: Shown | None = None,
    code: str = "",
    said: str = "",
    bad: bool = False,
    undo: int | None = None,
) -> Response:
    def w(key: str, **values: object) -> str:
        return t(f"till.{key}", _lang(), **values)

    scan = _scan()
    answer = make_response(
        render_template(
            "h5/till.html", w=w, lang=_lang(), here=f"/h5/till/{token}", shop=till.shop,
            form=tills.form_token(till, services().clock()), coupon=coupon, code=code,
            code_shown=in_fours(code), said=said, bad=bad, undo=undo, scan=scan, sdk=SDK,
        )
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    if scan:
        answer.headers["Content-Security-Policy"] = _CSP
    return answer


def _scan() -> dict[str, str] | None:
    """What wx.config wants, in WeChat's own browser; None elsewhere, and without a ticket."""
    if "MicroMessenger" not in request.user_agent.string:
        return None
    house = services()
    account = house.account_of("default")
    try:
        ticket = house.client_of(account.id).jsapi_ticket()
    except GatewayError:
        logger.warning("no ticket for scanning account=%d", account.id)
        return None
    nonce, stamp = secrets.token_hex(8), str(int(house.clock().timestamp()))
    url = house.settings.public + request.full_path.rstrip("?")
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={stamp}&url={url}"
    signature = hashlib.sha1(text.encode()).hexdigest()  # the platform's own algorithm
    return {"appid": account.appid, "nonce": nonce, "stamp": stamp, "signature": signature}
