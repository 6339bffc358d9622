"""The public library that accounts choose templates from (模板库), and the industries (行业).

A small selection in the form of the platform's own; the numbers and ids are this library's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ONE_TIME, LONG_TERM = 2, 3


@dataclass(frozen=True)
class Keyword:
    """A field that a template may have. `rule` is its value type, `kid` its number.

    options  what a value of the types const and enum must be one of
    """

    kid: int
    name: str
    rule: str
    example: str
    options: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What the field is called in a message's data: `thing4`."""
        return f"{self.rule}{self.kid}"


@dataclass(frozen=True)
class Public:
    """A title of the library with the keywords to choose from.

    tid   its number: `template_id_short` of template messages, `tid` of subscription notices
    type  for subscription notices: ONE_TIME or LONG_TERM
    """

    tid: str
    title: str
    category: int
    keywords: tuple[Keyword, ...]
    type: int = ONE_TIME

    def by_name(self, names: Sequence[object]) -> list[Keyword] | None:
        """The keywords of these names in this order; None where one is not here or is doubled."""
        return _chosen({keyword.name: keyword for keyword in self.keywords}, names)

    def by_kid(self, kids: Sequence[object]) -> list[Keyword] | None:
        """The same by number, which may be written as text."""
        return _chosen({str(keyword.kid): keyword for keyword in self.keywords}, kids)


def _chosen(known: Mapping[str, Keyword], wanted: Sequence[object]) -> list[Keyword] | None:
    names = [str(one) for one in wanted]
    if len(set(names)) < len(names) or not set(names) <= set(known):
        return None
    return [known[name] for name in names]


@dataclass(frozen=True)
class Industrial:
    """An old template of an industry: free text around its fields, `first` and `remark` too."""

    short_id: str
    title: str
    industry: int
    content: str
    example: str


CATEGORIES: dict[int, str] = {
    307: "服装/鞋/箱包",
    321: "线上商超",
    612: "综合医院",
    616: "点餐平台",
}

_ORDER = (
    Keyword(1, "订单编号", "character_string", "20261121001"),
    Keyword(2, "支付金额", "amount", "¥39.80"),
    Keyword(3, "支付时间", "time", "2026-11-21 10:00"),
    Keyword(4, "商品名称", "thing", "双人火锅套餐"),
    Keyword(5, "支付方式", "const", "微信支付", ("微信支付", "现金支付", "银行卡支付")),
)
_PICK_UP = (
    Keyword(1, "取餐号", "character_string", "A-108"),
    Keyword(2, "门店名称", "thing", "人民路店"),
    Keyword(3, "取餐时间", "time", "15:01"),
    Keyword(4, "订单状态", "phrase", "制作完成"),
    Keyword(5, "联系电话", "phone_number", "021-12345678"),
)
_POINTS = (
    Keyword(1, "变动积分", "number", "120"),
    Keyword(2, "积分余额", "number", "860"),
    Keyword(3, "变动时间", "time", "2026-11-21 10:00"),
    Keyword(4, "变动原因", "thing", "购物"),
)
_EVENT = (
    Keyword(1, "活动名称", "thing", "秋季新品品鉴会"),
    Keyword(2, "开始时间", "time", "2026-11-28 14:00"),
    Keyword(3, "活动地点", "thing", "人民路店二楼"),
    Keyword(4, "温馨提示", "thing", "请提前十分钟到场"),
)
_RESTOCK = (
    Keyword(1, "商品名称", "thing", "羊毛围巾"),
    Keyword(2, "到货时间", "date", "2026年11月28日"),
    Keyword(3, "商品价格", "amount", "199元"),
    Keyword(4, "备注", "thing", "数量有限"),
)
_CLINIC = (
    Keyword(1, "就诊人", "name", "林晓雨"),
    Keyword(2, "就诊时间", "time", "2026-11-28 09:30"),
    Keyword(3, "就诊科室", "thing", "内科"),
    Keyword(4, "车牌号", "car_number", "沪A12345"),
)

LIBRARY: dict[str, Public] = {
    public.tid: public
    for public in (
        Public("43216", "订单支付成功通知", 321, _ORDER),
        Public("45390", "取餐提醒", 616, _PICK_UP),
        Public("46021", "积分变动通知", 321, _POINTS),
        Public("47123", "活动开始提醒", 321, _EVENT),
        Public("48210", "商品到货通知", 307, _RESTOCK),
        Public("49017", "就诊提醒", 612, _CLINIC, LONG_TERM),
    )
}

INDUSTRIAL: dict[str, Industrial] = {
    old.short_id: old
    for old in (
        Industrial(
            "TM00015",
            "订单支付成功",
            1,
            "{{first.DATA}}\n\n支付金额：{{orderMoneySum.DATA}}\n"
            "商品信息：{{orderProductName.DATA}}\n{{remark.DATA}}",
            "我们已收到您的货款\n\n支付金额：30.00元\n商品信息：我是商品名字\n如有问题请致电",
        ),
        Industrial(
            "OPENTM207679900",
            "会员积分变动提醒",
            31,
            "{{first.DATA}}\n会员号：{{keyword1.DATA}}\n变动积分：{{keyword2.DATA}}\n"
            "变动时间：{{keyword3.DATA}}\n{{remark.DATA}}",
            "您的积分有变动\n会员号：10086\n变动积分：120\n变动时间：2026-11-21\n感谢您的支持",
        ),
        Industrial(
            "OPENTM411651401",
            "排队到号提醒",
            10,
            "{{first.DATA}}\n排队号：{{keyword1.DATA}}\n门店：{{keyword2.DATA}}\n{{remark.DATA}}",
            "您的号到了\n排队号：A12\n门店：人民路店\n请尽快入座",
        ),
    )
}

INDUSTRIES: dict[int, tuple[str, str]] = {
    number: (first, second)
    for number, (first, second) in enumerate(
        (
            ("IT科技", "互联网/电子商务"),
            ("IT科技", "IT软件与服务"),
            ("IT科技", "IT硬件与设备"),
            ("IT科技", "电子技术"),
            ("IT科技", "通信与运营商"),
            ("IT科技", "网络游戏"),
            ("金融业", "银行"),
            ("金融业", "基金理财信托"),
            ("金融业", "保险"),
            ("餐饮", "餐饮"),
            ("酒店旅游", "酒店"),
            ("酒店旅游", "旅游"),
            ("运输与仓储", "快递"),
            ("运输与仓储", "物流"),
            ("运输与仓储", "仓储"),
            ("教育", "培训"),
            ("教育", "院校"),
            ("政府与公共事业", "学术科研"),
            ("政府与公共事业", "交警"),
            ("政府与公共事业", "博物馆"),
            ("政府与公共事业", "公共事业非盈利机构"),
            ("医药护理", "医药医疗"),
            ("医药护理", "护理美容"),
            ("医药护理", "保健与卫生"),
            ("交通工具", "汽车相关"),
            ("交通工具", "摩托车相关"),
            ("交通工具", "火车相关"),
            ("交通工具", "飞机相关"),
            ("房地产", "建筑"),
            ("房地产", "物业"),
            ("消费品", "消费品"),
            ("商业服务", "法律"),
            ("商业服务", "会展"),
            ("商业服务", "中介服务"),
            ("商业服务", "认证"),
            ("商业服务", "审计"),
            ("文体娱乐", "传媒"),
            ("文体娱乐", "体育"),
            ("文体娱乐", "娱乐休闲"),
            ("印刷", "印刷"),
            ("其它", "其它"),
        ),
        start=1,
    )
}
