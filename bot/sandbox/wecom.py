"""A part of WeCom (企业微信): one corp, its members, their customers, groups and Moments.

Everything here is made by tests or the control plane; what a program may ask is in
`bot.sandbox.api.wecom`, what it is told of in `bot.sandbox.wecom_push`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.codes import PlatformError
from bot.sandbox.people import Person
from bot.sandbox.world import World

TOKEN_LIFE = timedelta(seconds=7200)
WELCOME_LIFE = timedelta(seconds=20)
QUERY = "https://open.work.weixin.qq.com/devtool/query?e="
MESSAGES = {
    40001: "invalid credential",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40050: "invalid chatid",
    40058: "invalid Request Parameter",
    40068: "invalid tagid",
    40096: "invalid external userid",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "corpsecret missing",
    41048: "no customer to send",
    41050: "message has been sent in the chat",
    41051: "welcome code used or expired",
    42001: "access_token expired",
    45033: "api concurrent out of limit",
    48002: "api forbidden",
    60020: "not allow to access from your ip",
    60111: "userid not found",
    84061: "not external contact",
}


class WeComError(PlatformError):
    """WeCom's own words, also where the number means something else to an Official Account."""

    def __init__(self, errcode: int, client_ip: str = "") -> None:
        super().__init__(errcode)
        self.errmsg = MESSAGES[errcode]
        self.client_ip = client_ip

    def told(self, rid: str) -> str:
        """With a hint instead of the rid."""
        where = f", from ip: {self.client_ip}" if self.client_ip else ""
        return f"{self.errmsg}, hint: [{rid}]{where}, more info at {QUERY}{self.errcode}"


@dataclass(slots=True)
class Follow:
    """A member has this customer. `state` is the channel's, of the contact QR code."""

    userid: str
    since: datetime
    state: str = ""
    remark: str = ""
    add_way: int = 1  # scanned the member's code
    tags: list[str] = field(default_factory=list)  # tag ids


@dataclass(slots=True)
class Customer:
    external_userid: str
    name: str
    openid: str
    unionid: str
    follows: dict[str, Follow] = field(default_factory=dict)  # by userid


@dataclass(slots=True)
class InGroup:
    """`kind` 1 a member of the corp, 2 an outsider. `left_at` None: still in it."""

    userid: str
    kind: int
    joined_at: datetime
    scene: int = 3  # scanned the group's code
    left_at: datetime | None = None


@dataclass(slots=True)
class Group:
    chat_id: str
    name: str
    owner: str
    notice: str
    created_at: datetime
    people: list[InGroup] = field(default_factory=list)
    said: list[tuple[datetime, str]] = field(default_factory=list)  # when, by whom


@dataclass(slots=True)
class Moment:
    """`corp`: published for the corp, not by the member alone."""

    id: str
    creator: str
    text: str
    created_at: datetime
    corp: bool
    comments: list[tuple[str, datetime]] = field(default_factory=list)
    likes: list[tuple[str, datetime]] = field(default_factory=list)


@dataclass(slots=True)
class Welcome:
    userid: str
    external_userid: str
    until: datetime
    used: bool = False
    chatted: bool = False  # somebody wrote first


@dataclass(slots=True)
class Task:
    """A bulk message: the members named in it have to tap 发送."""

    msgid: str
    sender: str
    chat_type: str
    to: list[str]
    content: dict[str, Any]
    sent: set[str] = field(default_factory=set)  # external_userids or chat_ids


@dataclass
class Corp:
    """The room of the corp, with its defaults.

    allowed      the app is on the list of 客户联系 → 可调用接口的应用, else 48002
    trusted      企业可信IP; () for all
    bound        an open-platform account is bound: unionids are shown
    busy         so many calls to come meet 45033
    callback_url where events are pushed; "" for nowhere
    """

    corpid: str = "ww5a4db0c500000001"
    secret: str = "5a4db0c5-secret-of-the-contacts-app"
    token: str = "wecomtoken"
    aes_key: str = "wecomsandboxwecomsandboxwecomsandboxwecom00"
    callback_url: str = ""
    allowed: bool = True
    trusted: tuple[str, ...] = ()
    bound: bool = True
    busy: int = 0
    access: tuple[str, datetime] | None = None  # the token in force and its end
    former: set[str] = field(default_factory=set)  # tokens that were in force once
    members: dict[str, str] = field(default_factory=dict)  # userid -> name
    customers: dict[str, Customer] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    moments: dict[str, Moment] = field(default_factory=dict)
    tag_groups: dict[str, tuple[str, datetime]] = field(default_factory=dict)  # id -> name, since
    tags: dict[str, tuple[str, str, datetime]] = field(default_factory=dict)  # id -> group, name
    welcomes: dict[str, Welcome] = field(default_factory=dict)
    welcomed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # who read what
    tasks: dict[str, Task] = field(default_factory=dict)

    def of(self, userid: str) -> list[Customer]:
        """A member's customers, in the order in which the corp met them."""
        return [one for one in self.customers.values() if userid in one.follows]


def corp(world: World) -> Corp:
    return world.room(Corp)


# --- members, customers ------------------------------------------------------------------------


def add_member(world: World, userid: str, name: str = "") -> None:
    with world.lock:
        corp(world).members[userid] = name or userid


