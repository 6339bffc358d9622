"""What people say to a form that is no value: yes, no, never mind, skip it, go on, wrong."""

from __future__ import annotations

import re

from bot.nlp.normalise import bare, core

LONGEST = 24  # characters; a longer text says more than this


def _some(words: str, more: str = "") -> str:
    """One of the words, the longest first. Possessive: no text makes it go back and try."""
    found = sorted(map(re.escape, words.split()), key=len, reverse=True)
    return f"(?:{'|'.join(found)}){more}"


_END = _some("吧 啊 呀 啦 了 哈 哦 噢 嘛 呢 的 哒 谢谢 谢谢你 多谢 不好意思 抱歉", "*+")
_YES = re.compile(
    _some(
        "是 是的 对 对的 对头 嗯 嗯嗯 恩 好 好的 好滴 可以 行 没错 没问题 没毛病 确认 确定 正确"
        " 就这样 就这些 提交 同意 要 需要 有 ok okay yes y yep sure right confirm 1 中 得",
        "++",
    )
    + _END
)
_NO = re.compile(
    _some(
        "不是 不是的 不对 不 否 没有 没 不行 不可以 不要 不用 不需要 错 错了 有误 有问题"
        " 不正确 不太对 no n nope wrong 2",
        "++",
    )
    + _END
)
# What is ended by 不…了 in any case, and what is so only where no story is told: 不想要了 is a
# reason for sending something back.
_FORM = (
    "订 定 预订 预定 订座 订位 订房 订包间 订包厢 约 预约 办 办理 弄 填 投诉 反馈 登记 提交 申请"
)
_WISH = "要 用 需要 查 说 写 报 报名 退 退货 退款 换 买 试 试听 体验 来 去 麻烦 继续 选"


def _cancel(what: str) -> re.Pattern[str]:
    return re.compile(
        _some("我 那 那就 还是 就 先 哎 唉 嗯", "*+")
        + "(?:"
        + _some(
            "算了 算啦 取消 取消掉 退出 结束 停止 作罢 拉倒 放弃 撤销 cancel quit exit nevermind"
        )
        + _some("这个 这次 本次 预订 预定 预约 登记 订座 订位 投诉 报名 申请 查询 填写", "?+")
        + "|"
        + _some("不想 不 暂时不 暂不 先不 别 不要")
        + _some("再 给我 帮我", "?+")
        + _some(what)
        + "了?){1,2}"
        + _END
    )


_CANCEL, _CANCEL_STORY = _cancel(f"{_FORM} {_WISH}"), _cancel(_FORM)
_SKIP = re.compile(
    _some("我 这个 暂时 目前 那 就 还", "*+")
    + _some(
        "没有 没 无 木有 不方便 跳过 略过 略 过 不用 不需要 不必 不要 没啥 没什么 没别的 随便 随意"
        " 都行 都可以 无所谓 不填 不知道 不清楚 忘了 不记得 找不到"
        " none no skip nothing 下一个 下一步"
    )
    + _some("特别 其他 别的 什么 啥 任何 特殊", "*+")
    + _some("要求 备注 需求 忌口 单号 订单号 问题 说明 补充 电话 偏好", "?+")
    + _END
)
_RESUME = re.compile(
    _some("我 那 好 好的 我们 咱们", "*+")
    + _some(
        "继续 接着 接着来 接着填 继续填 继续吧 回到刚才 刚才的 接着说 接着订 continue resume goon"
    )
    + _some("刚才的 刚才 填 填写 预订 订座 订位 订 预约 登记 说 来", "*+")
    + _END
)
_RESTART = re.compile(
    _some("我 那 还是 要 想", "*+")
    + _some("重新 重新来 重来 重新开始 从头来 从头开始 再来一次 restart again")
    + _some("吧 填 订 约 登记 来 一次 说", "*+")
    + _END
)
_EVERYTHING = re.compile(
    _some("我 全 全部 以上 这些 都 要 喜欢 所有 全选 可以 想 爱 感兴趣 all", "++")
)
_ALL_OF = ("都", "全", "所有", "以上", "all")
# 不是周六是周五, 周六改成周五, 从四位换成六位: what is wanted stands behind.
_CHANGED = re.compile(
    "改成|改到|改为|改至|改签到|换成|换到|换为|调到|调成|应该是|而是|其实是|改一下|改下|更正为?|改"
)
_NOT_BUT = re.compile(r"不是[^,。;是]{1,20}[,。; ]*是")
_BUT_NOT = re.compile(r"[,。; ]*(?:而)?不是.*$")
_WRONG = re.compile(
    "不对|不是|错了|错啦|有误|不正确|改|换|更正|修改|记错|说错|写错|弄错|打错|填错|搞错|应该是|其实是|重新|等等|wrong|change"
)
_QUESTION = re.compile(
    r"[?吗么]$|[?]|多少|几点|怎么|如何|哪[里儿个家种些]?|什么|啥|有没有|能不能|可不可以|是不是|要不要|会不会|好不好"
    r"|为什么|咋|呢$"
)


_SMALL = re.compile(
    "可不可以|可以|行不行|行|好不好|好|吗|么|呢|吧|啊|呀|的话|想要?|要|我们?|咱们?|那就?|的|来|去|就|是|大概|左右|请|帮"
    "|订|定|预约|约|有|还|在|[?]"
)


def _whole(pattern: re.Pattern[str], plain: str) -> bool:
    """The pattern is the whole normalised text, with or without politeness around it."""
    if len(plain) > LONGEST:
        return False
    said = bare(plain)
    return bool(pattern.fullmatch(said) or pattern.fullmatch(core(said)))


def yes_or_no(plain: str) -> bool | None:
    """None: neither of both."""
    if _whole(_YES, plain):  # first: 没错 is a yes made of two noes
        return True
    return False if _whole(_NO, plain) else None


def cancels(plain: str, story: bool = False) -> bool:
    """算了, 不订了, 取消预订: the whole text ends what is going on. `story`: any text may be meant
    as one, so that 不想要了 is not; 算了，不退了 is."""
    story = story and not plain.startswith(("算了", "算啦", "取消"))
    return _whole(_CANCEL_STORY if story else _CANCEL, plain)


def skips(plain: str) -> bool:
    """没有, 跳过, 都行: the question needs no answer."""
    return _whole(_SKIP, plain)


def resumes(plain: str) -> bool:
    """继续: back to what was put aside."""
    return _whole(_RESUME, plain)


def restarts(plain: str) -> bool:
    """重新来: once more from the beginning."""
    return _whole(_RESTART, plain)


def everything(bared: str) -> bool:
    """都要, 全部: all of what may be chosen."""
    return any(word in bared for word in _ALL_OF) and bool(_EVERYTHING.fullmatch(bared))


def corrects(plain: str) -> bool:
    """Something that was said before is wrong: 不对, 改成, 写错了."""
    return _WRONG.search(plain) is not None


def wanted(plain: str) -> str:
    """The part of a correction that says what is right; all of it where no part does."""
    found = _NOT_BUT.search(plain)
    if found:
        return plain[found.end() :]
    changed = [one.end() for one in _CHANGED.finditer(plain)]
    if changed:
        return plain[changed[-1] :] or plain
    rest = _BUT_NOT.sub("", plain)
    return rest or plain


def asks(plain: str) -> bool:
    """It is put as a question."""
    return _QUESTION.search(plain) is not None


def without_small_words(bared: str) -> str:
    """What is left of 可以吗, 我想要, 的话: nothing."""
    return _SMALL.sub("", bared)
