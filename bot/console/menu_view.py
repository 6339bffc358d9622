"""A menu in finished words: the phone, one button's form, faults, versions, taps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.console.gate import account, asker
from bot.console.rule_choices import topic_said
from bot.console.shell import Words, actor_said, language, shown_at, words, zone_of
from bot.effect import parts
from bot.menus import keys
from bot.menus.buttons import (
    FIELDS,
    MOST_BELOW,
    MOST_TOP,
    Button,
    Place,
    acting,
    differences,
    written,
)
from bot.menus.checking import Fault, faults, host_of, known, rule_errors
from bot.menus.titles import key_of
from bot.store import menus, platform_tags, talk
from bot.store.menus import MenuState
from bot.store.talk import LIVE
from bot.talk.answers import INTERESTS

SPANS = (7, 30)  # days of taps


@dataclass(frozen=True)
class Cell:
    """A button on the phone. `name` "": room for another one."""

    at: str
    name: str
    here: bool
    open: bool
    below: list[Cell]


@dataclass(frozen=True)
class Tapped:
    """What a button of the published menu was tapped."""

    at: str
    name: str
    does: str
    taps: tuple[int, ...]


def phone(buttons: Sequence[Mapping[str, Any]], chosen: Place | None, roomy: bool) -> list[Cell]:
    """The row at the foot, each with what is above it. `roomy`: with places for new ones."""
    cells = [_cell((top,), one, chosen, roomy) for top, one in enumerate(buttons[:MOST_TOP])]
    if roomy and len(buttons) < MOST_TOP:
        cells.append(Cell(written((len(buttons),)), "", chosen == (len(buttons),), False, []))
    return cells


def _cell(place: Place, one: Mapping[str, Any], chosen: Place | None, roomy: bool) -> Cell:
    is_open = chosen is not None and chosen[:1] == place
    below = []
    if is_open:
        inner = list(one.get("sub_button") or ())
        below = [
            Cell(written((*place, at)), str(each["name"]), chosen == (*place, at), False, [])
            for at, each in enumerate(inner)
        ]
        if roomy and len(inner) < MOST_BELOW:
            free = (*place, len(inner))
            below.append(Cell(written(free), "", chosen == free, False, []))
    return Cell(written(place), str(one.get("name", "")), chosen == place, is_open, below)


def does(one: Mapping[str, Any], say: Words) -> str:
    """What a button does, in a line."""
    if one.get("sub_button"):
        return say("con.menus.opens")
    kind = str(one.get("type", ""))
    what = say(f"con.menus.type.{kind}") if kind in FIELDS else kind
    detail = str(next((one[name] for name in FIELDS.get(kind, ()) if one.get(name)), ""))
    if kind == "click":
        detail = answered(detail, say)
    elif kind == "view":
        detail = host_of(detail) or detail
    return f"{what} · {detail}" if detail else what


def answered(key: str, say: Words) -> str:
    """What a click's key is answered with."""
    prefix, name = keys.parted(key)
    if prefix == keys.CONTENT:
        interests = say("con.rules.content_interests")
        return (
            interests
            if name == INTERESTS
            else say("con.menus.key.CONTENT", name=topic_said(name, say))
        )
    if prefix:
        return say(f"con.menus.key.{prefix.removesuffix(':')}", name=name)
    return say(f"con.menus.key.{key}") if key in keys.HOUSE else key


def choices(say: Words) -> list[tuple[str, list[tuple[str, str]]]]:
    """(group, (key, words)) of what a click may answer."""
    of = account()
    rules = [one for one in talk.documents(of.id, LIVE, "rule") if _named(one.document)]
    there = known(of.id)
    return [
        (
            say("con.menu.rules"),
            [(f"{keys.RULE}{one.slug}", one.document.get("name") or one.slug) for one in rules],
        ),
        (say("con.menus.house"), [(key, say(f"con.menus.key.{key}")) for key in keys.HOUSE]),
        (
            say("con.menus.contents"),
            [(f"{keys.CONTENT}{one}", answered(f"{keys.CONTENT}{one}", say))
             for one in sorted(there.topics)],
        ),
    ]  # fmt: skip


def _named(document: Mapping[str, Any]) -> bool:
    return bool(document.get("enabled", True))


def found_faults(menu: MenuState) -> list[Fault]:
    """Of the draft."""
    found = faults(menu.buttons, known(menu.account_id))
    return found if menu.is_default else [*rule_errors(menu.rule), *found]


def unpublished(menu: MenuState) -> list[tuple[str, str, str]]:
    """What the draft would change for followers."""
    live = menus.live_version(menu)
    return differences(live.buttons if live else [], menu.buttons)


def history(menu: MenuState) -> list[dict[str, Any]]:
    """Versions that went out, the latest first."""
    if not menu.id:
        return []
    say, zone = words(), zone_of(account())
    return [
        {
            "number": one.number,
            "live": one.number == menu.live,
            "state": say(f"con.menus.state.{one.state}"),
            "errcode": one.errcode,
            "who": actor_said(one.actor, say),
            "at": shown_at(one.at, zone),
            "names": "｜".join(str(each["name"]) for each in one.buttons),
        }
        for one in menus.versions(menu.id, 20)
    ]


def taps(menu: MenuState) -> list[Tapped]:
    """How often each button of the published menu was tapped in the last days, as it was counted
    last. Two buttons with one key share their number."""
    live = menus.live_version(menu)
    if live is None:
        return []
    today = asker().now.astimezone(zone_of(account())).date()
    first = today - timedelta(days=max(SPANS) - 1)
    counted = parts.between(menu.account_id, parts.MENU, first, today)
    sums, say = _sums(counted, today), words()
    found = []
    for place, one in acting(live.buttons):
        key = key_of(one)
        found.append(
            Tapped(
                written(place), str(one["name"]), does(one, say),
                tuple(each[key] for each in sums),
            )
        )  # fmt: skip
    return found


def _sums(counted: Sequence[parts.Part], today: Any) -> list[Counter[str]]:
    found = [Counter[str]() for _ in SPANS]
    for one in counted:
        for days, held in zip(SPANS, found, strict=True):
            if one.day > (today - timedelta(days=days)).isoformat():
                held.update({key: of[0] for key, of in one.numbers.get("taps", {}).items()})
    return found


def whom(rule: Mapping[str, str], say: Words) -> str:
    """For whom a personalised menu is."""
    named = {str(one.tag_id): one.name for one in platform_tags.of_account(account().id)}
    tag, kind = rule.get("tag_id", ""), rule.get("client_platform_type", "")
    said = [say("con.menus.of_tag", tag=named.get(tag, tag))] if tag else []
    said += [say(f"con.menus.phone.{kind}")] if kind else []
    return say("con.list.and").join(said) or say("con.rules.everybody")


def fault_rows(found: Sequence[Fault]) -> list[tuple[str, str, str]]:
    """(level, place, sentence)."""
    return [(one.level, written(one.place), one.said(language())) for one in found]


def blank() -> Button:
    return {"name": "", "type": "click", "key": ""}
