"""In which language a text is written, where that can be told."""

import pytest

from bot.nlp.language import language_of
from bot.nlp.normalise import normalise


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What time do you open?", "en"),
        ("where are you", "en"),
        ("book a table for two", "en"),
        ("Do you have 毛肚?", "en"),
        ("I don't want any messages", "en"),
        ("几点开门", "zh"),
        ("店里wifi密码多少", "zh"),
        ("營業時間", "zh"),
        ("订座", "zh"),
        ("hello", ""),
        ("hi ok", ""),
        ("thank you", ""),
        ("TD", ""),
        ("coupon", ""),
        ("wifi", ""),
        ("ni hao", ""),
        ("you mei you wan can", ""),
        ("wo xiang ding can", ""),
        ("好", ""),
        ("13800001111", ""),
        ("iPhone 15 Pro Max", ""),
        ("SF1234567890", ""),
        ("😡😡", ""),
        ("", ""),
        ("   ", ""),
        ("à bientôt", ""),
    ],
)
def test_which_language_shows(text, language):
    assert language_of(normalise(text)) == language
