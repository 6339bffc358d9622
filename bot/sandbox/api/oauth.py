"""Web authorisation (4.16) and mini-program log-in (5).

The tokens made here open `/sns` only: the API's own tokens are another family. Answers of `/sns`
are JSON that calls itself text/plain, as the platform's do.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, ok
from bot.sandbox.people import Person
from bot.sandbox.world import World

Kept = TypeVar("Kept")
BASE, USERINFO = "snsapi_base", "snsapi_userinfo"
SCOPES = (BASE, USERINFO)
CODE_LIFE = timedelta(minutes=5)
TOKEN_LIFE = timedelta(seconds=7200)
REFRESH_LIFE = timedelta(days=30)
LOGINS_A_MINUTE = 100
KEPT = 20_000  # codes and sessions of each kind; older ones are as unknown as if they never were
NICKNAME = "微信用户"  # what an account sees of everybody
PORTRAIT = "https://thirdwx.qlogo.cn/mmopen/vi_32/sandbox0000000000000000000000000000000000/132"


@dataclass
class Code:
    """`openid` is whose it is for the program; in a snapshot page (快照页) nobody's."""

    person: str
    openid: str
    scope: str
    made_at: datetime
    snapshot: bool = False
    used: bool = False


@dataclass
class Session:
    """One authorisation: its tokens, and until when."""

    code: Code
    access: str
    access_until: datetime
    refresh: str
    refresh_until: datetime


@dataclass
class Logins:
    """Codes by their text: of web pages, of mini-programs, for a phone number."""

    web: dict[str, Code] = field(default_factory=dict)
    mini: dict[str, Code] = field(default_factory=dict)
    phone: dict[str, tuple[Code, str]] = field(default_factory=dict)
    by_access: dict[str, Session] = field(default_factory=dict)
    by_refresh: dict[str, Session] = field(default_factory=dict)
    risky: set[str] = field(default_factory=set)  # openids that may not log in


# --- what people and their phones do -------------------------------------------------------------


def web_code(world: World, person: Person, scope: str = BASE, snapshot: bool = False) -> str:
    """The code of a web authorisation that `person` gave, or that a snapshot page got instead.

    Raises ValueError for a scope that is none.
    """
    if scope not in SCOPES:
        raise ValueError(f"scope: wants {' or '.join(SCOPES)}")
    with world.lock:
        openid = _nobody(world, person) if snapshot else person.openid
        text = world.ids.urlsafe(24)
        _keep(
            world.room(Logins).web,
            text,
            Code(person.openid, openid, scope, world.clock(), snapshot),
        )
        return text


def js_code(world: World, person: Person) -> str:
    """What wx.login gives to a mini-program."""
    with world.lock:
        text = f"0{world.ids.hex(16)[:31]}"
        code = Code(person.openid, person.openid, "", world.clock())
        _keep(world.room(Logins).mini, text, code)
        return text


def phone_code(world: World, person: Person, number: str = "") -> str:
    """What the phone-number button gives to a mini-program. "": a number of the person's own."""
    with world.lock:
        digits = int(hashlib.sha256(person.openid.encode()).hexdigest(), 16) % 10**8
        text = world.ids.hex(32)
        code = Code(person.openid, person.openid, "", world.clock())
        _keep(world.room(Logins).phone, text, (code, number or f"138{digits:08}"))
        return text


def mark_risky(world: World, person: Person, risky: bool = True) -> None:
    """The platform thinks the person a risk: log-ins meet 40226."""
    with world.lock:
        marked = world.room(Logins).risky
        if risky:
            marked.add(person.openid)
        else:
            marked.discard(person.openid)


def _nobody(world: World, person: Person) -> str:
    """The virtual user of a snapshot page: an openid that is no follower's."""
    seed = f"snapshot:{world.config.appid}:{person.openid}"
    digest = hashlib.sha256(seed.encode()).digest()
    return f"o{base64.urlsafe_b64encode(digest).decode()[:27]}"


def _keep(known: dict[str, Kept], text: str, value: Kept) -> None:
    known[text] = value
    if len(known) > KEPT:
        del known[next(iter(known))]


# --- web pages -----------------------------------------------------------------------------------


def _check_account(world: World, query: Mapping[str, str]) -> None:
    if not query.get("appid"):
        raise PlatformError(41002)
    if not query.get("secret"):
        raise PlatformError(41004)
    if query["appid"] != world.config.appid:
        raise PlatformError(40013)
    if query["secret"] != world.config.appsecret:
        raise PlatformError(world.config.switches.wrong_secret_code)


def _check_grant(query: Mapping[str, str], grant: str) -> None:
    if query.get("grant_type") != grant:
        raise PlatformError(40002)


def _redeemed(code: Code | None, now: datetime, expired: int) -> Code:
    """The code, from now on used. 40029 unknown, 40163 used, `expired` after five minutes."""
    if code is None:
        raise PlatformError(40029)
    if code.used:
        raise PlatformError(40163)
    if now - code.made_at >= CODE_LIFE:
        raise PlatformError(expired)
    code.used = True
    return code


