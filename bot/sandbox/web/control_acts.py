"""What a test lets a person do: name of the act -> the function that does it.

An act gets the person and the JSON fields of the request. False: nothing was to be done. A dict
goes into the answer. KeyError names a missing field, ValueError and TypeError a wrong one.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from bot.sandbox import articles, reception
from bot.sandbox.api import oauth, subscriptions
from bot.sandbox.people import Person
from bot.sandbox.platform import Platform
from bot.sandbox.qrcodes import scan_ticket
from bot.sandbox.web.control_fields import flag, text, texts, whole
from bot.sandbox.web.taps import tap
from bot.sandbox.world import World

Fields = dict[str, Any]
Act = Callable[[Person, Fields], object]


def who(world: World, body: Fields) -> Person:
    """The person with `openid`, else the one called `name`, made where there is none."""
    if openid := text(body, "openid", ""):
        return world.person(openid)
    name = text(body, "name", "")
    with world.lock:
        for person in world.people.values():
            if name and person.name == name:
                return person
        return world.person(name=name)


def acting(platform: Platform) -> dict[str, Act]:
    world = platform.world
    return {
        **_following(platform),
        **_chatting(platform),
        **_tapping(platform),
        **_allowing(platform),
        **_reading(world),
        **_personal(platform),
    }


def _following(platform: Platform) -> dict[str, Act]:
    acts, world = platform.acts, platform.world

    def scan(person: Person, body: Fields) -> None:
        if ticket := text(body, "ticket", ""):
            scan_ticket(world, acts, person, ticket)
        else:
            acts.scan(person, text(body, "scene"))

    return {
        "follow": lambda person, body: acts.follow(person, text(body, "scene", "")),
        "unfollow": lambda person, _: acts.unfollow(person),
        "scan": scan,
    }


def _chatting(platform: Platform) -> dict[str, Act]:
    acts = platform.acts

    def location(person: Person, body: Fields) -> None:
        label = text(body, "label", "")
        acts.send_location(person, label, random.Random(f"{person.openid}:{label}"))

    return {
        "say": lambda person, body: acts.say(
            person, text(body, "text", ""), text(body, "menu_id", "")
        ),
        "voice": lambda person, body: acts.send_voice(person, text(body, "text", "")),
        "picture": lambda person, _: acts.send_picture(person),
        "location": location,
    }


def _tapping(platform: Platform) -> dict[str, Act]:
    acts, world = platform.acts, platform.world
    return {
        "click": lambda person, body: acts.click(person, text(body, "key")),
        "view": lambda person, body: acts.view(person, text(body, "url")),
        "tap": lambda person, body: tap(acts, world, person, body),
    }


def _allowing(platform: Platform) -> dict[str, Act]:
    """What the person agrees to, and what the program gets of it."""
    acts, world = platform.acts, platform.world

    def accept_notice(person: Person, body: Fields) -> Fields:
        accepted = body.get("accepted", True)
        chosen = accepted if isinstance(accepted, bool) else texts(body, "accepted")
        scene = whole(body, "scene", subscriptions.WEB)
        ids = texts(body, "template_ids")
        return {
            "status": subscriptions.accept_notice(world, acts, person, ids, chosen, scene),
        }

    def refuse_messages(person: Person, body: Fields) -> None:
        reception.receive(world, person, not flag(body, "refused"))

    return {
        "accept_notice": accept_notice,
        "stop_notice": lambda person, body: subscriptions.stop_notice(
            world, acts, person, text(body, "template_id")
        ),
        "subscribe_once": lambda person, body: subscriptions.subscribe_once(
            world, person, whole(body, "scene"), flag(body, "confirmed")
        ),
        "refuse_messages": refuse_messages,
        "web_code": lambda person, body: {
            "code": oauth.web_code(
                world, person, text(body, "scope", "") or oauth.BASE, flag(body, "snapshot", False)
            )
        },
        "js_code": lambda person, _: {"code": oauth.js_code(world, person)},
        "phone_code": lambda person, body: {
            "code": oauth.phone_code(world, person, text(body, "number", ""))
        },
        "mark_risky": lambda person, body: oauth.mark_risky(world, person, flag(body, "risky")),
    }


def _reading(world: World) -> dict[str, Act]:
    """Of articles. `article`: its address, or the end of it."""

    def key(body: Fields) -> str:
        return text(body, "article").rpartition("/")[2]

    def on(do: Callable[[World, str, str], bool]) -> Act:
        return lambda person, body: {"now": do(world, person.openid, key(body))}

    def read(person: Person, body: Fields) -> Fields:
        found = articles.read(world, person.openid, key(body), whole(body, "scene", 0))
        return {"title": found.title}

    return {
        "read": read,
        "share": lambda person, body: articles.share(
            world, person.openid, key(body), whole(body, "scene", 1)
        ),
        "like": on(articles.like),
        "look": on(articles.look),
        "favourite": on(articles.favourite),
        "source": lambda person, body: {
            "url": articles.open_source(world, person.openid, key(body))
        },
        "comment": lambda person, body: {
            "user_comment_id": articles.comment(
                world, person.openid, key(body), text(body, "content", "")
            )
        },
        "withdraw": lambda person, body: articles.withdraw(
            world, person.openid, key(body), whole(body, "user_comment_id")
        ),
    }


def _personal(platform: Platform) -> dict[str, Act]:
    acts = platform.acts
    return {
        "revoke": lambda person, body: acts.revoke(
            person, text(body, "code"), flag(body, "with_openid")
        ),
        "cancel": lambda person, body: acts.cancel(person, flag(body, "with_openid")),
        "modify": lambda person, body: acts.modify(person, flag(body, "with_openid")),
    }