def external_userid(world: World, person: Person) -> str:
    """The same person is the same customer, whoever adds them."""
    digest = hashlib.sha256(f"{corp(world).corpid}:{person.unionid}".encode()).hexdigest()
    return f"wm{digest[:30]}"


def befriend(world: World, person: Person, userid: str, state: str = "") -> tuple[str, str]:
    """`person` adds a member: external_userid and WelcomeCode, "" for a customer already.

    Raises KeyError for a member that is none. `bot.sandbox.wecom_push` tells the program.
    """
    with world.lock:
        room, now = corp(world), world.clock()
        room.members[userid]
        known = external_userid(world, person)
        customer = room.customers.setdefault(
            known, Customer(known, person.name, person.openid, person.unionid)
        )
        if userid in customer.follows:
            return known, ""
        customer.follows[userid] = Follow(userid, now, state)
        code = world.ids.urlsafe(24)
        room.welcomes[code] = Welcome(userid, known, now + WELCOME_LIFE)
        world.ledger.add("wecom_customer", now, external_userid=known, userid=userid)
        return known, code


def part(world: World, external: str, userid: str) -> None:
    """They are no contacts any more. Raises KeyError where they were none."""
    with world.lock:
        del corp(world).customers[external].follows[userid]
        facts = {"external_userid": external, "userid": userid}
        world.ledger.add("wecom_parted", world.clock(), **facts)


def chat(world: World, external: str, userid: str) -> None:
    """One of the two writes to the other: a welcome comes too late from now on."""
    with world.lock:
        for welcome in corp(world).welcomes.values():
            if (welcome.external_userid, welcome.userid) == (external, userid):
                welcome.chatted = True


def add_tag(world: World, group: str, name: str) -> str:
    """A corp tag, its group made on first mention; the tag's id."""
    with world.lock:
        room, now = corp(world), world.clock()
        found = (known for known, (called, _since) in room.tag_groups.items() if called == group)
        group_id = next(found, "")
        if not group_id:
            group_id = f"etg{world.ids.urlsafe(21)}"
            room.tag_groups[group_id] = (group, now)
        tag_id = f"et{world.ids.urlsafe(22)}"
        room.tags[tag_id] = (group_id, name, now)
        return tag_id


# --- groups ------------------------------------------------------------------------------------


def add_group(world: World, owner: str, name: str, notice: str = "") -> str:
    """A customer group of a member's; its chat_id. Raises KeyError for a member that is none."""
    with world.lock:
        room, now = corp(world), world.clock()
        room.members[owner]
        chat_id = f"wr{world.ids.urlsafe(22)}"
        people = [InGroup(owner, 1, now, 1)]
        room.groups[chat_id] = Group(chat_id, name, owner, notice, now, people)
        return chat_id


def join_group(world: World, chat_id: str, who: str) -> None:
    """`who` is a userid or an external_userid. ValueError for who is in it already."""
    with world.lock:
        room, now = corp(world), world.clock()
        if any(one.userid == who for one in present(room.groups[chat_id])):
            raise ValueError(f"{who}: is in the group already")
        kind = 1 if who in room.members else 2
        room.groups[chat_id].people.append(InGroup(who, kind, now))


def leave_group(world: World, chat_id: str, who: str) -> None:
    """Raises KeyError for who is not in it."""
    with world.lock:
        for one in present(corp(world).groups[chat_id]):
            if one.userid == who:
                one.left_at = world.clock()
                return
        raise KeyError(who)


def say_in_group(world: World, chat_id: str, who: str) -> None:
    """Counts; what is said is not to be seen by any of these calls."""
    with world.lock:
        corp(world).groups[chat_id].said.append((world.clock(), who))


def present(group: Group) -> list[InGroup]:
    return [one for one in group.people if one.left_at is None]


# --- Moments -----------------------------------------------------------------------------------


def add_moment(world: World, creator: str, text: str, as_corp: bool = False) -> str:
    """A Moment for customers; its id. Raises KeyError for a member that is none."""
    with world.lock:
        room = corp(world)
        room.members[creator]
        moment_id = f"mom{world.ids.urlsafe(21)}"
        room.moments[moment_id] = Moment(moment_id, creator, text, world.clock(), as_corp)
        return moment_id


def like_moment(world: World, moment_id: str, who: str) -> None:
    with world.lock:
        corp(world).moments[moment_id].likes.append((who, world.clock()))


def comment_moment(world: World, moment_id: str, who: str) -> None:
    """That there is a comment, and whose; never its text."""
    with world.lock:
        corp(world).moments[moment_id].comments.append((who, world.clock()))


# --- bulk messages -----------------------------------------------------------------------------


def tap_send(world: World, msgid: str, userid: str) -> list[str]:
    """The member taps 发送: to whom of their contacts it went now. KeyError for an unknown task."""
    with world.lock:
        room = corp(world)
        task = room.tasks[msgid]
        if task.chat_type == "group":
            own = [one.chat_id for one in room.groups.values() if one.owner == userid]
        else:
            own = [one.external_userid for one in room.of(userid)]
        mine = not task.sender or task.sender == userid
        to = [one for one in own if mine and one not in task.sent and one in (task.to or own)]
        task.sent.update(to)
        world.ledger.add("wecom_sent", world.clock(), msgid=msgid, userid=userid, count=len(to))
        return to