@endpoint("GET", "/sns/oauth2/access_token", token=False, right="oauth")
def web_token(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    world, room = desk.world, desk.world.room(Logins)
    _check_account(world, query)
    if not query.get("code"):
        raise PlatformError(41008)
    _check_grant(query, "authorization_code")
    now = world.clock()
    code = _redeemed(room.web.get(query["code"]), now, 42003)
    access, refresh = _token(world), _token(world)
    session = Session(code, access, now + TOKEN_LIFE, refresh, now + REFRESH_LIFE)
    _keep(room.by_access, access, session)
    _keep(room.by_refresh, refresh, session)
    return _told(world, session, now)


def _token(world: World) -> str:
    return f"92_{world.ids.urlsafe(64)}"


def _told(world: World, session: Session, now: datetime) -> Fields:
    """The unionid comes with snsapi_userinfo only; a snapshot page's nobody has none."""
    code = session.code
    answer: Fields = {
        "access_token": session.access,
        "expires_in": int((session.access_until - now).total_seconds()),
        "refresh_token": session.refresh,
        "openid": code.openid,
        "scope": code.scope,
    }
    if code.snapshot:
        answer["is_snapshotuser"] = 1
    elif code.scope == USERINFO:
        answer["unionid"] = world.people[code.person].unionid
    return answer


@endpoint("GET", "/sns/oauth2/refresh_token", token=False, right="oauth")
def refresh(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    """A living access token lives 7,200 s from now; a dead one is replaced. 30 days long."""
    world, room = desk.world, desk.world.room(Logins)
    if query.get("appid") != world.config.appid:
        raise PlatformError(40013 if query.get("appid") else 41002)
    _check_grant(query, "refresh_token")
    if not query.get("refresh_token"):
        raise PlatformError(41003)
    session, now = room.by_refresh.get(query["refresh_token"]), world.clock()
    if session is None:
        raise PlatformError(40030)
    if now >= session.refresh_until:
        raise PlatformError(42002)
    if now >= session.access_until:
        session.access = _token(world)
        _keep(room.by_access, session.access, session)
    session.access_until = now + TOKEN_LIFE
    return {name: text for name, text in _told(world, session, now).items() if name != "unionid"}


def _session(world: World, query: Mapping[str, str]) -> Session:
    """41001, 40001 unknown or replaced, 42001 expired; 41009 and 40003 for the openid."""
    access = query.get("access_token")
    if not access:
        raise PlatformError(41001)
    session = world.room(Logins).by_access.get(access)
    if session is None or session.access != access:
        raise PlatformError(40001)
    if world.clock() >= session.access_until:
        raise PlatformError(42001)
    if not query.get("openid"):
        raise PlatformError(41009)
    if query["openid"] != session.code.openid:
        raise PlatformError(40003)
    return session


@endpoint("GET", "/sns/auth", token=False, right="oauth")
def check_token(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    _session(desk.world, query)
    return ok()


@endpoint("GET", "/sns/userinfo", token=False, right="oauth")
def user_info(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    """No true name, portrait, sex or place of anybody. 48001 for a token of snsapi_base."""
    code = _session(desk.world, query).code
    if code.scope != USERINFO:
        raise PlatformError(48001)
    answer: Fields = {
        "openid": code.openid,
        "nickname": NICKNAME,
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": PORTRAIT,
        "privilege": [],
    }
    if code.snapshot:
        answer["is_snapshotuser"] = 1
    else:
        answer["unionid"] = desk.world.people[code.person].unionid
    return answer


# --- mini-programs -------------------------------------------------------------------------------


@endpoint("GET", "/sns/jscode2session", token=False)
def js_session(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    """40226 for who is a risk, 45011 over 100 log-ins of one person in a minute."""
    world, room = desk.world, desk.world.room(Logins)
    _check_account(world, query)
    if not query.get("js_code"):
        raise PlatformError(41008)
    _check_grant(query, "authorization_code")
    code = room.mini.get(query["js_code"])
    if code is not None and code.openid in room.risky:
        raise PlatformError(40226)
    if code is not None:
        world.spend_minute(f"/sns/jscode2session {code.openid}", LOGINS_A_MINUTE)
    code = _redeemed(code, world.clock(), 40029)
    return {
        "session_key": base64.b64encode(bytes.fromhex(world.ids.hex(16))).decode(),
        "openid": code.openid,
        "unionid": world.people[code.person].unionid,
    }


@endpoint("POST", "/wxa/business/getuserphonenumber")
def phone_number(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    world = desk.world
    if not body.get("code"):
        raise PlatformError(41008)
    code, number = world.room(Logins).phone.get(str(body["code"]), (None, ""))
    _redeemed(code, world.clock(), 40029)
    watermark = {"timestamp": int(world.clock().timestamp()), "appid": world.config.appid}
    return ok(
        phone_info={
            "phoneNumber": number,
            "purePhoneNumber": number,
            "countryCode": "86",
            "watermark": watermark,
        }
    )
