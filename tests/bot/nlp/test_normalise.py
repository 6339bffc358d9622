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
