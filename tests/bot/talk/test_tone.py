"""How the house speaks, and the facts of the shop."""

import pytest

from bot.errors import InvalidInput
from bot.talk.tone import Tone, read_shop, read_tone, toned, write_shop, write_tone

WARM = Tone(greeting="您好呀～", closing="期待您的光临！")


@pytest.mark.parametrize(
    ("text", "tone", "how", "expected"),
    [
        pytest.param("十点开门", Tone(), {"first_today": True}, "十点开门", id="no tone"),
        pytest.param(
            "十点开门", WARM, {"first_today": True}, "您好呀～十点开门", id="greeted once"
        ),
        pytest.param("十点开门", WARM, {}, "十点开门", id="and not again"),
        pytest.param(
            "亲，十点开门", WARM, {"first_today": True}, "亲，十点开门", id="it greets itself"
        ),
        pytest.param("不客气", WARM, {"parting": True}, "不客气\n期待您的光临！", id="closing"),
        pytest.param("您慢走", Tone(honorific="你"), {}, "你慢走", id="less formal"),
        pytest.param("好的😊❤️", Tone(emoji=False), {}, "好的", id="without emoji"),
        pytest.param("好的😊", Tone(), {}, "好的😊", id="with"),
        pytest.param(
            "十点", Tone(greeting="您好"), {"first_today": True}, "您好，十点", id="a comma between"
        ),
    ],
)
def test_the_tone(text, tone, how, expected):
    assert toned(text, tone, **how) == expected


def test_the_settings_round_trip():
    assert read_tone(write_tone(WARM)) == WARM
    shop = read_shop({"hours": "10:00-22:00", "地址": "门口"})
    assert shop == {"hours": "10:00-22:00", "地址": "门口"}
    assert read_shop(write_shop(shop)) == shop


@pytest.mark.parametrize(
    ("read", "document", "field"),
    [
        (read_tone, {"honorific": "汝"}, "honorific"),
        (read_tone, {"emoji": "yes"}, "emoji"),
        (read_tone, {"voice": "x"}, "voice"),
        (read_shop, {"name": "x"}, "name"),
        (read_shop, {"a.b": "x"}, "a.b"),
        (read_shop, {"hours": 10}, "hours"),
        (read_shop, {"hours": "x" * 501}, "hours"),
        (read_shop, {f"n{n}": "x" for n in range(101)}, "shop"),
        (read_shop, ["x"], "shop"),
    ],
)
def test_what_is_refused(read, document, field):
    with pytest.raises(InvalidInput) as refused:
        read(document)
    assert refused.value.field == field
