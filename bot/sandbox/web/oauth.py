"""Pages of the platform that a follower meets in the browser: consent, one-time subscription.

Who holds the phone is named by `?as=<openid>` or a cookie `as`, else it is the human's own. What
the form of a page sends back is only the page's ticket and the choice: nothing that a program
wrote into the address is taken from the browser a second time.
"""

from __future__ import annotations

import ipaddress
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlencode, urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bot.sandbox.api.oauth import BASE, SCOPES, web_code
from bot.sandbox.api.subscriptions import LAST_SCENE, ONE_TIME_TEMPLATE, subscribe_once
from bot.sandbox.config import SandboxConfig
from bot.sandbox.people import ME, Person
from bot.sandbox.platform import Platform
from bot.sandbox.rights import may
from bot.sandbox.web.control_guard import refusal
from bot.sandbox.world import World

STATE_BYTES = 128
WAITING = 1000  # opened pages that may still be answered
AUTOMATIC = ("allow", "deny", "snapshot")  # `?auto=`: the page answers itself
# form-action holds for redirects after a form too: where the page leads is added to it.
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'{target}; frame-ancestors 'none'"
)
_STATE = re.compile(r"[A-Za-z0-9]*")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


class Refused(Exception):
    """The platform's own error page instead of the one that was asked for."""

    def __init__(self, number: int, words: str) -> None:
        super().__init__(f"{number}: {words}")
        self.number = number
        self.words = words


@dataclass(frozen=True)
class Asked:
    """An opened page. `back` are the parameters that the program gets back whatever is chosen."""

    openid: str
    target: str
    back: Mapping[str, str]
    scope: str = ""
    scene: int = 0


@dataclass
class Opened:
    """Pages that wait for an answer, by ticket; each is answered once."""

    waiting: OrderedDict[str, Asked] = field(default_factory=OrderedDict)

    def add(self, world: World, asked: Asked) -> str:
        ticket = world.ids.urlsafe(18)
        self.waiting[ticket] = asked
        if len(self.waiting) > WAITING:
            self.waiting.popitem(last=False)
        return ticket

    def take(self, ticket: str) -> Asked:
        if ticket not in self.waiting:
            raise Refused(10014, "页面已失效，请返回重试")
        return self.waiting.pop(ticket)


# --- the rules, without a browser ----------------------------------------------------------------


def safe_target(config: SandboxConfig, address: str) -> str:
    """The address where its domain is one of the account's, or this machine. Raises Refused."""
    wrong = Refused(10003, "redirect_uri域名与后台配置不一致")
    if _UNSAFE.search(address):
        raise wrong
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or "%" in parts.netloc:
        raise wrong
    if host not in _domains(config) and not _is_here(host):
        raise wrong
    return address


def _domains(config: SandboxConfig) -> set[str]:
    hosts = (urlsplit(url).hostname for url in (config.callback_url, config.shop_url))
    return {host for host in hosts if host}


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def address(target: str, back: Mapping[str, str]) -> str:
    """The target with more parameters; its own and its fragment stay."""
    parts = urlsplit(target)
    query = "&".join(filter(None, (parts.query, urlencode(back))))
    whole = SplitResult(parts.scheme, parts.netloc, parts.path or "/", query, parts.fragment)
    return whole.geturl()


def authorisation(config: SandboxConfig, query: Mapping[str, str], person: Person) -> Asked:
    """What /connect/oauth2/authorize asks for. Raises Refused with the number of its page."""
    for name, number in (("appid", 10012), ("scope", 10010), ("redirect_uri", 10011)):
        if not query.get(name):
            raise Refused(number, f"{name}不能为空")
    if query["appid"] != config.appid:
        raise Refused(10016, "请使用公众号AppID")
    if query["scope"] not in SCOPES or not may(config.kind, "oauth"):
        raise Refused(10005, "该公众号没有这些scope的权限")
    if query.get("response_type") != "code":
        raise Refused(10008, "参数错误：response_type")
    target = safe_target(config, query["redirect_uri"])
    state = query.get("state", "")
    strict = config.switches.strict_state and not _STATE.fullmatch(state)
    if len(state.encode()) > STATE_BYTES or strict:
        raise Refused(10008, "参数错误：state")
    if config.kind == "test" and not person.subscribed:
        raise Refused(10006, "必须关注此测试号")
    return Asked(person.openid, target, {"state": state}, query["scope"])


