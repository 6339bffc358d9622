"""What is written reads back; what a parser must not swallow is refused."""

from __future__ import annotations

import pytest
import xmltodict

from bot.sandbox.xml import BadXml, parse, render


def test_text_numbers_nesting_and_repetition_are_written_as_the_platform_does():
    fields = {"A": "x]]>y&<b>", "N": 5, "Info": {"Item": ["1", "2"]}, "Empty": ""}
    assert xmltodict.parse(render(fields)) == {
        "xml": {"A": "x]]>y&<b>", "N": "5", "Info": {"Item": ["1", "2"]}, "Empty": None}
    }


def test_what_is_written_reads_back():
    fields = {"A": "你好😀]]>", "Info": {"Item": ["1", "2"]}}
    assert parse(render(fields)) == fields


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param("<xml/>", id="an empty element"),
        pytest.param("<reply><A>1</A></reply>", id="another root"),
        pytest.param("<xml><A>1</A></xml><xml/>", id="two roots"),
        pytest.param("<xml><A>1</xml>", id="not closed"),
        pytest.param("<xml><A>\x08</A></xml>", id="a control character"),
        pytest.param('{"a": 1}', id="JSON"),
        pytest.param('<!DOCTYPE x [<!ENTITY e "1">]><xml><A>&e;</A></xml>', id="entities"),
        pytest.param("<xml><A>你好</A></xml>".encode("gbk"), id="not UTF-8"),
    ],
)
def test_what_is_not_one_xml_element_is_refused(body):
    with pytest.raises(BadXml):
        parse(body)
