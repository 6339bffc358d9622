"""What the message that begins a form tells beside its values: the story, the wish. Pure.

我要投诉，昨天外卖洒了一半 tells what happened; 订座，明晚6点4位，靠窗 wants something. A clause
that asks for the form itself, names a value, greets or only grumbles is neither: better to ask
than to keep words that say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from bot.nlp.normalise import bare, normalise
from bot.talk import remarks
from bot.talk.clauses import clauses, several, without_and
from bot.talk.form import Form, Slot

STORY = 60  # characters; a required text that may be longer is a story
LEAST = 2  # characters that say something
LEAST_STORY = 3

_REQUEST = re.compile(
    "[订定约留]|预[订定约]|报名|申请|投诉|反映|反馈|登记|办理|试听|退[货款换掉]|换[货掉]|查询?|book|reserve|complain"
)
_POLITE = re.compile(
    "(?:你好|您好|hi|hello|在吗|在么|有人吗?|老板|客服|亲|请问|谢谢|多谢|感谢|辛苦了?|麻烦了?|急|快点?|尽快|好的?|可以吗?|行吗?"
    "|thanks|thank|you|please|[你您们啊呀吧呢了哈哦噢嘛])+"
)
# What anybody says who is angry, whatever happened.
_GRUMBLE = re.compile(
    "你们?|您|我们?|这家?|什么|怎么|玩意儿?|店|家|公司|服务员?|态度|质量|东西|太|真的?|很|非常|实在|极其|一点|都|也|不行|不好|不满意?"
    "|极了|差评|差劲|差|垃圾|坑人?|骗子|失望|生气|气死|无语|恶心|离谱|过分|糟糕|烂|让|令|给|对|个|人|了|我?要|一下|投诉|垃圾"
)

_CALLED = re.compile("(?:联系)?(?:电话|手机|号码|方式)+号?码?|(?:订单|单)号?码?")
_WHOSE = re.compile("你们?|您|这家|贵|的|了|一下")


def told(form: Form, slot: Slot, typed: str, named: Collection[str]) -> str:
    """What the opening message says for this text slot, "" for nothing.

    named   the values that the message names, normalised: 明晚6点, 4位
    """
    story = slot.required and slot.most > STORY
    if not several(typed) and not story:
        return ""
    first = 0 if story else _requested(form, typed, named)
    kept = [
        (start + typed[start:end].index(said), end, said)
        for start, end, said, about in _said(form, typed)
        if start >= first
        and (_tells(said, about, named) if story else _wishes(said, named, slot.most))
    ]
    if not kept or (slot.required and not story):
        return ""
    if story:  # as it was told, from where it begins to where it ends
        return typed[kept[0][0] : kept[-1][1]].strip()[: slot.most]
    wish = "，".join(said for _, _, said in kept)
    return wish if slot.least <= len(wish) <= slot.most else ""


def _requested(form: Form, typed: str, named: Collection[str]) -> int:
    """Where the clause begins that asks for the form or names a value. 想来吃饭 before it is no
    wish of the kind that is noted."""
    for start, end in clauses(typed):
        plain = normalise(typed[start:end])
        if form.begun_by(bare(plain)) or _REQUEST.search(plain) or any(v in plain for v in named):
            return start
    return len(typed)


def _said(form: Form, typed: str) -> Iterator[tuple[int, int, str, bool]]:
    """The clauses, without the phrase that begins the form and without 顺便; whether a phrase
    stood there: 我要投诉服务员态度差."""
    for start, end in clauses(typed) or [(0, len(typed))]:
        said = without_and(typed[start:end])
        phrase = next((one for one in _longest_first(form.open) if said.startswith(one)), "")
        rest = said[len(phrase) :].strip()
        if rest and not (phrase and (len(rest) < LEAST_STORY or remarks.asks(normalise(rest)))):
            yield start, end, rest, bool(phrase)


def _longest_first(phrases: Collection[str]) -> list[str]:
    return sorted(phrases, key=len, reverse=True)


def _tells(said: str, about: bool, named: Collection[str]) -> bool:
    """Something happened. `about`: it is what the phrase that begins the form is about."""
    plain = _without(normalise(said), named)
    if about:
        return len(_WHOSE.sub("", bare(plain))) > LEAST_STORY
    if _REQUEST.search(plain) or _POLITE.fullmatch(bare(plain)):
        return False
    left = _GRUMBLE.sub("", bare(plain))
    least = 4 * LEAST if remarks.asks(plain) else LEAST_STORY
    return len(left) >= least


def _without(plain: str, named: Collection[str]) -> str:
    """手机号13800138000 tells nothing."""
    for value in sorted(named, key=len, reverse=True):
        plain = plain.replace(value, "")
    return _CALLED.sub("", plain)


def _wishes(said: str, named: Collection[str], most: int) -> bool:
    """Somebody wants something beside what is asked for: 靠窗, 带宝宝椅."""
    plain = normalise(said)
    if len(said) > most or remarks.asks(plain) or _REQUEST.search(plain):
        return False
    if _POLITE.fullmatch(bare(plain)) or any(value in plain for value in named):
        return False
    return len(re.sub(r"\d", "", remarks.without_small_words(bare(plain)))) >= LEAST