def subscription(config: SandboxConfig, query: Mapping[str, str], person: Person) -> Asked:
    """What /mp/subscribemsg asks for. Raises Refused."""
    if query.get("action") != "get_confirm":
        raise Refused(10008, "参数错误：action")
    if query.get("appid") != config.appid:
        raise Refused(10016, "请使用公众号AppID")
    if not may(config.kind, "subscribe_once"):
        raise Refused(10005, "该公众号没有一次性订阅消息的权限")
    scene = query.get("scene", "")
    if not re.fullmatch(r"[0-9]{1,5}", scene) or int(scene) > LAST_SCENE:
        raise Refused(10008, f"参数错误：scene应为0到{LAST_SCENE}")
    if query.get("template_id") != ONE_TIME_TEMPLATE:
        raise Refused(10008, "参数错误：template_id")
    target = safe_target(config, query.get("redirect_url", ""))
    reserved = query.get("reserved", "")
    if len(reserved.encode()) > STATE_BYTES:
        raise Refused(10008, "参数错误：reserved")
    back = {"template_id": ONE_TIME_TEMPLATE, "scene": scene, "reserved": reserved}
    return Asked(person.openid, target, {"openid": person.openid, **back}, scene=int(scene))


def authorised(world: World, asked: Asked, choice: str) -> str:
    """Where the browser goes after the choice; who refuses comes back without a code."""
    if choice == "deny":
        return address(asked.target, asked.back)
    person = world.people[asked.openid]
    code = web_code(world, person, asked.scope, snapshot=choice == "snapshot")
    return address(asked.target, {"code": code, **asked.back})


def subscribed(world: World, asked: Asked, confirmed: bool) -> str:
    subscribe_once(world, world.people[asked.openid], asked.scene, confirmed)
    return address(asked.target, {**asked.back, "action": "confirm" if confirmed else "cancel"})


# --- the pages -----------------------------------------------------------------------------------


def _holder(world: World) -> Person:
    openid = request.args.get("as") or request.cookies.get("as") or ME
    person = world.people.get(openid)
    if person is None:
        raise Refused(10008, "没有这位粉丝")
    return person


def _page(name: str, world: World, asked: Asked) -> Response:
    """A page to choose on; its form may lead to the program that sent the person here."""
    ticket = world.room(Opened).add(world, asked)
    parts = urlsplit(asked.target)
    response = make_response(
        render_template(
            name,
            ticket=ticket,
            person=world.people[asked.openid],
            account=world.config.original_id,
            site=parts.netloc,
        )
    )
    policy = POLICY.format(target=f" {parts.scheme}://{parts.netloc}")
    response.headers["Content-Security-Policy"] = policy
    return response


def pages(platform: Platform) -> Blueprint:
    blueprint = Blueprint("oauth", __name__)
    world, config = platform.world, platform.config

    @blueprint.before_request
    def known() -> tuple[str, int] | None:
        """Whoever opens these pages acts for a follower."""
        host, sender = request.headers.get("Host", ""), request.remote_addr or ""
        reason = refusal(host, sender, config.trusted_hosts)
        return (reason, 403) if reason else None

    @blueprint.after_request
    def guard(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY.format(target=""))
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.errorhandler(Refused)
    def refused(error: Refused) -> tuple[str, int]:
        return render_template("refused.html", number=error.number, words=error.words), 400

    @blueprint.get("/connect/oauth2/authorize")
    def authorize() -> AnyResponse:
        """snsapi_base goes back at once; snsapi_userinfo asks, unless `auto` has the answer."""
        with world.lock:
            asked = authorisation(config, request.args, _holder(world))
            choice = request.args.get("auto", "")
            if choice in AUTOMATIC and not (choice == "deny" and asked.scope == BASE):
                return redirect(authorised(world, asked, choice))
            if asked.scope == BASE:
                return redirect(authorised(world, asked, "allow"))
            return _page("consent.html", world, asked)

    @blueprint.post("/connect/oauth2/authorize")
    def consented() -> AnyResponse:
        choice = request.form.get("choice", "")
        with world.lock:
            asked = world.room(Opened).take(request.form.get("ticket", ""))
            if not asked.scope or choice not in AUTOMATIC:
                raise Refused(10008, "参数错误：choice")
            return redirect(authorised(world, asked, choice), 303)

    @blueprint.get("/mp/subscribemsg")
    def subscribe() -> AnyResponse:
        with world.lock:
            asked = subscription(config, request.args, _holder(world))
            choice = request.args.get("auto", "")
            if choice in ("allow", "deny"):
                return redirect(subscribed(world, asked, choice == "allow"))
            return _page("subscribe.html", world, asked)

    @blueprint.post("/mp/subscribemsg")
    def answered() -> AnyResponse:
        choice = request.form.get("choice", "")
        with world.lock:
            asked = world.room(Opened).take(request.form.get("ticket", ""))
            if asked.scope or choice not in ("allow", "deny"):
                raise Refused(10008, "参数错误：choice")
            return redirect(subscribed(world, asked, choice == "allow"), 303)

    return blueprint
