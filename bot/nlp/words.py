"""Command words: a text that as a whole asks the house for one thing.

Refusing and erasing act at once, so they match only when nothing else is said. The others also
match inside the short frames in which people ask (有优惠券吗, 我想领券), never inside a story.
All are one compiled alternation over the bare text; the group's name is the word.
"""

from __future__ import annotations

import re

from bot.nlp.normalise import bare, core

LONGEST = 20  # characters; a longer text is no command

_COUPON = (
    r"(?:优惠券|优惠卷|优惠劵|优惠码|代金券|折扣券|抵用券|满减券|消费券|卡券|券|优惠"
    r"|coupons?|vouchers?)"
)
_WANT = (
    r"(?:我|我们|可以|能|能不能|给我?|要|想要?|需要|领取?|拿|看看?|查看?|查询|查下|找|来|发|送|用|使用"
    r"|一?[张个份些点下]|我的|你们的?|今天的?|新的?|所有|全部|点击)*"
)
_HAVE = (
    r"(?:你们|这里|这边|店里|家|现在|今天|最近|还|都|我)*有(?:没有|木有|啥|什么|哪些|几张|多少)*"
    r"(?:可用|能用|新|可领|活动|大额)?的?"
)
_HOW = r"(?:怎么|如何|怎样|在哪里?|去哪里?|哪里可?以?|上哪|什么时候)"

# Say it as it is: these act on people's rights.
_EXACT = {
    "opt_out": r"退订|取消|td|t|取消推送|取消订阅|取消消息推送|取消通知|停止推送|停止发送"
    r"|关闭推送|关闭通知|拒收|拒收消息"
    r"|(?:我要|我想|要|申请|立即|马上)(?:退订|取消推送|取消订阅)|退订(?:推送|消息|通知|td|t|回t)"
    r"|(?:不要|别|不用|请勿|勿|不想)再?(?:给我)?(?:发|推送|推|发送|收到)"
    r"(?:我)?(?:了|消息|广告|短信|通知|信息|推送|优惠)*"
    r"|(?:不要|别|请勿|勿)再?(?:打扰|骚扰)我?了?|不想(?:再)?(?:收到|看到)"
    r"(?:推送|广告|消息|你们的(?:消息|广告|推送))?|unsubscribe|optout|stop",
    "opt_in": r"恢复(?:订阅|推送|接收|消息|通知)?|重新订阅|hf|重新(?:接收|推送)"
    r"|继续(?:订阅|推送|接收)"
    r"|(?:我要|我想|要)?订阅|开启推送|打开推送|取消退订|resubscribe|subscribe|optin",
    "erase": r"(?:我要|我想|要|申请)?(?:删除|清除|清空|抹掉|注销)(?:我|我的|自己的|本人的?)*"
    r"(?:所有|全部|一切)?的?(?:个人)?(?:数据|资料|信息|记录|账号|帐号|账户|画像|会员)"
    r"|(?:我要|我想|申请)?注销|deletemydata|eraseme|forgetme",
    "erase_confirm": r"确认删除|确定删除|confirmdelete|confirmerase",
}
_FRAMED = {
    "help": r"帮助|菜单|功能|说明|使用说明|怎么用|怎么使用|帮帮我|help|menu|\?+|h"
    r"|你能(?:做|干)(?:什么|啥|嘛)"
    r"|你会(?:什么|啥|做什么|干什么|干嘛)|有(?:什么|哪些|啥)功能|怎么(?:退订|取消推送|取消订阅)",
    "human": r"(?:我?要?想?|我?需要|有?没?有?|转|转接|找|联系|叫|呼叫|在线|切换|请)*"
    r"(?:人工客服|人工服务|真人客服|人工坐席|人工|客服|客服人员|真人|客服电话)"
    r"(?:在吗|在不在|在么|服务|小姐姐|吗|呢|来)*|human|agent",
    "profile": r"(?:查看?|看看?|显示|查询|导出)?(?:我的|个人)"
    r"(?:资料|画像|数据|信息|档案|标签|偏好|账户信息)"
    r"|你们?(?:知道|记录|收集|保存)了?我(?:的)?(?:什么|哪些)(?:信息|数据|资料)?|profile|mydata|me",
    "coupon": rf"{_WANT}{_COUPON}|{_HAVE}{_COUPON}(?:吗|么|嘛|呢|没有?|可以领|能领|可领|可用|能用)*"
    rf"|{_HOW}(?:领取?|用|使用|拿|查看?|看|找){_COUPON}"
    rf"|{_COUPON}(?:呢|{_HOW}(?:领取?|用|使用|拿|看|找)?)"
    r"|(?:我要|我想|可以)?领(?:取)?(?:红包|福利|优惠)|红包|福利|羊毛|薅羊毛"
    r"|有(?:什么|啥)?(?:优惠|活动|福利|红包)(?:吗|么)?",
    "hello": r"(?:你好|您好|妮好|hi|hello|hey|哈喽|哈罗|嗨|在吗|在么|在不在|有人吗|早|早上好"
    r"|早安|上午好|中午好|下午好|晚上好|晚安|亲|大家好|你们好)+[呀啊吖哦]*",
}
_ALTERNATIVES = re.compile("|".join(f"(?P<{w}>{p})" for w, p in (_EXACT | _FRAMED).items()))

WORDS = (*_EXACT, *_FRAMED)


def command(normalised: str) -> str:
    """The command word that the whole text is, "" if it is none. Pure."""
    if len(normalised) > LONGEST:
        return ""
    plain = bare(normalised)
    found = _ALTERNATIVES.fullmatch(plain)
    if found is None:
        inner = core(plain)
        found = _ALTERNATIVES.fullmatch(inner) if inner != plain else None
    return found.lastgroup or "" if found is not None else ""
