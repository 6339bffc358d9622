"""Command words: a text that as a whole asks the house for one thing.

Refusing and erasing act at once, so they match only when nothing else is said. The others also
match inside the short frames in which people ask (有优惠券吗, 我想领券), never inside a story.
All are one compiled alternation over the bare text; the group's name is the word.
"""

from __future__ import annotations

import re

from bot.nlp.normalise import AROUND, bare, core

LONGEST = 25  # characters; a longer text is no command


def _one(words: str, more: str = "") -> str:
    """One of the words, the longest first."""
    found = sorted(map(re.escape, words.split()), key=len, reverse=True)
    return f"(?:{'|'.join(found)}){more}"


def _many(words: str) -> str:
    """Any number of the words. Possessive: no text, however hostile, makes it go back and try."""
    return _one(words, "*+")


_COUPON = _one(
    "优惠券 优惠卷 优惠劵 优惠码 代金券 折扣券 抵用券 满减券 消费券 卡券 券 优惠"
    " coupon coupons voucher vouchers"
)
_WANT = _many(
    "我的 我们 我 你们的 你们 可以 能不能 能 给我 给 想要 想 要 需要 领取 领 拿 看看 看 查看 查询"
    " 查下 查 找 来 发 送 使用 用 一张 张 一个 个 一份 份 一些 些 一点 点 点击"
    " 今天的 新的 所有 全部"
)
_HAVE = (
    _many("你们 这里 这边 店里 家 现在 今天 最近 还 都 我")
    + "有"
    + _many("没有 木有 啥 什么 哪些 几张 多少 可用 能用 新 可领 活动 大额 的")
)
_HOW = _one("怎么 如何 怎样 在哪里 在哪 去哪里 去哪 哪里 哪里可以 上哪 什么时候")
_USE = _one("领取 领 使用 用 拿 查看 看 找")
_PUSHED = "推送 广告 消息 通知 短信 信息 优惠 推广 营销 推销 推荐"
_NO_MORE = (
    _many("以后 今后 从现在起 拜托 求求 求你们 求你 你们 你 我 真的 都 也 就 请")
    + _one("不要 别 不用 请勿 勿 不想")
    + "再?(?:给我|向我)?"
    + _one("发 推送 推 发送 收到 接收 收 看到")
    + "我?"
    + _many(f"了 你们的 你们 任何 这些 这种 这类 那些 的 给我 啦 {_PUSHED}")
)
_DISTURB = _one("不要 别 请勿 勿") + "再?(?:打扰|骚扰|烦)我?了?"

# Said as it is: these act on people's rights.
_EXACT = {
    "opt_out": (
        _one("退订 取消 td t 拒收 拒收消息 unsubscribe optout stop"),
        _one("我要 我想 要 申请 立即 马上", "?")
        + _one("退订 取消推送 取消订阅 取消消息推送 取消通知 停止推送 停止发送 关闭推送 关闭通知"),
        "退订" + _one("td t 回t"),
        _one("我要 我想 要 申请 立即 马上", "?")
        + _one("退订 取消 停止 关闭 关掉 屏蔽 拒绝 拒收")
        + _many("你们的 你们 所有 所有的 全部 一切 接收 发送 这些")
        + _one("优惠 活动 营销 商业 垃圾", "?")
        + _one("推送 广告 消息 通知 短信 信息 推广 营销 推销 推荐", "{1,2}"),
        f"(?:{_NO_MORE}|{_DISTURB}){{1,2}}",  # 不想再收到广告了，别发了
    ),
    "opt_in": (
        "恢复" + _one("订阅 推送 接收 消息 通知", "?"),
        _one("重新 继续 开启 打开") + _one("订阅 推送 接收"),
        _one("我要 我想 要", "?") + "订阅",
        _one("hf 取消退订 resubscribe subscribe optin"),
    ),
    "erase": (
        _one("我要 我想 要 申请", "?")
        + _one("删除 清除 清空 抹掉 注销")
        + _many("我的 我 自己的 本人的 本人 所有 全部 一切 的 个人")
        + _one("数据 资料 信息 记录 账号 帐号 账户 画像 会员"),
        _one("我要 我想 申请", "?") + "注销",
        _one("deletemydata eraseme forgetme"),
    ),
    "erase_confirm": (_one("确认删除 确定删除 confirmdelete confirmerase"),),
}
_FRAMED = {
    "help": (
        _one("帮助 菜单 功能 说明 使用说明 怎么用 怎么使用 帮帮我 help menu h"),
        r"\?+",
        _one("你能做 你能干 你会 你会做 你会干") + _one("什么 啥 嘛", "?"),
        "有" + _one("什么 哪些 啥") + "功能",
        "怎么" + _one("退订 取消推送 取消订阅"),
    ),
    "human": (
        _many("我要 我想 我需要 我 要 想 需要 有没有 有 转接 转 找 联系 叫 呼叫 在线 切换 请")
        + _one("人工客服 人工服务 真人客服 人工坐席 人工 客服 客服人员 真人 客服电话")
        + _many("在吗 在不在 在么 服务 小姐姐 吗 呢 来"),
        _one("human agent"),
    ),
    "profile": (
        _one("查看 查 看看 看 显示 查询 导出", "?")
        + _one("我的 个人")
        + _one("资料 画像 数据 信息 档案 标签 偏好 账户信息"),
        "你们?" + _one("知道 记录 收集 保存") + "了?我的?" + _one("什么 哪些")
        + _one("信息 数据 资料", "?"),
        _one("profile mydata me"),
    ),
    "coupon": (
        _WANT + _COUPON,
        _HAVE + _COUPON + _many("吗 么 嘛 呢 没有 没 可以领 能领 可领 可用 能用"),
        _HOW + _USE + _COUPON,
        _COUPON + f"(?:呢|{_HOW}{_USE}?)",
        _one("我要 我想 可以", "?") + "领取?" + _one("红包 福利 优惠"),
        _one("红包 福利 羊毛 薅羊毛"),
        "有" + _one("什么 啥", "?") + _one("优惠 活动 福利 红包") + _one("吗 么", "?"),
    ),
    "hello": (
        _one(
            "你好 您好 妮好 hi hello hey 哈喽 哈罗 嗨 在吗 在么 在不在 有人吗 早 早上好 早安"
            " 上午好 中午好 下午好 晚上好 晚安 亲 大家好 你们好",
            "++",
        )
        + "[呀啊吖哦]*",
    ),
}  # fmt: skip


def _characters() -> str:
    """Every character that a command can hold: what its patterns are written with, and more."""
    ways = [way for listed in (_EXACT | _FRAMED).values() for way in listed]
    return "".join(sorted({*"".join(ways), *AROUND}))


# A character that is in no command, and in nothing that may stand around one: no need to compare.
_FOREIGN = re.compile(rf"[^\W_{re.escape(_characters())}]")
_ALTERNATIVES = re.compile(
    "|".join(f"(?P<{word}>{'|'.join(ways)})" for word, ways in (_EXACT | _FRAMED).items())
)

WORDS = (*_EXACT, *_FRAMED)


def command(normalised: str) -> str:
    """The command word that the whole text is, "" if it is none. Pure."""
    if len(normalised) > LONGEST or _FOREIGN.search(normalised):
        return ""
    plain = bare(normalised)
    found = _ALTERNATIVES.fullmatch(plain)
    if found is None:
        inner = core(plain)
        found = _ALTERNATIVES.fullmatch(inner) if inner != plain else None
    return found.lastgroup or "" if found is not None else ""
