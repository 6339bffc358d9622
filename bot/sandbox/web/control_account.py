"""What a test does in the account's console, and what the platform's reviewers do to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.sandbox import tokens
from bot.sandbox.agents import Agents
from bot.sandbox.api import mass_jobs, publishing, templates
from bot.sandbox.gateway import Desk
from bot.sandbox.platform import Platform

Fields = dict[str, Any]
Managed = Callable[[Fields], object]


def of_account(platform: Platform) -> dict[str, Managed]:
    """As the acts of people: False is nothing done, a dict goes into the answer."""
    return {
        **_security(platform),
        **_messages(platform),
        **_publications(platform),
        **_agents(platform),
    }


def _is(body: Fields, name: str) -> bool:
    """A field that is true where nothing else is said."""
    return body.get(name, True) is True


def _security(platform: Platform) -> dict[str, Managed]:
    world = platform.world

    def expire_tokens(_: Fields) -> None:
        with world.lock:
            world.tokens.expire()

    return {
        "expire_tokens": expire_tokens,
        "freeze_secret": lambda body: tokens.freeze_secret(world, _is(body, "frozen")),
        "confirm_address": lambda body: tokens.confirm_address(
            world, str(body["address"]), _is(body, "allowed")
        ),
    }


def _messages(platform: Platform) -> dict[str, Managed]:
    """Templates and mass messages."""
    world = platform.world
    desk = Desk(world, platform.acts, platform.timeline)
    return {
        "ban_template": lambda body: templates.ban(
            world, str(body["template_id"]), _is(body, "banned")
        ),
        "write_template": lambda body: {
            "template_id": templates.write(world, str(body["title"]), str(body["content"]))
        },
        "confirm_mass": lambda body: mass_jobs.confirm(desk, int(body["msg_id"])),
        "refuse_mass": lambda body: mass_jobs.refuse(desk, int(body["msg_id"])),
        "fail_mass": lambda body: mass_jobs.fail_next(world, str(body["status"])),
    }


def _publications(platform: Platform) -> dict[str, Managed]:
    world = platform.world

    def fail_publish(body: Fields) -> None:
        failed = tuple(int(one) for one in body.get("failed", (1,)))
        publishing.fail_next(world, int(body["status"]), failed)

    return {
        "refuse_publish": lambda body: publishing.refuse_next(world, int(body["errcode"])),
        "fail_publish": fail_publish,
        "ban_article": lambda body: publishing.ban(world, str(body["article_id"])),
    }


def _agents(platform: Platform) -> dict[str, Managed]:
    """Human agents (客服) at their own WeChat; `account` names one."""
    agents = Agents(platform.world, platform.acts)

    def names(body: Fields) -> tuple[str, str]:
        return str(body["account"]), str(body["openid"])

    return {
        "agent_enable": lambda body: agents.enable(_is(body, "on")),
        "agent_confirm": lambda body: agents.confirm(str(body["account"]), _is(body, "accepted")),
        "agent_online": lambda body: agents.online(str(body["account"]), _is(body, "on")),
        "agent_elsewhere": lambda body: agents.employed_elsewhere(
            str(body["wx"]), int(body["accounts"])
        ),
        "agent_take": lambda body: agents.take(*names(body)),
        "agent_say": lambda body: agents.say(*names(body), str(body.get("text") or "")),
        "agent_switch": lambda body: agents.switch(
            str(body["account"]), str(body["to"]), str(body["openid"])
        ),
        "agent_close": lambda body: agents.close(*names(body)),
    }
