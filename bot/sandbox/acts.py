"""What people do: each act changes the world, opens its window, and is pushed to the bot."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox import qrcodes, sessions
from bot.sandbox.people import Bubble, Person
from bot.sandbox.statistics import Statistics
from bot.sandbox.tags import retag
from bot.sandbox.world import World

REVOCABLE = ("201", "202", "203", "204", "205", "206", "207", "301")
MENU_ID = "418000001"
PLATFORM = "oPlatformPushAccount00000001"  # FromUserName of the events about personal data


class NotFollowing(Exception):
    """Only a follower can chat with the account."""


class AccountClosed(NotFollowing):
    """The person closed the WeChat account: nobody is there to do anything."""


@dataclass
class Closed:
    """Openids of closed accounts."""

    openids: set[str] = field(default_factory=set)


def must_exist(world: World, person: Person) -> None:
    """Raises AccountClosed."""
    if person.openid in world.room(Closed).openids:
        raise AccountClosed(person.openid)


class Acts:
    """The acts of people. State change and queueing happen under one lock: order is kept.

    `push` queues a push to the bot: who, all its fields, its MsgType or Event.
    """

    def __init__(self, world: World, push: Callable[[Person, dict[str, Any], str], None]) -> None:
        self._world = world
        self._push = push

    # --- following ---------------------------------------------------------------------------

    def follow(
        self,
        person: Person,
        scene: str = "",
        ticket: str = "",
        source: str = "ADD_SCENE_SEARCH",
    ) -> bool:
        """By a parametric code where there is a scene, else by `source`. False: follows already.

        Raises AccountClosed.
        """
        world = self._world
        with world.lock:
            if person.subscribed:
                return False
            must_exist(world, person)
            now = world.clock()
            if person.subscribe_at is None:
                world.followers.append(person.openid)
            person.subscribed, person.subscribe_at = True, now
            person.scene = scene
            person.subscribe_scene = "ADD_SCENE_QR_CODE" if scene else source
            world.room(Statistics).followed(person, now)
            key = f"qrscene_{scene}" if scene else ""
            fields = {"Event": "subscribe", "EventKey": key}
            if scene:
                fields["Ticket"] = ticket or qrcodes.ticket_of(world, scene)
            self._event(person, fields, "subscribe", "关注了公众号")
            world.ledger.add("follow", now, openid=person.openid, scene=scene)
        return True

    def unfollow(self, person: Person) -> bool:
        """False: does not follow. The platform forgets tags and remark."""
        world = self._world
        with world.lock:
            if not person.subscribed:
                return False
            self._leave(person)
            self._event(person, {"Event": "unsubscribe", "EventKey": ""}, "", "取消了关注")
            world.ledger.add("unfollow", world.clock(), openid=person.openid)
        return True

    def _leave(self, person: Person) -> None:
        person.subscribed, person.remark = False, ""
        retag(self._world, person, ())
        self._world.room(Statistics).left(person, self._world.clock())

    def scan(self, person: Person, scene: str, ticket: str = "") -> None:
        """A parametric QR code: a follower scans, a stranger follows by it."""
        with self._world.lock:
            if not person.subscribed:
                self.follow(person, scene, ticket)
                return
            ticket = ticket or qrcodes.ticket_of(self._world, scene)
            fields = {"Event": "SCAN", "EventKey": scene, "Ticket": ticket}
            self._event(person, fields, "scan", f"扫描了二维码 {scene}")
            self._world.ledger.add("scan", self._world.clock(), openid=person.openid, scene=scene)

    # --- chatting ----------------------------------------------------------------------------

    def say(self, person: Person, text: str, menu_id: str = "") -> None:
        fields: dict[str, Any] = {"MsgType": "text", "Content": text}
        if menu_id:
            fields["bizmsgmenuid"] = menu_id
        # A tapped item of a message menu counts as a menu click (4.6).
        self._message(person, fields, text, "click" if menu_id else "message")

    def send_picture(self, person: Person) -> None:
        media = self._world.add_media("image")
        url = f"http://mmbiz.qpic.cn/sandbox/{media}/0"
        self._message(person, {"MsgType": "image", "PicUrl": url, "MediaId": media}, "[图片]")

    def send_voice(self, person: Person, recognised: str = "") -> None:
        media = self._world.add_media("voice")
        fields = {
            "MsgType": "voice",
            "MediaId": media,
            "Format": "amr",
            "MediaId16K": f"{media}16K",
            "Recognition": recognised,
        }
        self._message(person, fields, f"[语音] {recognised}".rstrip())

    def send_location(self, person: Person, label: str, rng: random.Random) -> None:
        fields = {
            "MsgType": "location",
            "Location_X": f"{31.23 + rng.uniform(-0.1, 0.1):.6f}",
            "Location_Y": f"{121.47 + rng.uniform(-0.1, 0.1):.6f}",
            "Scale": 15,
            "Label": label,
        }
        self._message(person, fields, f"[位置] {label}")

    def click(self, person: Person, key: str) -> None:
        """A menu item of type click."""
        fields = {"Event": "CLICK", "EventKey": key}
        with self._world.lock:
            self._must_follow(person)
            self._event(person, fields, "click", f"点击菜单 {self._menu_name(key)}")
            self._world.ledger.add("click", self._world.clock(), openid=person.openid, key=key)

    def view(self, person: Person, url: str) -> None:
        """A menu item of type view; opens no window."""
        with self._world.lock:
            self._must_follow(person)
            fields = {"Event": "VIEW", "EventKey": url, "MenuId": MENU_ID}
            self._event(person, fields, "", "打开菜单链接")
            self._world.ledger.add("view", self._world.clock(), openid=person.openid)

    def menu_event(
        self,
        person: Person,
        event: str,
        key: str,
        more: Mapping[str, Any],
        told: str,
        opens: str = "",
    ) -> None:
        """A menu item of another type: scanning, pictures, a place, a mini-program."""
        with self._world.lock:
            self._must_follow(person)
            fields = {"Event": event, "EventKey": key, **more}
            self._event(person, fields, opens, f"点击菜单：{told}")
            self._world.ledger.add("menu", self._world.clock(), openid=person.openid, event=event)

    def _menu_name(self, key: str) -> str:
        buttons = [b for top in self._world.menu for b in (top, *top.get("sub_button", []))]
        return next((str(b["name"]) for b in buttons if b.get("key") == key), key)

    # --- personal information ----------------------------------------------------------------

    def revoke(self, person: Person, code: str, with_openid: bool = True) -> None:
        """Takes an authorisation back. Raises ValueError for an unknown code."""
        if code not in REVOCABLE:
            raise ValueError(f"code: wants one of {', '.join(REVOCABLE)}")
        self._about(person, "user_authorization_revoke", {"RevokeInfo": code}, with_openid)

    def cancel(self, person: Person, with_openid: bool = True) -> None:
        """Closes the WeChat account: no longer a follower, everything is to be deleted. Once."""
        with self._world.lock:
            if person.subscribed:
                self._leave(person)
            self._about(person, "user_authorization_cancellation", {}, with_openid)
            self._world.room(Closed).openids.add(person.openid)

    def modify(self, person: Person, with_openid: bool = True) -> None:
        self._about(person, "user_info_modified", {}, with_openid)

    def _about(
        self, person: Person, event: str, more: Mapping[str, str], with_openid: bool
    ) -> None:
        """FromUserName is the platform's own account; the person stands in OpenID."""
        world = self._world
        with world.lock:
            must_exist(world, person)
            fields = {"MsgType": "event", "Event": event, "AppID": world.config.appid, **more}
            if with_openid:
                fields["OpenID"] = person.openid
            platform = world.person(PLATFORM, "微信团队")
            self._push(platform, self._enveloped(platform, fields), event)
            world.ledger.add(event, world.clock(), openid=person.openid, **more)

    # --- job results -------------------------------------------------------------------------

    def job_finished(self, person: Person, fields: Mapping[str, Any]) -> None:
        """TEMPLATESENDJOBFINISH, MASSSENDJOBFINISH: no act of the person, opens nothing."""
        whole = self._enveloped(person, {"MsgType": "event", **fields})
        self._push(person, whole, str(fields["Event"]))

    def session_changed(self, person: Person, event: str, **accounts: str) -> None:
        """kf_create_session, kf_close_session, kf_switch_session: an agent's act."""
        self.job_finished(person, {"Event": event, **accounts})

    # --- the common part ---------------------------------------------------------------------

    def _must_follow(self, person: Person) -> None:
        must_exist(self._world, person)
        if not person.subscribed:
            raise NotFollowing(person.openid)

    def _enveloped(self, person: Person, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "ToUserName": self._world.config.original_id,
            "FromUserName": person.openid,
            "CreateTime": int(self._world.clock().timestamp()),
            **fields,
        }

    def _event(self, person: Person, fields: Mapping[str, Any], opens: str, told: str) -> None:
        """An event of the person's own making, told on the phone as a line of the platform's."""
        world = self._world
        now = world.clock()
        if opens:
            person.window = person.window.opened_by(opens, now, world.config.switches.windows_reset)
            person.last_act_at = now
        world.show(person, Bubble("notice", "event", told, now))
        whole = self._enveloped(person, {"MsgType": "event", **fields})
        self._push(person, whole, str(fields["Event"]))

    def _message(
        self, person: Person, fields: Mapping[str, Any], told: str, opens: str = "message"
    ) -> None:
        world = self._world
        with world.lock:
            self._must_follow(person)
            now = world.clock()
            person.window = person.window.opened_by(opens, now, world.config.switches.windows_reset)
            person.last_act_at = now
            kind = str(fields["MsgType"])
            world.show(person, Bubble("user", kind, told, now))
            if not person.blacklisted:
                world.room(Statistics).wrote(person.openid, kind, now)
            whole = self._enveloped(person, {**fields, "MsgId": world.next_id()})
            if not sessions.heard(world, person, fields):
                self._push(person, whole, kind)
            world.ledger.add("message", now, openid=person.openid, type=kind)
