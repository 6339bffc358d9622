"""Human agents: their accounts, invitations and pictures (客服管理)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.sandbox.agents import Agents, refusal
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, Upload, endpoint, ok
from bot.sandbox.sessions import Agent, Invitation, Service
from bot.sandbox.world import World

MOST_AGENTS = 100
PREFIX_LENGTH, ACCOUNT_LENGTH = 10, 30
NICKNAME_LENGTH, OLD_NICKNAME_WIDTH = 16, 12
ACCOUNTS_OF_A_WORKER = 5  # of all Official Accounts together
INVITED_FOR = timedelta(hours=24)  # the documents name an end, not how far it is
PICTURE_BYTES = 5 * 1024 * 1024
JPEG = ("image/jpeg", "image/jpg", "image/pjpeg")
_NAME = re.compile(r"[A-Za-z0-9_]+")
_WX = re.compile(r"[A-Za-z][A-Za-z0-9_-]{5,19}")

# errcodes of the new service, of the old
NICKNAME, FORM = (65403, 61451), (65404, 61452)
LENGTH, LETTERS = (65404, 61454), (65404, 61455)
COUNT, EXISTS, PICTURE = (65405, 61456), (65406, 61453), (40005, 61457)


def opened(desk: Desk) -> tuple[Service, Agents]:
    """The customer service and its agents; 65400 where the account has not opened it."""
    service = desk.world.room(Service)
    if not service.enabled:
        raise PlatformError(65400)
    return service, Agents(desk.world, desk.acts)


def _checked_account(world: World, account: object) -> str:
    """`prefix@WeChat id of the Official Account`, the prefix of at most ten letters and digits."""
    if not isinstance(account, str) or not account:
        raise refusal(world, (65404, 61451))
    prefix, _, suffix = account.partition("@")
    if not prefix or suffix != world.config.original_id:
        raise refusal(world, FORM, f"wants name@{world.config.original_id}")
    if len(prefix) > PREFIX_LENGTH or len(account) > ACCOUNT_LENGTH:
        raise refusal(world, LENGTH)
    if not _NAME.fullmatch(prefix):
        raise refusal(world, LETTERS)
    return account


def _checked_nickname(world: World, nickname: object) -> str:
    if not isinstance(nickname, str) or not nickname:
        raise refusal(world, NICKNAME)
    if world.config.switches.kf_upgraded:
        fits = len(nickname) <= NICKNAME_LENGTH
    else:  # six Chinese characters or twelve letters
        fits = sum(1 if ord(c) < 128 else 2 for c in nickname) <= OLD_NICKNAME_WIDTH
    if not fits:
        raise refusal(world, NICKNAME)
    return nickname


@endpoint("POST", "/customservice/kfaccount/add")
def add(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    service, _ = opened(desk)
    account = _checked_account(desk.world, body.get("kf_account"))
    nickname = _checked_nickname(desk.world, body.get("nickname"))
    if account in service.agents:
        raise refusal(desk.world, EXISTS)
    if len(service.agents) >= MOST_AGENTS:
        raise refusal(desk.world, COUNT)
    service.last_id += 1
    service.agents[account] = Agent(account, nickname, service.last_id)
    return ok()


@endpoint("POST", "/customservice/kfaccount/update")
def update(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    _, agents = opened(desk)
    agent = agents.known(body.get("kf_account"))
    agent.nickname = _checked_nickname(desk.world, body.get("nickname"))
    return ok()


@endpoint("GET", "/customservice/kfaccount/del")
def delete(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    """Those whom the agent serves are let go first."""
    service, agents = opened(desk)
    account = agents.known(query.get("kf_account")).account
    for openid, _ in service.served_by(account):
        agents.close(account, openid)
    del service.agents[account]
    return ok()


@endpoint("POST", "/customservice/kfaccount/inviteworker")
def invite(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """The invited person confirms in WeChat; then the agent can work."""
    service, agents = opened(desk)
    if not desk.world.config.switches.kf_upgraded:
        raise PlatformError(65400)
    agent, wx = agents.known(body.get("kf_account")), body.get("invite_wx")
    if not isinstance(wx, str) or not _WX.fullmatch(wx):
        raise PlatformError(65409)
    now = desk.world.clock()
    if agent.wx:
        raise PlatformError(65412)
    if agent.invitation is not None and agent.invitation.status(now) == "waiting":
        raise PlatformError(65411)
    if any(other.wx == wx for other in service.agents.values()):
        raise PlatformError(65407)
    if any(_waits_for(other.invitation, wx, desk) for other in service.agents.values()):
        raise PlatformError(65408)
    if service.elsewhere.get(wx, 0) >= ACCOUNTS_OF_A_WORKER:
        raise PlatformError(65410)
    agent.invitation = Invitation(wx, now + INVITED_FOR)
    return ok()


def _waits_for(invitation: Invitation | None, wx: str, desk: Desk) -> bool:
    if invitation is None or invitation.wx != wx:
        return False
    return invitation.status(desk.world.clock()) == "waiting"


@endpoint("POST", "/customservice/kfaccount/uploadheadimg", upload=True)
def upload_head_image(desk: Desk, query: Mapping[str, str], body: Fields) -> Fields:
    """A JPG of at most 5 MB, recommended 640 by 640."""
    _, agents = opened(desk)
    agent, media = agents.known(query.get("kf_account")), body.get("media")
    if not isinstance(media, Upload) or not media.data:
        raise PlatformError(41005)
    if media.content_type not in JPEG:
        raise refusal(desk.world, PICTURE)
    if len(media.data) > PICTURE_BYTES:
        raise PlatformError(40009)
    agent.head_image = f"http://mmbiz.qpic.cn/sandbox/{desk.world.ids.hex(16)}/0"
    return ok()


@endpoint("GET", "/cgi-bin/customservice/getkflist")
def agent_list(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    service, _ = opened(desk)
    return {"kf_list": [_listed(agent, desk) for agent in service.agents.values()]}


def _listed(agent: Agent, desk: Desk) -> dict[str, Any]:
    known: dict[str, Any] = {
        "kf_account": agent.account,
        "kf_headimgurl": agent.head_image,
        "kf_id": str(agent.id),
        "kf_nick": agent.nickname,
    }
    if agent.wx:
        known["kf_wx"] = agent.wx
    elif agent.invitation is not None:
        known["invite_wx"] = agent.invitation.wx
        known["invite_expire_time"] = int(agent.invitation.until.timestamp())
        known["invite_status"] = agent.invitation.status(desk.world.clock())
    return known


@endpoint("GET", "/cgi-bin/customservice/getonlinekflist")
def online_list(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    """status 1: at the web page of the customer service."""
    service, _ = opened(desk)
    online = [agent for agent in service.agents.values() if agent.online]
    listed = [
        {
            "kf_account": agent.account,
            "status": 1,
            "kf_id": str(agent.id),
            "accepted_case": len(service.served_by(agent.account)),
        }
        for agent in online
    ]
    return {"kf_online_list": listed}
