"""What the law forbids in advertisements: 《广告法》 and what stands beside it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.content.draft import Draft
from bot.content.findings import Hit, Severity, rule
from bot.content.lint_words import either, words

ADVERTS = ("marketing", "editorial")  # what answers an own act is no advertisement
_GOODS = """
    佳 好 优 强 棒 美 低 高 大 小 快 新鲜 先进 优秀 优质 优惠 便宜 划算 实惠 省钱 专业 权威 安全
    可靠 正宗 地道 纯正 天然 健康 营养 有效 管用 受欢迎 热门 热销 畅销 好吃 好喝 好用 好看 美味
    浓郁 顶级 高级 高端 豪华 奢华 时尚 流行 火 潮 靓 酷 前沿 领先 完美 舒适 耐用 全 具性价比 物美
    厚道 牛 赞 极致 良心 给力
"""
# A number behind it makes it a fact: 最高减50, 最快30分钟, 最低1元起.
_FACT = (
    "最[高低大小快慢多少长短远近晚迟早]"
    + either(
        """
        可 能 不超过 仅需 只要 只 仅 立 消费 支持 限额 额度 为 达 优惠 起订量? 每人 单笔 至 享 送
        返 抵 减 省 领 得 需 要 用 使用 续航 待机 保鲜 保存 质保 保修 有效期? 分期 延保 营业到?
        配送 承重 载重 容量 容纳 功率
        """
    )
    + r"*\s*"
    + either(
        r"""
        [¥￥]?[\d{] [一两三五十半](?=[元天日周个小分件张折年月杯份次倍]) 当[天日] 次日 隔天
        [今明][天日]
        """
    )
)
_PERSONAL = """
    最近 最后 最初 最终 最早 最晚 最迟 最多 最少 最新(?![鲜潮]) 最爱 最喜欢 最喜爱 最常 最想
    最关心 最期待 最冷 最热(?![门销卖]) 最熟悉 最惦记 最难忘 最低消费 最低起订 最小起订 最大限度
    最大程度 最大化 最优解 最短路 最优惠组合
    最[美好]好?的(?:祝福|祝愿|时光|年华|自己|遇见|相遇|心意|陪伴) 最美好
    最[低高](?:气温|温度?|消费)
    最好(?:先|提前|在|于|别|不|是|能|可以|当|带|穿|预|避|每|由|和|与|用|早|选|趁|把|你|您)(?!的)
"""
# 第一次, 第一时间, 第一批: one of several, no rank.
_COUNTED = either(
    """
    次 时间 天 周 月 年 季 届 期 批 步 节 课 章 集 回 站 眼 印象 个 位 份 杯 件 单 张 口 排 层 楼
    条 名?顾客 场 学期 轮 人称 手 阶段 部分 中学 小学 医院 人民 幼儿园 大街 路 桶 道 支 笔 堂 瓶
    盒
    """
)
_RANKED = """
    销量 销售 全国 全网 全球 世界 中国 亚洲 行业 同类 口碑 排名 品质 质量 全城 本市 业内 人气 好评
    国内 市场
"""
_MOST = "最" + either(" ".join(sorted(_GOODS.split(), key=len, reverse=True)))

superlative = words(_MOST, f"{_FACT} {_PERSONAL}")
doubtful = words(r"最[\u4e00-\u9fff]", f"{_FACT} {_PERSONAL} {_MOST}")
first = words(
    rf"""
    {either(_RANKED)}[^,，。.!！?？;；\s]{{0,4}}第一(?!{_COUNTED})
    第一(?:品牌|名牌|选择|大品牌|美|人气|销量) 天下第一 数一数二 销冠 销量冠军 行业冠军
    (?<![a-z])no\.?1(?!\d) (?<![a-z])top\s?1(?!\d) 领导品牌 领先品牌 领导者 遥遥领先
    (?:全国|全网|全球|世界|中国|行业|国内|亚洲)(?:首家|首创|唯一|领先|之最|之冠)
    """
)
level = words(
    """
    (?:国家|世界|国际|全球|宇宙|殿堂|天花板)级 国级(?=品质|享受|大师) 顶级 顶尖 顶奢 极品 至尊
    绝无仅有 独一无二 史无前例 前无古人 举世无双 无与伦比 空前绝后 万能 无敌
    百分之百(?:有效|纯|好评|满意) 100%(?:有效|纯|好评|满意|安全|治)
    """,
    """
    国家级(?:非遗|非物质|自然|风景|森林|湿地|公园|[45]a|实验|高新|开发|示范|教学|重点|文物|文化|经开|新区)
    国家级(?:一级|二级|运动|裁判|地质|贫困) (?:世界|国际|全球)级(?:赛事|比赛|锦标|演出)
    顶级(?:域名|联赛|赛事) 万能(?:充|胶|工匠|遥控|青年)
    """,
)
absolute = words(
    """
    绝对 永久 唯一 首选 极致 独家 巅峰 王牌 终极 绝版 祖传 特效 全网(?:首发|底价) 史上 完美无瑕
    无懈可击 天花板
    """,
    """
    唯一(?:凭证|凭据|编号|编码|标识|码|账号|入口|指定|渠道|官方|有效|性|一次) 永久(?:居|地址|住址)
    天花板(?:灯|吊|漏|维|级) 特效(?:化妆|镜头|电影|师)
    (?:全国|全网|全球|世界|中国|行业|国内|亚洲)唯一
    """,
)
state = words(
    """
    国旗 国徽 国歌 军旗 军徽 军歌 党旗 党徽 国家领导人 国家机关(?:指定|推荐|特供|专用) 国宴 中南海
    人民大会堂 (?:国家|军队|部队|机关|领导)(?:特供|专供) 军供 特供(?:酒|烟|茶)
    """,
    "升国旗 国旗(?:下|班|护卫|手) 唱国歌 人民大会堂(?:演出|附近|站)",
)
medical = words(
    r"""
    治疗 治愈 根治 根除 疗效 药效 药到病除 包治 抗癌 防癌 抗病毒 抗肿瘤 降(?:血压|血糖|血脂|三高)
    消炎 活血化瘀 壮阳 补肾 延年益寿 祖传秘方 偏方 神医 (?:无任?何?|零)毒?副作用
    (?:增强|提高)免疫力 排毒养颜 快速见效 永不复发 一个疗程 有效率\d 治好 祛病 医治 月瘦\d 狂瘦
    不节食不运动 [\d一二三七十]+(?:天|周|个月)(?:就|内|可|能)?[瘦减]掉?\s*\d+
    [\d一二三七十]+(?:天|周|个月)见效 见效快
    """,
    "治疗[室仪师椅巾床] (?:心理|物理|牙齿|口腔)治疗 预约治疗",
    deniable=True,
)
financial = words(
    r"""
    保本 保息 稳赚 包赚 必赚 躺赚 稳赢 [零0无]风险 高收益 稳定收益 保证收益 收益保证 刚性兑付
    (?<![今每当])日赚(?=[\d百千万斗]) 月入(?:过|上|\d) 日入(?:过|\d) 暴富 秒批 必下款 百分百下款
    无视征信 黑户可 不看征信 年化(?:收益)?率?(?:高达|可达|达到|达)?\s*\d 只涨不跌 内幕消息
    翻倍收益
    """,
    "购物[零无0]风险 祝[^,，。]{0,6}暴富 确保本 保本(?:子|次|店|周|月|地|人|市|校)",
    deniable=True,
)
education = words(
    r"""
    (?<![确担环书])保过(?![程去夜期户敏后节冬年])
    (?<![面书钱背红皮肉荷])包过(?![期敏程大小去来了年节后滤]) 必过 包就业 保就业 保录取 包录取
    包拿证 (?<![面钱书红背])包分配 (?<![环确担])保分(?![类发享店期]) 押题命中
    命题(?:人|老师|专家|组) 保证(?:提分|通过|录取|就业|及格|考过|学会|拿证)
    [学考练]不[会过][^,，。]{0,4}(?:全额?退|包退|退[费款]) 不过(?:包退|全额?退)
    [提涨]\s*\d+\s*分(?![钟之]) \d+天(?:学会|拿下|速成|过级|搞定考试)
    """,
    "[势不未想何路途]必过 必过(?:问|于|去|程|滤|敏|虑)",
    deniable=True,
)
restricted = words(
    """
    香烟 卷烟 电子烟 雪茄 烟弹 博彩 赌博 赌场 百家乐 六合彩 时时彩 彩票代购 处方药 枪支 代孕
    代开发票 办证刻章 迷药 催情 翻墙 vpn 母乳代用品 替代母乳
    """,
    "(?:禁止?|不)(?:销售|售)?(?:香烟|电子烟) 处方药(?:须|需|请|凭)",
    deniable=True,
)
urgency = words(
    """
    随时(?:涨价|恢复原价|结束) 马上涨价 即将涨价 仅此一次 错过(?:再等一年|不再|就没|后悔|等一年)
    最后机会 史低 手慢无 亏本(?:甩|清|大) 跳楼价 清仓大甩卖 售完即涨
    """
)


@rule("superlative", Severity.ERROR, "《广告法》第九条（三）", purposes=ADVERTS)
def _superlative(draft: Draft) -> Iterator[Hit]:
    return superlative.hits(draft)


@rule("superlative-doubtful", Severity.WARNING, "《广告法》第九条（三）", purposes=ADVERTS)
def _superlative_doubtful(draft: Draft) -> Iterator[Hit]:
    for hit in doubtful.hits(draft):
        yield Hit(hit.part, hit.start, min(hit.end + 1, len(dict(draft.texts())[hit.part])))


@rule("first-rank", Severity.ERROR, "《广告法》第九条（三）、第十一条", purposes=ADVERTS)
def _first_rank(draft: Draft) -> Iterator[Hit]:
    return first.hits(draft)


@rule("top-level", Severity.ERROR, "《广告法》第九条（三）", purposes=ADVERTS)
def _top_level(draft: Draft) -> Iterator[Hit]:
    return level.hits(draft)


@rule("absolute", Severity.WARNING, "《广告法》第九条（三）、第二十八条", purposes=ADVERTS)
def _absolute(draft: Draft) -> Iterator[Hit]:
    return absolute.hits(draft)


@rule("state-symbols", Severity.ERROR, "《广告法》第九条（一）（二）", purposes=ADVERTS)
def _state_symbols(draft: Draft) -> Iterator[Hit]:
    return state.hits(draft)


@rule("medical-claim", Severity.ERROR, "《广告法》第十六至十八条", purposes=ADVERTS)
def _medical_claim(draft: Draft) -> Iterator[Hit]:
    return medical.hits(draft)


@rule("financial-promise", Severity.ERROR, "《广告法》第二十五条", purposes=ADVERTS)
def _financial_promise(draft: Draft) -> Iterator[Hit]:
    return financial.hits(draft)


@rule("education-promise", Severity.ERROR, "《广告法》第二十四条", purposes=ADVERTS)
def _education_promise(draft: Draft) -> Iterator[Hit]:
    return education.hits(draft)


@rule(
    "restricted-goods",
    Severity.ERROR,
    "《广告法》第十五、二十、二十二条；《刑法》",
    purposes=ADVERTS,
)
def _restricted_goods(draft: Draft) -> Iterator[Hit]:
    return restricted.hits(draft)


@rule("urgency", Severity.HINT, "《广告法》第二十八条；《价格法》第十四条", purposes=ADVERTS)
def _urgency(draft: Draft) -> Iterator[Hit]:
    return urgency.hits(draft)


@rule(
    "advert-unmarked",
    Severity.WARNING,
    "《广告法》第十四条；《互联网广告管理办法》第九条",
    purposes=ADVERTS,
)
def _advert_unmarked(draft: Draft) -> Iterator[Hit]:
    if draft.advert and "广告" not in draft.whole and "[ad]" not in draft.whole:
        yield Hit(next(iter(draft.parts), ""))


@rule("ai-unmarked", Severity.WARNING, "《人工智能生成合成内容标识办法》第四条")
def _ai_unmarked(draft: Draft) -> Iterator[Hit]:
    if draft.ai_made and "ai生成" not in draft.whole and "人工智能生成" not in draft.whole:
        yield Hit(next(iter(draft.parts), ""))


@rule("house-word", Severity.ERROR, "hongyan content terms")
def _house_word(draft: Draft) -> Iterator[Hit]:
    for word in draft.sender.forbidden:
        for part, plain in draft.plains.items():
            at = plain.text.find(word.lower())
            if word and at >= 0:
                yield Hit(part, *plain.span(at, at + len(word)))
