"""Values that a text names by their form: how many, how much money, how many people, numbers.

All functions take a text as it was typed or normalised, never raise, and cost time in proportion
to its length. `moments`, for days and times, stands beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.nlp.found import Found, apart
from bot.nlp.moments import moments
from bot.nlp.numerals import CHINESE, NUMERAL, RANGE, Bounds, parsed, plain

__all__ = ["Found", "moments", "money", "numbers", "orders", "people", "phones", "quantities"]

_PHONE = re.compile(
    r"1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)|0\d{2,3}[- ]?[2-8]\d{6,7}(?!\d)"
    r"|[48]00[- ]?\d{3}[- ]?\d{4}(?!\d)|[2-8]\d{6,7}(?![\d.])(?! ?[元块个件万])"
)
_COUNTRY = re.compile(r"(?:\+|00)?86[- ]?$")
_ORDER = re.compile(
    r"(?P<said>[单编]号[码是为:： #]{0,3})(?P<told>[A-Za-z]{0,4}[-_]?\d[\d-]{4,30}\d)(?![A-Za-z\d])"
    r"|(?P<seen>[A-Za-z\d][A-Za-z]{0,3}\d{10,30})(?![A-Za-z\d])"
)
_UNITS = (
    "个半?|件|份|张|位|人|瓶|杯|双|套|盒|箱|公斤|千克|斤|只|台|本|次|间|桌|条|包|支|节课|节|碗|盘|碟|串|锅"
    "|打|对|把|片|袋|罐|桶|壶|听|扎|枚|颗|粒|根|束|朵|枝|部|辆|平米|平方|厘米|毫米|毫升|米|升|场|票|座|课时"
    "|天|晚|小时|分钟|周|年|岁|kg|ml|cm|g(?![a-z])|克|两(?![三四五六七八九十百千万个位份人名张杯件间桌])|层|门|款|种|期|单|笔"
)
_UNIT = re.compile(_UNITS)
_SEVERAL = re.compile(
    rf"(?P<count>半|{RANGE}) ?(?P<unit>{_UNITS})(?P<half>半)?(?![月]|[后前内][^面])|(?P<word>俩|仨)"
)
_MONEY = re.compile(
    rf"[¥￥$] ?(?P<sign>{NUMERAL}(?: ?[-~到至] ?[¥￥]?{NUMERAL})?)"
    rf"|(?P<yuan>{RANGE}) ?(?:块钱|元钱|块|元|圆|rmb|RMB|人民币|大洋)"
    r"(?P<rest>\d{1,2}(?!\d)|[一二两三四五六七八九半])?"
    r"(?P<jiao>[毛角])?(?:零?(?P<fen>\d|[一二三四五六七八九])分)?"
    rf"|(?P<small>[\d一二两三四五六七八九]{{1,2}})[毛角](?:钱)?(?:(?P<cents>[\d一二三四五六七八九])分)?"
    r"|(?P<thousands>\d{1,4}(?:\.\d)?[kKwW])(?![A-Za-z\d])"
)
_PIECES = re.compile(
    "块(?:蛋糕|豆腐|巧克力|肉|肥皂|地|表|糖|饼|披萨|骨头|西瓜|牛排|屏|电池|[儿去来走过吃玩])"
)
_PRICED = re.compile("(?:预算|人均|价位|价格)")
_PRICE_SAID = re.compile("(?:预算|人均|价位|价格)[是为在]?(?:大概|大约|差不多|不超过|最多|也就)?$")
_MOST = re.compile(r"(?:钱|块|元)?(?:以[内下]|之内|封顶)|(?:左右|上下|出头)")
_NOT_OVER = re.compile(r"(?:不超过|不高于|低于|少于|最多|不到|小于)$")
_AT_LEAST = re.compile(r"(?:至少|最少|高于|多于|不低于|超过|大于)$")
_PERSON = (
    "大人|成年人|成人|小孩子?|小朋友|孩子|儿童|娃娃?|宝宝|老人|学生|人|位|朋友|同学|同事|女生|男生|客人"
    r"|大(?=[\d一二两三四五六]小)|小(?![时姐妹米面碗份杯盘锅号包])"
)
_NO_PERSON = "(?!民币|一[张份杯次]|份|餐|套|团|票|次|气|间|工|民|均|生|员|家|才|造|数)"
_PEOPLE = re.compile(
    rf"(?P<count>{RANGE})个? ?(?P<who>{_PERSON}){_NO_PERSON}"
    r"|一家(?P<family>[一二两三四五六七八九十\d]{1,2})口|(?P<house>[一二两三四五六七八九十\d]{1,2})口之家"
    rf"|(?:我们|咱们?|一共|总共|加起来|共)(?:就|是|有|要)?(?P<all>{RANGE})个(?![半月字小大件份人孩老女男客同朋])"
    r"|(?P<two>[俩两]人(?!份|餐|套)|[我咱](?:们)?俩|两口子|小两口|情侣(?!座|套|装))|(?P<three>仨人|[我咱](?:们)?仨)"
    r"|(?:就|只有)?(?:我|本人)?(?P<one>自己|独自)(?:一个?人?)?来?$"
)
# Without one of these there is nothing to look for: most texts are done with here. Each begins
# with a class, for which a search is fastest, and then looks at what stands beside the character.
COUNTING = re.compile(rf"[\d{CHINESE}半俩仨己独侣]")  # for any of the below, but days and times
_ARABIC = re.compile("[0-9]")
_COUNT = re.compile(
    rf"[\d{CHINESE}半俩仨](?:(?<=[俩仨])|(?= ?[\d{CHINESE}.,kKwW多来好\-~—－～到至"
    f"{''.join(sorted({unit[0] for unit in _UNITS.split('|')}))}]))"
)
_COIN = re.compile(
    r"[块元圆毛角rR人大¥￥$kKwW](?:(?<=[¥￥$])|(?<=\d[kKwW])"
    rf"|(?<=[\d{CHINESE}多来kKwW ][块元圆毛角rR人大]))"
)
_WHO = re.compile("[人位口俩仨己独侣孩童宝友学事生客大]")
_PARTY = re.compile(
    "[口俩仨侣己独大成小朋孩儿娃宝老学人位同女男客](?:(?<=[俩仨侣己独])"
    rf"|(?<=[\d{CHINESE}多来个kKwW ][口大成小朋孩儿娃宝老学人位同女男客]))"
)
_OF_US = re.compile("我们|咱|共|加起来")
_CHILDREN = {"小孩", "小孩子", "小朋友", "孩子", "儿童", "娃", "娃娃", "宝宝", "小"}
_BIG = 10**12
# 一 and its like are words before they are numbers: 一下, 第一, 周一, 万一, 四川.
_NUMBER = re.compile(rf"{RANGE}")
_COUNTED = re.compile(rf"(?:{_UNITS}|元|块|号|点|月|日|折|页|楼|级|倍|左右|以|多|[到至-])")


def phones(text: str) -> list[Found]:
    """Telephone numbers of the mainland; the value is their digits: 13800138000, 01062771234."""
    if not _ARABIC.search(text):
        return []
    found = []
    for match in _PHONE.finditer(text):
        start = match.start()
        country = _COUNTRY.search(text, max(0, start - 5), start)
        start = country.start() if country else start
        before = text[max(0, start - 1) : start]
        if not before.isascii() or not (before.isalnum() or before in ("-", ".")):
            found.append(Found(start, match.end(), re.sub(r"\D", "", match.group())))
    return found


def orders(text: str) -> list[Found]:
    """Order and parcel numbers: what follows 单号, or twelve digits and more. Upper case."""
    if not _ARABIC.search(text):
        return []
    found = []
    for match in _ORDER.finditer(text):
        start, end = match.span("told" if match.group("told") else "seen")
        number = text[start:end]
        if match.group("told") or _unnamed(text, start, number):
            found.append(Found(start, end, number.replace("-", "").upper()))
    return found


def _unnamed(text: str, start: int, number: str) -> bool:
    """Long enough for nothing else, and not the rest of a longer word."""
    digits = sum(map(str.isdecimal, number))
    before = text[max(0, start - 1) : start]
    return digits >= 12 and not (before.isascii() and (before.isalnum() or before in (".", "+")))


def numbers(text: str) -> list[Found]:
    """Numbers that stand for themselves. Value: the number, or [least, most] for 两三百."""
    found = []
    for match in _NUMBER.finditer(text):
        bounds = parsed(match.group())
        if bounds is not None and _stands_alone(text, match):
            found.append(Found(match.start(), match.end(), _of(bounds)))
    return sorted([*found, *_words_for_numbers(text)], key=lambda one: one.start)


def _words_for_numbers(text: str) -> list[Found]:
    words = {"俩": 2, "仨": 3, "半": 0.5}
    if words.keys().isdisjoint(text):
        return []
    return [
        Found(at, at + 1, words[char])
        for at, char in enumerate(text)
        if char in words and (char != "半" or text == "半" or _COUNTED.match(text, at + 1))
    ]


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    said = match.group()
    if said[0].isdecimal() or len(said) > 2:
        before = text[max(0, match.start() - 1) : match.start()]
        return not (before.isascii() and before.isalpha())
    before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() :][:1]
    if before in {*"第周期拜初"} or said == "几":
        return False
    if not ("\u4e00" <= after <= "\u9fff"):
        return True
    return _COUNTED.match(text, match.end()) is not None


def _of(bounds: Bounds) -> Any:
    low, high = map(plain, bounds)
    return low if low == high else [low, high]


def quantities(text: str) -> list[Found]:
    """How many of what: {count, unit}, and `most` where it is a range. 半斤 is 0.5."""
    found = []
    for match in _several(text):
        value = _quantity(match)
        if value is not None and text[max(0, match.start() - 1) : match.start()] != "第":
            found.append(Found(match.start(), match.end(), value))
    return found


def _several(text: str) -> Iterator[re.Match[str]]:
    """As finditer, which would try every character."""
    free = 0
    for hint in _COUNT.finditer(text):
        match = _SEVERAL.match(text, hint.start()) if hint.start() >= free else None
        if match is not None:
            free = match.end()
            yield match


def _quantity(match: re.Match[str]) -> dict[str, Any] | None:
    if match.group("word"):
        return {"count": 2 if match.group("word") == "俩" else 3, "unit": "个"}
    said, unit = match.group("count"), match.group("unit")
    bounds = (0.5, 0.5) if said == "半" else parsed(said)
    if bounds is None or said == "几" or bounds[1] > _BIG:
        return None
    half = 0.5 * (unit.endswith("半") or bool(match.group("half")))
    dozen = 12 if unit == "打" else 1
    low, high = (plain((bound + half) * dozen) for bound in bounds)
    value = {"count": low, "unit": "个" if unit == "打" else unit.removesuffix("半")}
    return value if low == high else {**value, "most": high}


def money(text: str, asked: bool = False) -> list[Found]:
    """Amounts: {fen}, with `most_fen` for a range, `bound` (most, least, about) if one is said.

    asked   the text answers 多少钱: then a bare number is an amount, 一百二 is 12,000 fen
    """
    found = list(_amounts(text)) if _COIN.search(text) else []
    if found or not (asked or _PRICED.search(text)):
        return found
    return [one for one in map(_bare_amount, numbers(text)) if one and _meant(text, one, asked)]


def _amounts(text: str) -> Iterator[Found]:
    for match in _MONEY.finditer(text):
        span = _amount(match)
        if span is not None and not _other_piece(text, match):
            yield Found(match.start(), match.end(), _worth(text, match, span))


def _other_piece(text: str, match: re.Match[str]) -> bool:
    """两块蛋糕 and 一块去 are no money; a part of a longer number neither."""
    at = text.find("块", match.start(), match.end())
    before = text[max(0, match.start() - 1) : match.start()]
    return (at >= 0 and _PIECES.match(text, at) is not None) or before == "第"


def _amount(match: re.Match[str]) -> Bounds | None:
    """In fen."""
    if match.group("small"):
        jiao, cents = parsed(match.group("small")), parsed(match.group("cents") or "0")
        return None if jiao is None or cents is None else _fen(jiao, 10, cents[0])
    whole = parsed(
        re.sub("[¥￥]", "", match.group("sign") or match.group("yuan") or match.group("thousands"))
    )
    if whole is None or whole[1] > _BIG:
        return None
    said = match.group("rest") or "0"
    rest = (5, 5) if said == "半" else parsed(said)
    cents = parsed(match.group("fen") or "0")
    if rest is None or cents is None:
        return None
    digits = len(said) == 2 and said.isdecimal() and not match.group("jiao")
    return _fen(whole, 100, rest[0] * (1 if digits else 10) + cents[0])


def _fen(whole: Bounds, scale: int, more: float) -> Bounds:
    low, high = (round(bound * scale + more) for bound in whole)
    return low, high


def _worth(text: str, match: re.Match[str], span: Bounds) -> dict[str, Any]:
    value: dict[str, Any] = {"fen": int(span[0])}
    if span[1] != span[0]:
        value["most_fen"] = int(span[1])
    if text[match.start()] == "$":
        value["currency"] = "USD"
    after = _MOST.match(text, match.end())
    near = text[max(0, match.start() - 4) : match.start()]
    if (
        after and after.group()[-1] in "内下顶" and "上下" not in after.group()
    ) or _NOT_OVER.search(near):
        value["bound"] = "most"
    elif after:
        value["bound"] = "about"
    elif text.startswith("以上", match.end()) or _AT_LEAST.search(near):
        value["bound"] = "least"
    return value


def _bare_amount(number: Found) -> Found | None:
    said = number.value if isinstance(number.value, list) else [number.value, number.value]
    if said[1] > _BIG:
        return None
    low, high = (round(bound * 100) for bound in said)
    return Found(
        number.start, number.end, {"fen": low} if low == high else {"fen": low, "most_fen": high}
    )


def _meant(text: str, one: Found, asked: bool) -> bool:
    """预算三百: what stands before says that it is money."""
    if asked:
        return True
    said = _PRICE_SAID.search(text, max(0, one.start - 9), one.start)
    return said is not None and _UNIT.match(text, one.end) is None


def people(text: str) -> list[Found]:
    """How many people come: {count}, with `most` for 三四个人, adults, children if told."""
    told = _PARTY.search(text) and _WHO.search(text)
    if not told and not ("个" in text and _OF_US.search(text)):
        return []
    found = apart(
        Found(match.start(), match.end(), value)
        for match in _PEOPLE.finditer(text)
        if (value := _party(match)) is not None
        and text[max(0, match.start() - 1) : match.start()] not in {"第", "每", "/"}
    )
    return _together(text, found)


def _party(match: re.Match[str]) -> dict[str, Any] | None:
    for name, count in (("two", 2), ("three", 3), ("one", 1)):
        if match.group(name):
            return {"count": count}
    said = next(filter(None, (match.group(name) for name in ("count", "family", "house", "all"))))
    bounds = parsed(said)
    if bounds is None or said == "几" or not 0 <= bounds[1] <= 100_000:
        return None
    if bounds[0] != int(bounds[0]):
        return None
    value: dict[str, Any] = {"count": int(bounds[0])}
    if bounds[1] != bounds[0]:
        value["most"] = int(bounds[1])
    who = match.group("who")
    if who in _CHILDREN:
        value["children"] = int(bounds[0])
    elif who in ("大人", "成人", "成年人", "大"):
        value["adults"] = int(bounds[0])
    return value


def _together(text: str, found: list[Found]) -> list[Found]:
    """两个大人一个小孩 are three: adults and children that stand close are one party."""
    parties: list[Found] = []
    for one in found:
        last = parties[-1] if parties else None
        apart_by = text[last.end : one.start] if last else ""
        kinds = {"adults", "children"}
        if last and len(apart_by) <= 2 and kinds & last.value.keys() and kinds & one.value.keys():
            sums = {
                key: last.value.get(key, 0) + one.value.get(key, 0)
                for key in ("count", *sorted(kinds))
            }
            parties[-1] = Found(last.start, one.end, sums)
        else:
            parties.append(one)
    return parties
