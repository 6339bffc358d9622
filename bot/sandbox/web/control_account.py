"""What a test does in the account's console, and what the platform's reviewers do to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.sandbox import tokens
from bot.sandbox.agents import Agents
from bot.sandbox.api import mass_jobs, publishing, templates
from bot.sandbox.gateway import Desk
from bot.sandbox.platform import Platform
from bot.sandbox.web.control_fields import flag, text, whole

Fields = dict[str, Any]
Managed = Callable[[Fields], object]
REPLACED, EXPIRED = "replaced", "expired"  # how tokens end


def of_account(platform: Platform) -> dict[str, Managed]:
    """As the acts of people: False is nothing done, a dict goes into the answer."""
    return {
        **_security(platform),
        **_messages(platform),
        **_publications(platform),
        **_agents(platform),
    }


def _security(platform: Platform) -> dict[str, Managed]:
    world = platform.world

    def expire_tokens(body: Fields) -> None:
        how = text(body, "how", REPLACED)
        if how not in (REPLACED, EXPIRED):
            raise ValueError(f"how: wants {REPLACED} or {EXPIRED}")
        with world.lock:
            world.tokens.expire(world.clock() if how == EXPIRED else None)

    return {
        "expire_tokens": expire_tokens,
        "freeze_secret": lambda body: tokens.freeze_secret(world, flag(body, "frozen")),
        "confirm_address": lambda body: tokens.confirm_address(
            world, text(body, "address"), flag(body, "allowed")
        ),
    }


def _messages(platform: Platform) -> dict[str, Managed]:
    """Templates and mass messages."""
    world = platform.world
    desk = Desk(world, platform.acts, platform.timeline)
    return {
        "ban_template": lambda body: templates.ban(
            world, text(body, "template_id"), flag(body, "banned")
        ),
        "write_template": lambda body: {
            "template_id": templates.write(world, text(body, "title"), text(body, "content"))
        },
        "confirm_mass": lambda body: mass_jobs.confirm(desk, whole(body, "msg_id")),
        "refuse_mass": lambda body: mass_jobs.refuse(desk, whole(body, "msg_id")),
        "fail_mass": lambda body: mass_jobs.fail_next(world, text(body, "status")),
    }


def _publications(platform: Platform) -> dict[str, Managed]:
    world = platform.world

    def fail_publish(body: Fields) -> None:
        failed = body.get("failed", [1])
        if not isinstance(failed, list) or not all(type(one) is int for one in failed):
            raise ValueError("failed: wants a list of the numbers of articles")
        publishing.fail_next(world, whole(body, "status"), tuple(failed))

    return {
        "refuse_publish": lambda body: publishing.refuse_next(world, whole(body, "errcode")),
        "fail_publish": fail_publish,
        "ban_article": lambda body: publishing.ban(world, text(body, "article_id")),
    }


def _agents(platform: Platform) -> dict[str, Managed]:
    """Human agents (客服) at their own WeChat; `account` names one."""
    agents = Agents(platform.world, platform.acts)

    def names(body: Fields) -> tuple[str, str]:
        return text(body, "account"), text(body, "openid")

    return {
        "agent_enable": lambda body: agents.enable(flag(body, "on")),
        "agent_confirm": lambda body: agents.confirm(text(body, "account"), flag(body, "accepted")),
        "agent_online": lambda body: agents.online(text(body, "account"), flag(body, "on")),
        "agent_elsewhere": lambda body: agents.employed_elsewhere(
            text(body, "wx"), whole(body, "accounts")
        ),
        "agent_take": lambda body: agents.take(*names(body)),
        "agent_say": lambda body: agents.say(*names(body), text(body, "text", "")),
        "agent_switch": lambda body: agents.switch(
            text(body, "account"), text(body, "to"), text(body, "openid")
        ),
        "agent_close": lambda body: agents.close(*names(body)),
    }
