"""Tokens, quotas, addresses (4.1, 4.2, 1.5)."""

from __future__ import annotations

from collections.abc import Mapping

from bot.sandbox.clock import day_of, month_of
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import ENDPOINTS, UNLIMITED, Desk, Fields, endpoint, ok
from bot.sandbox.world import World

CLEARS_A_MONTH = 10


def _check_account(world: World, fields: Mapping[str, object], grant: str) -> None:
    if fields.get("grant_type") != grant:
        raise PlatformError(40002)
    if not fields.get("appid"):
        raise PlatformError(41002)
    if not fields.get("secret"):
        raise PlatformError(41004)
    if fields["appid"] != world.config.appid:
        raise PlatformError(40013)
    if fields["secret"] != world.config.appsecret:
        raise PlatformError(40125)


def _token(desk: Desk, fields: Mapping[str, str], _body: Fields) -> Fields:
    _check_account(desk.world, fields, "client_credential")
    text, seconds = desk.world.tokens.plain(desk.world.clock())
    return {"access_token": text, "expires_in": seconds}


@endpoint("GET", "/cgi-bin/token", 2000, token=False)
def token(desk: Desk, query: Mapping[str, str], body: Fields) -> Fields:
    return _token(desk, query, body)


@endpoint("POST", "/cgi-bin/stable_token", 500_000, token=False)
def stable_token(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    _check_account(desk.world, body, "client_credential")
    force = body.get("force_refresh") is True
    text, seconds = desk.world.tokens.stable(desk.world.clock(), force)
    return {"access_token": text, "expires_in": seconds}


@endpoint("POST", "/cgi-bin/openapi/quota/get")
def quota(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    path = str(body.get("cgi_path", ""))
    if path not in ENDPOINTS:
        raise PlatformError(40035)
    limit = min(ENDPOINTS[path].limit, 5_000_000)
    used = desk.world.used[(path, day_of(desk.world.clock()))]
    return ok(
        quota={"daily_limit": limit, "used": used, "remain": limit - used},
        rate_limit={"call_count": 0, "refresh_second": 0},
    )


@endpoint("POST", "/cgi-bin/clear_quota")
def clear_quota(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    world = desk.world
    if body.get("appid") != world.config.appid:
        raise PlatformError(40013)
    month = ("clear_quota", month_of(world.clock()))
    if world.used[month] >= CLEARS_A_MONTH:
        raise PlatformError(48006)
    today = day_of(world.clock())
    for path, found in ENDPOINTS.items():
        if found.limit < UNLIMITED:
            world.used.pop((path, today), None)
    world.used[month] += 1
    return ok()


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
    dns = [{"ip": "127.0.0.1", "real_operator": "DEFAULT"}]
    ping = [
        {"ip": "127.0.0.1", "from_operator": "DEFAULT", "package_loss": "0%", "time": "0.100ms"}
    ]
    answer: Fields = {}
    if action in ("all", "dns"):
        answer["dns"] = dns
    if action in ("all", "ping"):
        answer["ping"] = ping
    return answer
