"""Tokens, quotas, rids, addresses (4.1, 4.2, 1.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from bot.sandbox.clock import day_of, month_of
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import ENDPOINTS, UNLIMITED, Desk, Fields, endpoint, limit_of, ok
from bot.sandbox.limits_table import counter
from bot.sandbox.tokens import admit
from bot.sandbox.world import World

CLEARS_A_MONTH = 10
MOST_TOLD = 5_000_000  # what the quota of an unlimited call is told as
RID_LIFE = timedelta(days=7)
_RID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}")


def _check_account(world: World, appid: object, secret: object) -> None:
    if not appid:
        raise PlatformError(41002)
    if not secret:
        raise PlatformError(41004)
    if appid != world.config.appid:
        raise PlatformError(40013)
    if secret != world.config.appsecret:
        raise PlatformError(world.config.switches.wrong_secret_code)


def _check_grant(desk: Desk, fields: Mapping[str, object]) -> None:
    if fields.get("grant_type") != "client_credential":
        raise PlatformError(40002)
    _check_account(desk.world, fields.get("appid"), fields.get("secret"))
    admit(desk.world, desk.call.client_ip)


@endpoint("GET", "/cgi-bin/token", token=False)
def token(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    _check_grant(desk, query)
    text, seconds = desk.world.tokens.plain(desk.world.clock())
    return {"access_token": text, "expires_in": seconds}


@endpoint("POST", "/cgi-bin/stable_token", token=False, a_minute=10_000)
def stable_token(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    _check_grant(desk, body)
    force = body.get("force_refresh") is True
    text, seconds = desk.world.tokens.stable(desk.world.clock(), force)
    return {"access_token": text, "expires_in": seconds}


# --- quotas ------------------------------------------------------------------------------------


def _path(body: Fields) -> str:
    """The call that a quota call is about. 76021 none of ours, 76022 one of web authorization."""
    path = str(body.get("cgi_path", ""))
    if path.startswith("/sns/"):
        raise PlatformError(76022)
    if path not in ENDPOINTS:
        raise PlatformError(76021)
    return path


@endpoint("POST", "/cgi-bin/openapi/quota/get")
def quota(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    path = _path(body)
    limit = min(limit_of(desk.world, path), MOST_TOLD)
    used = desk.world.used[(counter(path), day_of(desk.world.clock()))]
    a_minute = ENDPOINTS[path].a_minute
    slow = a_minute < UNLIMITED
    return ok(
        quota={"daily_limit": limit, "used": used, "remain": max(limit - used, 0)},
        rate_limit={"call_count": a_minute if slow else 0, "refresh_second": 60 if slow else 0},
        component_rate_limit={"call_count": 0, "refresh_second": 0},
    )


def _clear(world: World, path: str = "") -> Fields:
    """Forgets the day's calls, of one path or of all; ten times a month, whichever way."""
    month = ("clear_quota", month_of(world.clock()))
    if world.used[month] >= CLEARS_A_MONTH:
        raise PlatformError(48006)
    today = day_of(world.clock())
    for key in [key for key in world.used if key[1] == today and path in ("", key[0])]:
        del world.used[key]
    world.used[month] += 1
    return ok()


@endpoint("POST", "/cgi-bin/clear_quota")
def clear_quota(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    if body.get("appid") != desk.world.config.appid:
        raise PlatformError(40013)
    return _clear(desk.world)


@endpoint("POST", "/cgi-bin/clear_quota/v2", token=False)
def clear_quota_by_secret(desk: Desk, query: Mapping[str, str], body: Fields) -> Fields:
    """The account in the body or, as the official example has it, in the query."""
    fields = {**query, **body}
    _check_account(desk.world, fields.get("appid"), fields.get("appsecret"))
    return _clear(desk.world)


@endpoint("POST", "/cgi-bin/openapi/quota/clear")
def clear_one_quota(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    return _clear(desk.world, counter(_path(body)))


@endpoint("POST", "/cgi-bin/openapi/rid/get")
def rid(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """The refused call behind a rid. A world knows its own account's rids alone."""
    asked, world = body.get("rid"), desk.world
    if not isinstance(asked, str) or not _RID.fullmatch(asked):
        raise PlatformError(76002)
    if (known := world.rids.get(asked)) is None:
        raise PlatformError(76001)
    if known["invoke_time"] <= (world.clock() - RID_LIFE).timestamp():
        raise PlatformError(76004)
    return ok(request=known)


# --- addresses ---------------------------------------------------------------------------------


@endpoint("GET", "/cgi-bin/getcallbackip")
def callback_addresses(_desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    return {"ip_list": ["127.0.0.1", "127.0.0.0/30"]}


@endpoint("GET", "/cgi-bin/get_api_domain_ip")
def api_addresses(_desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    return {"ip_list": ["127.0.0.1"]}


@endpoint("POST", "/cgi-bin/callback/check")
def callback_check(_desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    action = body.get("action")
    if action not in ("all", "dns", "ping"):
        raise PlatformError(40035)
    operator = body.get("check_operator", "DEFAULT")
    if operator not in ("DEFAULT", "CHINANET", "UNICOM", "CAP"):
        raise PlatformError(40035)
    dns = [{"ip": "127.0.0.1", "real_operator": operator}]
    ping = [{"ip": "127.0.0.1", "from_operator": operator, "package_loss": "0%", "time": "0.100ms"}]
    answer: Fields = {}
    if action in ("all", "dns"):
        answer["dns"] = dns
    if action in ("all", "ping"):
        answer["ping"] = ping
    return answer
