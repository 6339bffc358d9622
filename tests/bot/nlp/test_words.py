import re
from time import perf_counter

import pytest

from bot.nlp.normalise import normalise
from bot.nlp.words import LONGEST, WORDS, command

REFUSALS = """
    退订 TD td ＴＤ T t 退订! 我要退订 请退订 退订吧 麻烦退订一下 取消推送 取消 取消订阅 不要再发
    不要再发了 别再推送 别发了 不要再给我发广告了 请勿打扰 不想再收到了 拒收 stop unsubscribe
    退\u3000订 [微笑]退订 T.D。 不想收到推送 退订TD 退订推广 退订广告
    退订所有推广短信 我要退订你们的广告
    不想再收到你们的广告了，别发了 别再给我发了 以后不要发消息给我 以后别给我发广告 别再烦我了
    请不要再给我推送广告了，谢谢 我不想再收到你们的推送了 取消广告推送 拒绝接收营销短信
"""
NO_REFUSALS = """
    不要退订 我不退订 退订了会怎样 怎么退订 不用了 T恤 TDS 退订单 取消订单 别发火 不想打扰
    不想再收到假货 我想退订酒店 退订酒店 取消酒店 取消活动 TT 不要推荐火锅 别发货了 不想收到坏的
    不要优惠券 我朋友说退订以后还能用券吗 我昨天已经退订了一次又恢复了
"""
COMMANDS = {
    "opt_in": "恢复 HF hf 重新订阅 恢复推送 恢复订阅 订阅 继续推送",
    "erase": "删除我的数据 注销 我要注销 删除我的所有信息 清除个人信息 注销账号 deletemydata",
    "erase_confirm": "确认删除 确定删除。",
    "coupon": """
        优惠券 优惠券！ coupon COUPON coupons 我的券 领券 领优惠券 领红包 红包 有优惠券吗 优惠劵
        有没有优惠券 还有券吗 我要优惠券 给我一张优惠券 怎么领券 优惠券怎么用 优惠券在哪
        查看我的优惠券 有什么优惠 请问有优惠券吗
    """,
    "help": "帮助 菜单 ? ？ ？？ help 你会什么 怎么退订 怎么用",
    "human": """
        人工 人工客服 转人工 客服 找客服 客服在吗 我要人工服务 联系客服 有客服吗 真人
    """,
    "profile": "我的资料 我的画像 查看我的信息 你们知道我什么信息 profile",
    "hello": "你好 您好！ hi Hello 在吗 早上好 你好呀 嗨",
}
NO_COMMANDS = """
    我要优惠券吗 券商 面包 我不要优惠券 火锅 1 你好火锅 删除数据库 注销航班 恢复健康 客服态度真差
    我 我想领张咖啡券 这家酒店的客服电话是多少 。。。 你好，我想找一家餐馆
"""


def one_by_one(texts):
    """The texts of a table; only plain spaces and line ends part them."""
    return [one for one in re.split("[ \n]+", texts) if one]


@pytest.mark.parametrize("typed", one_by_one(REFUSALS))
def test_a_word_of_refusal_is_understood(typed):
    assert command(normalise(typed)) == "opt_out"


@pytest.mark.parametrize("typed", one_by_one(NO_REFUSALS))
def test_what_only_mentions_refusal_refuses_nothing(typed):
    assert command(normalise(typed)) != "opt_out"


@pytest.mark.parametrize(
    ("word", "typed"), [(w, one) for w, texts in COMMANDS.items() for one in one_by_one(texts)]
)
def test_a_command_is_understood_in_the_ways_people_say_it(word, typed):
    assert command(normalise(typed)) == word


@pytest.mark.parametrize("typed", [*one_by_one(NO_COMMANDS), ""])
def test_a_sentence_about_something_is_no_command(typed):
    assert command(normalise(typed)) == ""


def test_a_long_text_is_never_a_command():
    assert command("退订" * 11) == ""


def test_the_words_are_the_contract_of_the_handlers():
    assert set(WORDS) == {
        "opt_out", "opt_in", "erase", "erase_confirm", "coupon", "help", "human", "profile", "hello"
    }  # fmt: skip


def test_no_text_takes_long_to_read():
    """The alternatives hold repeated groups; none may go back and try without end."""
    parts = one_by_one(
        "我 有 要 领 都要 我的 没有 嗯 你好 在吗 别再发 退订 早 啊 ? 一张 有没有 我要我想 看看查"
        " 以后 不想收到 你们的 广告 取消推送 别烦我"
    )
    texts = [(a + b) * 10 for a in parts for b in (*parts, "")]
    began = perf_counter()
    for text in texts:
        command(text[:LONGEST])
        command(text[: LONGEST - 1] + "x")
    assert perf_counter() - began < 20  # some 1,400 texts; without end would be minutes
