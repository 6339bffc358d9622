from collections import Counter
from pathlib import Path

import pytest

from bot.errors import (
    MessageRefused,
    QuotaExhausted,
    RequestRejected,
    TokenRejected,
    Transient,
    UserUnreachable,
)
from bot.wechat.errcode_table import TABLE, WECOM
from bot.wechat.errcodes import advice, error_for, reference, retryable, rid_of

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "errcodes.md"


@pytest.mark.parametrize(
    ("errcode", "kind"),
    [
        pytest.param(-1, Transient, id="busy"),
        pytest.param(45011, Transient, id="too frequent"),
        pytest.param(45066, Transient, id="same mass id within a minute"),
        pytest.param(40001, TokenRejected, id="token not the latest"),
        pytest.param(40014, TokenRejected, id="token malformed"),
        pytest.param(42001, TokenRejected, id="token expired"),
        pytest.param(45009, QuotaExhausted, id="quota of the day"),
        pytest.param(45028, QuotaExhausted, id="mass quota"),
        pytest.param(40003, UserUnreachable, id="bad openid"),
        pytest.param(43004, UserUnreachable, id="does not follow"),
        pytest.param(48002, UserUnreachable, id="refuses messages"),
        pytest.param(45015, MessageRefused, id="window closed"),
        pytest.param(45047, MessageRefused, id="allowance used up"),
        pytest.param(43101, MessageRefused, id="right used up"),
        pytest.param(40037, RequestRejected, id="bad template"),
        pytest.param(43116, RequestRejected, id="template banned"),
        pytest.param(47003, RequestRejected, id="bad template value"),
        pytest.param(48001, RequestRejected, id="no right to the API"),
        pytest.param(40164, RequestRejected, id="address not allowed"),
        pytest.param(65308, RequestRejected, id="inside a range"),
        pytest.param(123456, RequestRejected, id="a code nobody knows"),
    ],
)
def test_a_code_says_what_to_do(errcode, kind):
    error = error_for(errcode, "msg")
    assert type(error) is kind
    assert error.errcode == errcode


def test_wecom_means_something_else_by_some_numbers():
    assert type(error_for(40013, "", wecom=True)) is TokenRejected
    assert type(error_for(40013, "")) is RequestRejected


@pytest.mark.parametrize("errcode", [40013, 40125, 40164, 40243, 89503])
def test_an_alarm_says_in_words_what_to_mend(errcode):
    error = error_for(errcode, "invalid ip 1.2.3.4 rid: a-b-c")
    assert error.errmsg.startswith("invalid ip 1.2.3.4 rid: a-b-c (")
    assert len(error.errmsg) > 60


@pytest.mark.parametrize("entry", [*TABLE, *WECOM], ids=lambda entry: str(entry.codes[0]))
def test_every_row_has_words_in_both_languages(entry):
    assert entry.meaning
    assert any("\u4e00" <= letter <= "\u9fff" for letter in entry.chinese)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_advice_is_given_for_known_and_unknown_codes(lang):
    assert advice(45015, lang) != advice(123456, lang)
    assert ("客服" in advice(45015, lang)) == (lang == "zh")


def test_no_code_stands_twice():
    for table in (TABLE, WECOM):
        counts = Counter(code for entry in table for code in entry.codes)
        assert [code for code, count in counts.items() if count > 1] == []


@pytest.mark.parametrize(
    ("errcode", "expected"), [(-1, True), (45009, True), (40037, False), (123456, False)]
)
def test_retryable(errcode, expected):
    assert retryable(errcode) is expected


def test_the_request_id_is_found():
    assert rid_of("invalid credential rid: 5f1e-2d3c-4b5a") == "5f1e-2d3c-4b5a"
    assert rid_of("ok") == ""


def test_the_reference_page_is_the_table():
    assert REFERENCE.read_text(encoding="utf-8") == reference(), (
        "run: python -m bot.wechat.errcodes > docs/reference/errcodes.md"
    )
