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
from bot.sandbox.web.taps import tap
from bot.sandbox.world import World

Fields = dict[str, Any]
Act = Callable[[Person, Fields], object]


def who(world: World, body: Fields) -> Person:
    """The person with `openid`, else the one called `name`, made where there is none."""
    if openid := str(body.get("openid") or ""):
        return world.person(openid)
    name = str(body.get("name") or "")
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
        if ticket := str(body.get("ticket") or ""):
            scan_ticket(world, acts, person, ticket)
        else:
            acts.scan(person, str(body["scene"]))

    return {
        "follow": lambda person, body: acts.follow(person, str(body.get("scene") or "")),
        "unfollow": lambda person, _: acts.unfollow(person),
        "scan": scan,
    }


def _chatting(platform: Platform) -> dict[str, Act]:
    acts = platform.acts

    def location(person: Person, body: Fields) -> None:
        label = str(body.get("label") or "")
        acts.send_location(person, label, random.Random(f"{person.openid}:{label}"))

    return {
        "say": lambda person, body: acts.say(
            person, str(body.get("text") or ""), str(body.get("menu_id") or "")
        ),
        "voice": lambda person, body: acts.send_voice(person, str(body.get("text") or "")),
        "picture": lambda person, _: acts.send_picture(person),
        "location": location,
    }


def _tapping(platform: Platform) -> dict[str, Act]:
    acts, world = platform.acts, platform.world
    return {
        "click": lambda person, body: acts.click(person, str(body["key"])),
        "view": lambda person, body: acts.view(person, str(body["url"])),
        "tap": lambda person, body: tap(acts, world, person, body),
    }


def _allowing(platform: Platform) -> dict[str, Act]:
    """What the person agrees to, and what the program gets of it."""
    acts, world = platform.acts, platform.world

    def accept_notice(person: Person, body: Fields) -> Fields:
        accepted = body.get("accepted", True)
        chosen = accepted if isinstance(accepted, bool) else [str(one) for one in accepted]
        scene = int(body.get("scene", subscriptions.WEB))
        ids = _texts(body["template_ids"])
        return {
            "status": subscriptions.accept_notice(world, acts, person, ids, chosen, scene),
        }

    def refuse_messages(person: Person, body: Fields) -> None:
        reception.receive(world, person, body.get("refused", True) is not True)

    return {
        "accept_notice": accept_notice,
        "stop_notice": lambda person, body: subscriptions.stop_notice(
            world, acts, person, str(body["template_id"])
        ),
        "subscribe_once": lambda person, body: subscriptions.subscribe_once(
            world, person, int(body["scene"]), body.get("confirmed", True) is True
        ),
        "refuse_messages": refuse_messages,
        "web_code": lambda person, body: {
            "code": oauth.web_code(
                world, person, str(body.get("scope") or oauth.BASE), body.get("snapshot") is True
            )
        },
        "js_code": lambda person, _: {"code": oauth.js_code(world, person)},
        "phone_code": lambda person, body: {
            "code": oauth.phone_code(world, person, str(body.get("number") or ""))
        },
        "mark_risky": lambda person, body: oauth.mark_risky(
            world, person, body.get("risky", True) is True
        ),
    }


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError("template_ids: wants a list of texts")
    return value


def _reading(world: World) -> dict[str, Act]:
    """Of articles. `article`: its address, or the end of it."""

    def key(body: Fields) -> str:
        return str(body["article"]).rpartition("/")[2]

    def on(do: Callable[[World, str, str], bool]) -> Act:
        return lambda person, body: {"now": do(world, person.openid, key(body))}

    def read(person: Person, body: Fields) -> Fields:
        found = articles.read(world, person.openid, key(body), int(body.get("scene", 0)))
        return {"title": found.title}

    return {
        "read": read,
        "share": lambda person, body: articles.share(
            world, person.openid, key(body), int(body.get("scene", 1))
        ),
        "like": on(articles.like),
        "look": on(articles.look),
        "favourite": on(articles.favourite),
        "source": lambda person, body: {
            "url": articles.open_source(world, person.openid, key(body))
        },
        "comment": lambda person, body: {
            "user_comment_id": articles.comment(
                world, person.openid, key(body), str(body.get("content") or "")
            )
        },
        "withdraw": lambda person, body: articles.withdraw(
            world, person.openid, key(body), int(body["user_comment_id"])
        ),
    }


def _personal(platform: Platform) -> dict[str, Act]:
    acts = platform.acts
    return {
        "revoke": lambda person, body: acts.revoke(
            person, str(body["code"]), body.get("with_openid", True) is True
        ),
        "cancel": lambda person, body: acts.cancel(person, body.get("with_openid", True) is True),
        "modify": lambda person, body: acts.modify(person, body.get("with_openid", True) is True),
    }
