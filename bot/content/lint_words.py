"""Finding words where they mean what a rule is about, and not where they stand in other words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.content.draft import Draft, Plain
from bot.content.findings import Hit


def either(alternatives: str) -> str:
    """One regular expression of several with white space between them: (?:a|b) of a b."""
    return f"(?:{'|'.join(alternatives.split())})"


# 我们不承诺“包过”, 不做好评返现: said to be refused, nothing is promised.
_REFUSED = either(
    """
    不(?:做|承诺|搞|提供|支持|参与|要求|需要|会|能|得|保证|用|含)? 没有 禁止 拒绝 谢绝 严禁 从不
    绝不 无需 并非 切勿 请勿
    """
)
_DENIED = re.compile(_REFUSED + r"[“\"'‘「]?(?:任何)?$")


@dataclass(frozen=True, slots=True)
class Words:
    """`pattern` fires; not where it begins inside of `harmless`: 最近 and 第一次 praise nothing.

    Both are compared with the plain writing (bot.content.draft.Plain). `deniable`: it does not fire
    either where the text says that it is not so.
    """

    pattern: re.Pattern[str]
    harmless: re.Pattern[str] | None = None
    deniable: bool = False

    def hits(self, draft: Draft) -> Iterator[Hit]:
        for part, plain in draft.plains.items():
            for start, end in self.spans(plain):
                yield Hit(part, *plain.span(start, end))

    def spans(self, plain: Plain) -> Iterator[tuple[int, int]]:
        """Places in the plain text."""
        allowed = [m.span() for m in self.harmless.finditer(plain.text)] if self.harmless else []
        for found in self.pattern.finditer(plain.text):
            at = found.start()
            if any(start <= at < end for start, end in allowed):
                continue
            if not (self.deniable and _DENIED.search(plain.text[max(0, at - 8) : at])):
                yield found.span()

    def there(self, text: str) -> bool:
        """Whether it fires in a plain text."""
        return any(True for _ in self.spans(Plain(text, tuple(range(len(text))))))


def words(pattern: str, harmless: str = "", *, deniable: bool = False) -> Words:
    """Both are regular expressions, alternatives with white space between them."""
    allowed = re.compile(either(harmless)) if harmless else None
    return Words(re.compile(either(pattern)), allowed, deniable)
