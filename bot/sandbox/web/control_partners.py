"""The account's neighbours: linked mini-programs, a former account, cards, WeChat Pay, WeCom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.sandbox import cards, pay_keys, pay_notices, wecom, wecom_push
from bot.sandbox.api.notices import link_mini_program
from bot.sandbox.api.people import move_account
from bot.sandbox.people import Person
from bot.sandbox.platform import Platform

Fields = dict[str, Any]
Managed = Callable[[Fields], object]


def of_partners(platform: Platform) -> dict[str, Managed]:
    """As the acts of people: False is nothing done, a dict goes into the answer."""
    return {**_programs(platform), **_cards(platform), **_pay(platform), **_wecom(platform)}


def _programs(platform: Platform) -> dict[str, Managed]:
    world = platform.world

    def moved(body: Fields) -> None:
        openids = body["openids"]
        if not isinstance(openids, dict):
            raise TypeError("openids: wants an object of former and present openid")
        former = {str(old): str(new) for old, new in openids.items()}
        move_account(world, str(body["from_appid"]), former)

    return {
        "link_mini_program": lambda body: link_mini_program(world, str(body["appid"])),
        "move_account": moved,
    }


def _cards(platform: Platform) -> dict[str, Managed]:
    world, acts = platform.world, platform.acts

    def taken(body: Fields) -> Fields:
        person, channel = _person(platform, body), str(body.get("outer_str") or "")
        return {"code": cards.take_card(world, acts, person, str(body["card_id"]), channel)}

    def added(body: Fields) -> Fields:
        kind, quantity = str(body.get("kind") or "CASH"), int(body.get("quantity", 100))
        each = int(body.get("get_limit", 1))
        title = str(body["title"])
        return {
            "card_id": cards.add_card(world, title, kind, quantity=quantity, get_limit=each),
        }

    return {
        "add_card": added,
        "take_card": taken,
        "delete_card": lambda body: cards.delete_card(
            world, acts, _person(platform, body), str(body["code"])
        ),
        "redeem_card": lambda body: cards.redeem(world, acts, str(body["code"])),
    }


def _pay(platform: Platform) -> dict[str, Managed]:
    world = platform.world
    return {
        "merchant": lambda _: pay_keys.merchant(world),
        "use_coupon": lambda body: {
            "transaction_id": pay_notices.use_coupon(
                world, platform.timeline, str(body["coupon_id"])
            )
        },
    }


def _wecom(platform: Platform) -> dict[str, Managed]:
    world, timeline = platform.world, platform.timeline

    def corp(body: Fields) -> Fields:
        """What a program is configured with; a `callback_url` is set and verified."""
        found = wecom.corp(world)
        told = {"corpid": found.corpid, "corpsecret": found.secret}
        told |= {"token": found.token, "aes_key": found.aes_key}
        if "callback_url" in body:
            found.callback_url = str(body["callback_url"])
            return {**told, "verified": wecom_push.verify(world)}
        return told

    return {
        "corp": corp,
        "add_member": lambda body: wecom.add_member(
            world, str(body["userid"]), str(body.get("member") or "")
        ),
        "add_customer": lambda body: {
            "external_userid": wecom_push.add_customer(
                world,
                timeline,
                _person(platform, body),
                str(body["userid"]),
                str(body.get("state") or ""),
            )
        },
        "lose_customer": lambda body: wecom_push.lose_customer(
            world,
            timeline,
            str(body["external_userid"]),
            str(body["userid"]),
            body.get("by_member") is True,
        ),
    }


def _person(platform: Platform, body: Fields) -> Person:
    return platform.world.person(str(body["openid"]))
