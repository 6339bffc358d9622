"""Which of several answers are given to a follower, and how they become one reply. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from random import Random

from bot.talk.answers import MOST_BYTES, Answer
from bot.values.replies import NO_REPLY, MenuReply, Reply, Several, TextReply, TransferReply

MOST_MESSAGES = 5  # one act of a follower opens a window for so many
_WORDS = (TextReply, MenuReply)


def choose(
    answers: Sequence[Answer],
    give: str,
    rng: Random,
    lang: str,
    in_segment: Callable[[str], bool],
    said_ago: Callable[[Answer], int] = lambda answer: 0,
) -> tuple[Answer, ...]:
    """The answers for this follower: those of their segments, in their language where there are.

    give       all of them, the first, or one at random: of those not said lately, else the one
               that was said longest ago
    rng        seeded with the event, so that a callback that comes again gets the same
    said_ago   how many answers ago this one was said, 1 the last; 0: not lately
    """
    open_to = [one for one in answers if not one.only or in_segment(one.only)]
    if give == "all":
        return tuple(_understood(open_to, lang) or open_to)
    usable = _in_language(open_to, lang)
    if give == "first" or len(usable) < 2:
        return tuple(usable[:1])
    ago = [said_ago(one) for one in usable]
    fresh = [one for one, said in zip(usable, ago, strict=True) if not said]
    return (rng.choice(fresh) if fresh else usable[ago.index(max(ago))],)


def _understood(answers: Sequence[Answer], lang: str) -> list[Answer]:
    """Those in this language and those for any; a text for any is Chinese, and gives way where the
    same is said in theirs."""
    said = lang != "zh" and any(one.lang == lang for one in answers)
    return [
        one
        for one in answers
        if one.lang == lang or not (one.lang or (said and isinstance(one.reply, _WORDS)))
    ]


def _in_language(answers: list[Answer], lang: str) -> list[Answer]:
    """Those written for this language, else those for any, else whatever there is."""
    exact = [one for one in answers if one.lang == lang]
    neutral = [one for one in answers if not one.lang]
    if lang == "zh":  # what names no language is Chinese, or understood without words
        return [one for one in answers if one.lang in ("", lang)] or answers
    return exact or neutral or answers


def merge(parts: Iterable[Reply]) -> Reply:
    """Several replies as one: texts in one message, a text above a menu; the rest as `Several`.

    A transfer to human agents comes first: only the HTTP answer carries it.
    """
    found: list[Reply] = []
    for part in parts:
        inside = part.replies if isinstance(part, Several) else (part,)
        for one in inside:
            if one == NO_REPLY:
                continue
            joined = _joined(found[-1], one) if found else None
            if joined is None:
                found.append(one)
            else:
                found[-1] = joined
    found.sort(key=lambda one: not isinstance(one, TransferReply))
    if len(found) < 2:
        return found[0] if found else NO_REPLY
    return Several(tuple(found[:MOST_MESSAGES]))


def _joined(above: Reply, below: Reply) -> Reply | None:
    if not isinstance(above, TextReply):
        return None
    if isinstance(below, TextReply):
        text = f"{above.text}\n\n{below.text}"
        return TextReply(text) if len(text.encode()) <= MOST_BYTES else None
    if isinstance(below, MenuReply):
        head = f"{above.text}\n\n{below.head}"
        return replace(below, head=head) if len(head.encode()) <= MOST_BYTES // 2 else None
    return None
