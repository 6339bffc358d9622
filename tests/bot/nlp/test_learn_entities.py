"""What is found in a text by its form alone."""

from __future__ import annotations

import pytest

from bot.nlp.learn.entities import entities


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我电话13800138000", [("phone", "13800138000")]),
        ("打400-820-8820或010-62771234", [("phone", "400-820-8820"), ("phone", "010-62771234")]),
        ("订单号：202603011234567", [("order", "202603011234567")]),
        ("快递单号SF1234567890到哪了", [("order", "SF1234567890")]),
        ("三百块钱以内，最多¥1,299.5", [("money", "三百块钱"), ("money", "¥1,299.5")]),
        ("明天下午3点半两位", [("date", "明天"), ("time", "下午3点半"), ("quantity", "两位")]),
        ("3月8日 18:30", [("date", "3月8日"), ("time", "18:30")]),
        ("下周六来三个人", [("date", "下周六"), ("quantity", "三个")]),
        ("要2件大号的", [("quantity", "2件")]),
        ("有优惠券吗", []),
        ("", []),
    ],
)
def test_what_a_text_names(text, expected):
    found = entities(text)
    assert [(one.kind, one.value) for one in found] == expected
    assert all(text[one.start : one.end] == one.value for one in found)
