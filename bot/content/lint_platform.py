"""What the platform forbids: adverts in notices, inducement, tricks with the window, no way out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.content.draft import Draft
from bot.content.findings import Hit, Severity, rule
from bot.content.limits import MASS, NOTICES
from bot.content.lint_words import either, words
from bot.values.audience import Channel

_NOTICES = "微信公众平台《模板消息运营规范》"
_INDUCING = "《微信公众平台运营规范》诱导分享、诱导关注"

PUSHED = (Channel.CUSTOMER_SERVICE, Channel.ONE_TIME, *MASS)  # nobody asked for these just now

# In a notice these sell, whatever stands beside them.
hard_sell = words(
    r"""
    立即(?:抢购|购买|下单|领取|抢|参与) 马上(?:抢|领|买) 限时 秒杀 特价 促销 大促 清仓 抽奖
    免费(?:领|送) 点击领取 快来 速来 爆款 新品(?:上市|首发|来袭|推荐|到店|尝鲜)
    (?<![早晚线网])上新(?![增车学课]) 买[一二1-9]+送[一二1-9]+ 低至 领券 抢(?:券|购|先|红包) 直降
    狂欢 福利 优惠活动 活动价 钜惠 让利 超值 双(?:十一|11|12|十二) (?<!\d)618(?!\d)
    (?:邀请|推荐)好友 (?<![派配发运])送[您你](?![的达]) 专享 尊享
    """,
    "限时(?:取件|签收|送达|到达|支付|付款|停车) 快来电 秒杀订单",
)
# These may name what the follower has and did: his coupon ends, his points were booked.
soft_sell = words(
    r"""
    免费(?:试用|体验) 优惠券? 代金券 红包 卡券 会员卡 礼包 折扣 奖品 积分兑换
    满\s?\d+元?[减送返]\s?\d+ 立减 [\d一二三四五六七八九.]+折
    """,
    "优惠(?:金额|后|合计|抵扣) 折扣金额",
)
own_act = words(
    """
    到期 过期 失效 已领取? 您领取 领取成功 已使用 核销 已兑换 兑换成功 退款 退回 退还 支付成功
    订单 已到账 中奖结果 您?预约 报名成功 挂号 取餐 上课 开课
    """
)
# Of a message that is declared a service: these are said to sell.
selling = words(
    r"""
    限时(?:抢|优惠|特价|折扣|秒杀) 秒杀 特价 大促 抢购 清仓 爆款 免费领 点击领取 领券
    买[一二1-9]+送[一二1-9]+ 低至 [\d一二三四五六七八九.]+折起? 满\s?\d+元?减\s?\d+ 立减 直降 钜惠
    双(?:十一|11|十二) (?<!\d)618(?!\d) (?<![早晚线网])上新(?![增车学课]) 新品
    """,
    """
    满[^,，。]{0,6}减[^,，。]{0,6}券?(?:将|已|快)[^,，。]{0,6}(?:到期|过期|使用|失效|核销)
    新品[退换]
    """,
)

_REWARD = either(
    r"""
    领(?!导|先|域|略|悟|带) 获得 获赠 得(?=\d|[一二]|红包|奖|券|礼|积分) 返现 返\d 立?减\s?\d 免单
    解锁 红包 送(?=\d|[一二两]|红包|券|礼|您|你|积分|好礼|优惠) 抽奖 赢 奖励 有礼 奖品
    免费(?=看|领|拿|喝|吃|体验|获)
    """
)
_THEN = r"[^。！？!?;；\n]{0,18}?"
_WHERE = either(
    """
    本 此 这 该 到 至 给 文章 链接 海报 图文 消息 活动 朋友圈 好友 微信群 群 即 就 后 并 出去
    [,，]
    """
)
_FRIENDS = either("好友 朋友 闺蜜 同事 同学 家人")
_MAY = either("才能? 即可 后即?可 后方可 后才 就能 就可")
_SEE = either("领 看 查看 参与 抽 得 获 解锁 享 阅读 下载")
_GIFT = either(r"领[取红券优] 领\d 送[红券礼\d] 抽奖 有礼 得红包 得优惠")
sharing = words(
    rf"""
    (?:转发|分享)(?={_WHERE}{_THEN}{_REWARD})
    (?:转发|分享)(?=抽奖|有奖|有礼|领|得红包|赢|送礼|返现)
    转给[^,，。\n]{{0,8}}(?={_THEN}{_REWARD}) 发[到至]?朋友圈(?={_THEN}{_REWARD})
    集齐?\s?\d+\s?[个位]?(?:好友|人|朋友|助力)
    (?:帮我|帮忙|好友帮你?|请朋友)(?:点|砍|助力|加速|助攻)(?!评) 砍到\s?0元
    转发[^,，。]{{0,10}}才(?:能|可) 邀请?[^,，。\n]{{0,8}}{_FRIENDS}(?={_THEN}{_REWARD})
    (?:拉|邀请?)\s?\d+\s?(?:人|位)(?={_THEN}{_REWARD}) 好友助力 帮我助力 助力(?=领|砍|得|抽|免单)
    找人砍 砍一刀 砍价(?=免费|领|得) 不转发?(?:不是|就会|会倒霉|后悔)
    """,
    "(?:转发|分享)[^,，。]{0,4}(?:心得|体会|经验|食谱|做法|知识|故事|技巧|干货|清单|好物)",
    deniable=True,
)
liking = words(
    rf"""
    集赞 攒赞 求赞 集满?\s?\d+\s?个?赞 点赞(?=满|数|最多|前\d) 点个?赞(?={_THEN}{_REWARD})
    留言点赞 (?:在看|好评|五星)(?={_THEN}(?:返现|返\d|领|送(?=\d|红包|券|礼|小)|红包))
    """,
    deniable=True,
)
following = words(
    rf"""
    关注(?!的|过|到|度)[^,，。！!\n]{{0,12}}?{_MAY}[^。！!\n]{{0,10}}?{_SEE}
    关注(?!的|过|到|度)[^,，。！!\n]{{0,6}}?(?={_GIFT})
    """,
    deniable=True,
)
_STAY = either("继续接收 继续收到 继续(?:为您|给您)?推送 保持 激活 续期 续订 不失联 避免失联 延长")
window = words(
    rf"""
    回复\s?[「“"']?(?:\d|任意|数字|[a-z]|继续)[^。\n]{{0,10}}?{_STAY}
    (?:48小时|四十八小时)[^。\n]{{0,12}}(?:回复|互动)[^。\n]{{0,8}}(?:收到|推送|失联)
    (?:随便|任意)回复[^。\n]{{0,6}}(?:激活|继续|保持)
    """,
    deniable=True,
)
_WAY_OUT = re.compile(
    r"退订|取消(?:推送|订阅|接收)|不再接收|不想再?收到"
    r"|(?:reply|send|text)\s+td|unsubscribe|opt[ -]?out"
)
# What a notice's template is about, by the words of its title and of its text.
SCENES = {
    "order": words("订单 下单 支付 付款 发货 物流 快递 配送 签收 收货 取货 取餐 包裹"),
    "booking": words("预约 预订 订位 排号 排队 叫号 就诊 挂号 到店 入住 座位"),
    "course": words("课程 上课 开课 作业 考试 学员 班级 直播课 成绩"),
    "expiry": words("到期 过期 失效 续费 续期 有效期"),
    "account": words("积分 余额 充值 到账 会员等级 账户 账单"),
    "refund": words("退款 退货 售后 退换 理赔"),
    "event": words("报名 活动开始 演出 场次 开场 入场 门票 取票"),
}


@rule(
    "template-marketing",
    Severity.ERROR,
    _NOTICES,
    channels=(Channel.TEMPLATE,),
    purposes=("marketing", "editorial"),
)
def _template_marketing(draft: Draft) -> Iterator[Hit]:
    yield Hit("", values={"purpose": draft.purpose})


@rule("template-advert", Severity.ERROR, _NOTICES, channels=(Channel.TEMPLATE,))
def _template_advert(draft: Draft) -> Iterator[Hit]:
    return _adverts(draft)


@rule(
    "subscription-advert",
    Severity.ERROR,
    "微信公众平台《订阅通知》类目与场景",
    channels=(Channel.SUBSCRIPTION_NOTICE,),
)
def _subscription_advert(draft: Draft) -> Iterator[Hit]:
    """A notice for which the follower gave a right may offer what its template is named for."""
    if not re.search("优惠|券|促销|活动|上新|降价|到货|福利", draft.scene):
        yield from _adverts(draft)


def _adverts(draft: Draft) -> Iterator[Hit]:
    yield from hard_sell.hits(draft)
    if not own_act.there(draft.whole):
        yield from soft_sell.hits(draft)


@rule(
    "purpose-mismatch",
    Severity.ERROR,
    "《广告法》第四十三条；频控与免打扰",
    channels=PUSHED,
    purposes=("service",),
)
def _purpose_mismatch(draft: Draft) -> Iterator[Hit]:
    return selling.hits(draft)


@rule("wrong-category", Severity.WARNING, "微信公众平台《模板消息》类目与场景", channels=NOTICES)
def _wrong_category(draft: Draft) -> Iterator[Hit]:
    wanted = {name for name, about in SCENES.items() if about.there(draft.scene)}
    told = {name for name, about in SCENES.items() if about.there(draft.whole)}
    if wanted and told and not wanted & told:
        yield Hit(next(iter(draft.parts), ""), values={"scene": draft.scene})


@rule("inducement-share", Severity.ERROR, _INDUCING)
def _inducement_share(draft: Draft) -> Iterator[Hit]:
    return sharing.hits(draft)


@rule("inducement-like", Severity.ERROR, f"{_INDUCING}；《反不正当竞争法》第八条")
def _inducement_like(draft: Draft) -> Iterator[Hit]:
    return liking.hits(draft)


@rule("inducement-follow", Severity.ERROR, _INDUCING)
def _inducement_follow(draft: Draft) -> Iterator[Hit]:
    return following.hits(draft)


@rule(
    "window-trick",
    Severity.WARNING,
    "微信公众平台 2023-05 客服消息公告",
    channels=(Channel.CUSTOMER_SERVICE,),
)
def _window_trick(draft: Draft) -> Iterator[Hit]:
    return window.hits(draft)


@rule(
    "opt-out-missing",
    Severity.ERROR,
    "《广告法》第四十三条",
    channels=PUSHED,
    purposes=("marketing",),
)
def _opt_out_missing(draft: Draft) -> Iterator[Hit]:
    if "text" in draft.parts and not _WAY_OUT.search(draft.whole):
        yield Hit(next(iter(draft.parts), ""))
