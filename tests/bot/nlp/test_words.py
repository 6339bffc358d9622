import pytest

from bot.nlp.normalise import normalise
from bot.nlp.words import WORDS, command


def cases(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize(
    "typed",
    cases("退订 TD td ＴＤ T t 退订! 我要退订 请退订 退订吧 麻烦退订一下 取消推送 取消 取消订阅 不要再发")
    + cases("不要再发了 别再推送 别发了 不要再给我发广告了 请勿打扰 不想再收到了 拒收 stop unsubscribe")
    + ["退 订", "[微笑]退订", "T.D。", "不想收到推送"],
)
def test_a_word_of_refusal_is_understood(typed):
    assert command(normalise(typed)) == "opt_out"


@pytest.mark.parametrize(
    "typed",
    cases("不要退订 我不退订 退订了会怎样 怎么退订 不用了 T恤 TDS 退订单 取消订单 别发火 不想打扰 不要优惠券")
    + ["我朋友说退订以后还能用券吗", "我昨天已经退订了一次又恢复了"],
)
def test_what_only_mentions_refusal_refuses_nothing(typed):
    assert command(normalise(typed)) != "opt_out"


@pytest.mark.parametrize(
    ("word", "typed"),
    [
        (word, one)
        for word, texts in {
            "opt_in": "恢复 HF hf 重新订阅 恢复推送 恢复订阅 订阅",
            "erase": "删除我的数据 注销 我要注销 删除我的所有信息 清除个人信息 注销账号 deletemydata",
            "erase_confirm": "确认删除 确定删除。",
            "coupon": "优惠券 优惠券！ coupon COUPON coupons 我的券 领券 领优惠券 领红包 红包 有优惠券吗"
            " 有没有优惠券 还有券吗 我要优惠券 给我一张优惠券 怎么领券 优惠券怎么用 优惠券在哪"
            " 查看我的优惠券 有什么优惠 请问有优惠券吗 优惠劵",
            "help": "帮助 菜单 ? ？ ？？ help 你会什么 怎么退订 怎么用",
            "human": "人工 人工客服 转人工 客服 找客服 客服在吗 我要人工服务 联系客服 有客服吗 真人",
            "profile": "我的资料 我的画像 查看我的信息 你们知道我什么信息 profile",
            "hello": "你好 您好！ hi Hello 在吗 早上好 你好呀 嗨",
        }.items()
        for one in texts.split()
    ],
)
def test_a_command_is_understood_in_the_ways_people_say_it(word, typed):
    assert command(normalise(typed)) == word


@pytest.mark.parametrize(
    "typed",
    cases("我要优惠券吗 券商 面包 我不要优惠券 火锅 1 你好火锅 删除数据库 注销航班 恢复健康 客服态度真差 我")
    + ["我想领张咖啡券", "这家酒店的客服电话是多少", "", "。。。", "你好，我想找一家餐馆"],
)
def test_a_sentence_about_something_is_no_command(typed):
    assert command(normalise(typed)) == ""


def test_a_long_text_is_never_a_command():
    assert command("退订" * 11) == ""


def test_the_words_are_the_contract_of_the_handlers():
    assert set(WORDS) == {
        "opt_out", "opt_in", "erase", "erase_confirm", "coupon", "help", "human", "profile", "hello"
    }  # fmt: skip


@pytest.mark.parametrize("typed", ["我" * 20, "有" * 20, "要要领领看看查查找找来来发发送送用用券券", "我要" * 10])
def test_no_text_takes_long_to_read(typed):
    """The alternatives hold repeated groups: none may backtrack without end."""
    from time import perf_counter

    began = perf_counter()
    command(typed)
    assert perf_counter() - began < 0.05
