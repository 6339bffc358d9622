"""The control plane: what a test, a demo or a person does to the platform, as JSON.

A POST wants `application/json`, so that no web page elsewhere can press these buttons.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from bot.sandbox.acts import NotFollowing
from bot.sandbox.people import Person
from bot.sandbox.platform import Platform
from bot.sandbox.world import World

SETTLE_SECONDS = 60.0

Fields = dict[str, Any]


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


def _acting(platform: Platform) -> dict[str, Callable[[Person, Fields], object]]:
    acts = platform.acts
    return {
        "follow": lambda person, body: acts.follow(person, str(body.get("scene") or "")),
        "unfollow": lambda person, _: acts.unfollow(person),
        "say": lambda person, body: acts.say(
            person, str(body.get("text") or ""), str(body.get("menu_id") or "")
        ),
        "voice": lambda person, body: acts.send_voice(person, str(body.get("text") or "")),
        "picture": lambda person, _: acts.send_picture(person),
        "click": lambda person, body: acts.click(person, str(body["key"])),
        "view": lambda person, body: acts.view(person, str(body["url"])),
        "scan": lambda person, body: acts.scan(person, str(body["scene"])),
        "revoke": lambda person, body: acts.revoke(
            person, str(body["code"]), body.get("with_openid", True) is True
        ),
        "cancel": lambda person, body: acts.cancel(person, body.get("with_openid", True) is True),
        "modify": lambda person, body: acts.modify(person, body.get("with_openid", True) is True),
    }


def control(platform: Platform) -> Blueprint:
    blueprint = Blueprint("control", __name__, url_prefix="/sandbox")
    acting = _acting(platform)

    @blueprint.get("/state")
    def state() -> Response:
        return jsonify(platform.state())

    @blueprint.get("/ledger")
    def ledger() -> Response:
        return jsonify(platform.ledger())

    @blueprint.get("/chat/<openid>")
    def chat(openid: str) -> Response | tuple[Response, int]:
        person = platform.world.people.get(openid)
        if person is None:
            return _wrong("openid: nobody has it", 404)
        with platform.world.lock:
            bubbles = [bubble.as_json() for bubble in person.chat]
        return jsonify({"openid": openid, "subscribed": person.subscribed, "chat": bubbles})

    @blueprint.post("/<act>")
    def act(act: str) -> Response | tuple[Response, int]:
        body = request.get_json(silent=True) if request.is_json else None
        if not isinstance(body, dict):
            return _wrong("wants an application/json object", 415)
        try:
            if act in acting:
                person = who(platform.world, body)
                done = acting[act](person, body)
                return jsonify({"openid": person.openid, "done": done is not False})
            return _managed(platform, act, body)
        except NotFollowing:
            return _wrong("openid: does not follow the account", 409)
        except KeyError as error:
            return _wrong(f"{error.args[0]}: missing", 422)
        except (ValueError, TypeError) as error:
            return _wrong(str(error), 422)

    return blueprint


def _managed(platform: Platform, act: str, body: Fields) -> Response | tuple[Response, int]:
    world = platform.world
    if act == "stop":
        drained = platform.settle(float(body.get("timeout", SETTLE_SECONDS)))
        return jsonify({"drained": drained, **platform.state()})
    if act == "fault":
        if "path" in body:
            world.faults.add(body)
        world.faults.set_push(body.get("push", body))
    elif act == "clear_faults":
        world.faults.clear()
    elif act == "advance":
        platform.advance(float(body["seconds"]))
    elif act == "expire_tokens":
        with world.lock:
            world.tokens.expire()
    else:
        return _wrong(f"there is no {act}", 404)
    return jsonify({"done": True})


def _wrong(message: str, status: int) -> tuple[Response, int]:
    return jsonify({"error": message}), status
