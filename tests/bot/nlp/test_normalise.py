import pytest

from bot.nlp.normalise import bare, core, normalise


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("ＴＤ１２３", "td123", id="full-width letters and digits become plain"),
        pytest.param("Hello", "hello", id="case does not matter"),
        pytest.param("你好[微笑]", "你好", id="a WeChat emoji name in brackets goes"),
        pytest.param("好的/::)吧", "好的 吧", id="the older emoji form goes"),
        pytest.param(
            "[这是我自己写的一句话]", "[这是我自己写的一句话]", id="a bracketed sentence stays"
        ),
        pytest.param("见 http://a.example/x", "见 http://a.example/x", id="an address stays"),
        pytest.param("  吃　饭\n 吗 ", "吃 饭 吗", id="all white space is one space"),
        pytest.param("", "", id="nothing stays nothing"),
        pytest.param("😀火锅", "😀火锅", id="real emoji are kept"),
    ],
)
def test_one_spelling_for_one_text(typed, expected):
    assert normalise(typed) == expected


@pytest.mark.parametrize(
    ("normalised", "expected"),
    [("退 订！！", "退订"), ("t.d。", "td"), ("?", "?"), ("…", ""), ("a_b", "ab")],
)
def test_a_bare_text_has_no_punctuation_but_the_question_mark(normalised, expected):
    assert bare(normalised) == expected


@pytest.mark.parametrize(
    ("bared", "expected"),
    [
        ("请退订吧", "退订"),
        ("麻烦帮我退订一下谢谢", "退订"),
        ("吧", "吧"),
        ("优惠券吗", "优惠券吗"),
    ],
)
def test_politeness_does_not_change_what_is_asked(bared, expected):
    assert core(bared) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("我要預訂包廂", "我要预订包厢", id="traditional becomes simplified"),
        pytest.param("乾隆的乾淨", "乾隆的干净", id="by phrases, not by characters alone"),
        pytest.param("退\u200b\u202e订", "退订", id="what nobody sees goes"),
        pytest.param("火\ud800锅", "火锅", id="half a character goes"),
        pytest.param("❤\ufe0f👍🏻", "❤👍", id="an emoji has one form"),
        pytest.param("好好好好吃吃吃", "好好吃吃", id="a stretched character is there twice"),
        pytest.param("啊啊啊啊啊", "啊啊", id="and never more"),
        pytest.param("soooooo", "sooo", id="letters three times"),
        pytest.param("www.a.example", "www.a.example", id="as in www"),
        pytest.param("？？？？？", "???", id="marks three times"),
        pytest.param("退订退订退订", "退订", id="a repeated word is said once"),
        pytest.param("谢谢谢谢", "谢谢", id="谢谢 is a word"),
        pytest.param("13800000000", "13800000000", id="digits say how many"),
        pytest.param("一一一一", "一一一一", id="Chinese digits, too"),
        pytest.param("[笑笑笑笑笑笑笑笑]好", "好", id="a stretched emoji name is one"),
    ],
)
def test_scripts_unseen_characters_and_repetition(typed, expected):
    assert normalise(typed) == expected
