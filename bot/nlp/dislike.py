"""What a text says its writer does not like: that is no interest in it.

Read clause by clause. Only plain words of dislike count:
不要太贵的酒店 and 不想排队的餐厅 are wishes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

# Asked, not said: 喜不喜欢火锅, 吃不吃辣; and 谁不喜欢火锅 means that everybody does.
_ASKED = "(?<![喜爱吃喝感想谁])"
_WORD = (
    "(?:"
    f"{_ASKED}不(?:太|怎么|是很|大|再)?(?:喜欢|爱|感兴趣|想要|吃|喝)"
    "|(?<!有)没有?(?:什么|啥|多大)?(?:兴趣|胃口)|毫无兴趣|提不起兴趣"
    "|讨厌|反感|厌恶|受不了|(?<!油)腻了|[吃喝看玩]腻"
    "|(?<![麻不耐])烦(?![请劳你您恼])"
    "|(?:别再?|(?:不要|不用)再|不用)(?:给我)?推荐"
    ")"
)
_HINT = re.compile("[不没毫讨反厌受腻烦推]")  # one of them is in every such word
_DISLIKE = re.compile(_WORD)
_CLAUSES = re.compile("[,。!?;]|(?<!不)但是?|可是|不过(?!敏)")
# A clause that is the dislike alone speaks of the one before it: 火锅，我真的不喜欢.
_ALONE = re.compile(f".{{0,4}}{_WORD}(?:死|了|啦|啊|的|吧|呢)*")


def liked(
    normalised: str, topics: Mapping[str, float], look: Callable[[str], dict[str, float]]
) -> dict[str, float]:
    """`topics` of the text without those of clauses that say dislike. Pure.

    look    the topics of a part of the text; asked only where a dislike was said
    """
    if not topics or not _HINT.search(normalised) or not _DISLIKE.search(normalised):
        return dict(topics)
    kept: list[str] = []
    for clause in _CLAUSES.split(normalised):
        if not _DISLIKE.search(clause):
            kept.append(clause)
        elif kept and _ALONE.fullmatch(clause.strip()) and not look(clause):
            kept.pop()
    return look(",".join(kept))
