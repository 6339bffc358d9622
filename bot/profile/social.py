"""Among whom somebody moves: groups he is in, friends and what they share, what he shows himself.

groups  {group: [in it, at, key]}, the latest MOST_GROUPS; joined or left where none was named:
crowd   joined less left
friends [{count, shared: {topic: friends}}, at, key]    as last reported, never by name
"""

from __future__ import annotations

from typing import Any

from bot.profile.parts import State, last_wins, latest_rows, named
from bot.values.facts import FoldEvent

MOST_GROUPS = 100
MOST_TOPICS = 20
MOST_FRIENDS = 10**6
# Own acts in company: what explain calls them, and their kinds.
ACTS = {"moments": "moment", "comments": "comment", "shares": "share", "favourites": "favourite"}


def note_group(state: State, event: FoldEvent, facts: State) -> None:
    """`group.join`, `group.leave`; facts.group names it."""
    joined, at = event.kind == "group.join", event.at_ms
    if group := named(facts.get("group"), 64):
        last_wins(state.setdefault("groups", {}), group, [joined, at, event.key])
    else:
        state["crowd"] = state.get("crowd", 0) + (1 if joined else -1)


def note_friends(state: State, event: FoldEvent, facts: State) -> None:
    """`friends`: {count, shared: {topic: how many of them}}."""
    told = read_friends(facts)
    if told is not None:
        last_wins(state, "friends", [told, event.at_ms, event.key])


def read_friends(facts: State) -> dict[str, Any] | None:
    """What a report of friends says; None for no report. `shared` never exceeds `count`."""
    friends, shared = facts.get("count"), facts.get("shared", {})
    if type(friends) is not int or not 0 <= friends <= MOST_FRIENDS:
        return None
    if not isinstance(shared, dict) or len(shared) > MOST_TOPICS:
        return None
    for topic, how_many in shared.items():
        if not named(topic, 32) or type(how_many) is not int or not 0 < how_many <= friends:
            return None
    return {"count": friends, "shared": dict(shared)}


def prune(state: State) -> None:
    if groups := state.get("groups"):
        state["groups"] = latest_rows(groups, MOST_GROUPS)


def groups_in(state: State) -> int:
    """Groups he is in now."""
    known = sum(bool(row[0]) for row in state.get("groups", {}).values())
    return known + max(0, int(state.get("crowd", 0)))


def friends_of(state: State) -> tuple[int, dict[str, int]]:
    """How many friends, and how many of them shared something about each topic."""
    told = state.get("friends", [{"count": 0, "shared": {}}])[0]
    return told["count"], told["shared"]


def social(state: State) -> dict[str, Any] | None:
    """Counts of acts in company, groups, friends; None where nothing of all that is known.

    friends  {count, shared: {topic: {friends, share 0..1}}} the most first; None: never reported
    """
    kinds, groups = state.get("kinds", {}), groups_in(state)
    acts = {name: kinds.get(kind, 0) for name, kind in ACTS.items()}
    if not (any(acts.values()) or groups or "friends" in state or "groups" in state):
        return None
    return {**acts, "groups": groups, "friends": _friends(state)}


def _friends(state: State) -> dict[str, Any] | None:
    if "friends" not in state:
        return None
    friends, shared = friends_of(state)
    by_most = sorted(shared.items(), key=lambda item: (-item[1], item[0]))
    return {
        "count": friends,
        "shared": {
            topic: {"friends": how_many, "share": round(how_many / friends, 3)}
            for topic, how_many in by_most
        },
    }
