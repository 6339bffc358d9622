"""What a kind of event is called in a rule's sentence, Chinese and English.

Chinese verbs stand without aspect, so that 没有, 从未 and 曾经 can go before them; English ones are
past tense, after "he".
"""

from __future__ import annotations

_VERBS: dict[str, tuple[str, str]] = {
    "message.*": ("发来消息", "sent a message"),
    "message.text": ("发来文字", "sent a text"),
    "message.image": ("发来图片", "sent a picture"),
    "message.voice": ("发来语音", "sent a voice message"),
    "message.video": ("发来视频", "sent a video"),
    "message.location": ("发来位置", "sent a place"),
    "message.link": ("发来链接", "sent a link"),
    "message.file": ("发来文件", "sent a file"),
    "message.unknown": ("发来其他消息", "sent something else"),
    "menu.*": ("点菜单", "used the menu"),
    "menu.click": ("点菜单", "tapped a menu button"),
    "menu.view": ("从菜单打开网页", "opened a page from the menu"),
    "menu.miniprogram": ("从菜单打开小程序", "opened a mini-program from the menu"),
    "menu.scancode": ("从菜单扫码", "scanned a code from the menu"),
    "menu.pictures": ("从菜单发图", "sent pictures from the menu"),
    "menu.location": ("从菜单发位置", "sent a place from the menu"),
    "subscribe": ("关注", "followed"),
    "unsubscribe": ("取消关注", "left"),
    "scan": ("扫码", "scanned a code"),
    "location": ("报告位置", "reported where he is"),
    "click": ("点开链接", "opened a link"),
    "order": ("下单", "ordered"),
    "refund": ("退款", "got money back"),
    "coupon.*": ("与优惠券有关", "had to do with a coupon"),
    "coupon.issued": ("获得优惠券", "got a coupon"),
    "coupon.claimed": ("领取优惠券", "claimed a coupon"),
    "coupon.redeemed": ("核销优惠券", "redeemed a coupon"),
    "coupon.returned": ("撤销核销优惠券", "had a redemption taken back"),
    "coupon.expiring": ("有优惠券快到期", "had a coupon near its end"),
    "article.view": ("看文章", "read an article"),
    "page.view": ("看网页", "looked at a page"),
    "product.view": ("看商品", "looked at a product"),
    "video.view": ("看视频", "watched a video"),
    "live.view": ("看直播", "watched a live stream"),
    "search": ("搜索", "searched"),
    "cart.add": ("加入购物车", "put something into the cart"),
    "cart.remove": ("移出购物车", "took something out of the cart"),
    "favourite": ("收藏", "kept a favourite"),
    "share": ("分享", "shared something"),
    "moment": ("发朋友圈", "posted a moment"),
    "checkin": ("签到", "checked in"),
    "comment": ("评论", "commented"),
    "group.join": ("加入群聊", "joined a group"),
    "group.leave": ("退出群聊", "left a group"),
    "preference": ("选择偏好", "chose a preference"),
    "attribute": ("更新资料", "had an attribute noted"),
    "tag": ("标签变动", "had a tag given or taken"),
    "friends": ("更新好友统计", "had friends counted"),
    "consent": ("表明同意或撤回", "gave or withdrew consent"),
    "opt_out": ("退订", "opted out"),
    "opt_in": ("重新订阅", "opted in again"),
    "subscription.popup": ("回应订阅弹窗", "answered a subscription prompt"),
    "subscription.change": ("修改订阅通知", "changed a subscription"),
    "subscription.sent": ("收到订阅通知", "was sent a subscription notice"),
    "delivery.template": ("收到模板消息", "was sent a template message"),
    "card": ("使用卡券", "used a card"),
    "campaign.answered": ("对活动消息有反应", "reacted to a campaign's message"),
    "campaign.ignored": ("对活动消息没有反应", "did not react to a campaign's message"),
    "agent": ("与客服会话", "had a session with an agent"),
    # What the forms that we bring along note, by default.
    "booking": ("订座", "booked a table"),
    "room_booking": ("订包厢", "booked a room"),
    "trial": ("预约试听", "asked for a trial lesson"),
    "complaint": ("投诉", "complained"),
    "satisfied": ("表示满意", "was satisfied"),
    "order_query": ("查订单", "asked after an order"),
    "return_goods": ("申请退换货", "asked to return goods"),
}


def verb(kind: str, lang: str, title: str = "") -> str:
    """The kind in words; a name that a house gave itself is quoted, by its title if it has one."""
    if kind in _VERBS:
        return _VERBS[kind][0 if lang == "zh" else 1]
    name = title or kind.removeprefix("custom.")
    return f"发生「{name}」" if lang == "zh" else f'did "{name}"'


def named() -> frozenset[str]:
    """Kinds and families that have words of their own."""
    return frozenset(_VERBS)
