import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.nlp import lexicon
from bot.nlp.cut import _slow, cut
from bot.nlp.lexicon import Lexicon, read, topic_names
from bot.nlp.understanding import understand

FOLDER = Path(lexicon.__file__).parent / "lexicon"
PROMISED = """
    美食 酒店 景点 咖啡 火锅 甜品 奶茶 烧烤 电影 旅行 交通
    健身 母婴 数码 服饰 美妆 图书 教育 游戏 音乐 宠物 家居
"""


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        pytest.param("附近哪家火锅好吃", {"火锅": 1.0, "美食": 1.0}, id="a dish and eating"),
        pytest.param("来杯冰美式", {"咖啡": 1.0}, id="a kind of coffee is coffee"),
        pytest.param("想喝奶茶", {"奶茶": 1.0, "甜品": 0.5}, id="milk tea touches sweets"),
        pytest.param("帮我订个酒店", {"酒店": 1.0}, id="a hotel"),
        pytest.param("酒店餐厅几点开", {"酒店": 1.0}, id="a hotel's restaurant is the hotel's"),
        pytest.param("提供早餐服务的酒店", {"酒店": 1.0}, id="a hotel's breakfast is no meal out"),
        pytest.param("门票多少钱", {"景点": 1.0}, id="a ticket means a sight"),
        pytest.param("哪里好玩", {"景点": 0.5}, id="fun is a hint"),
        pytest.param("养了一只猫", {"宠物": 0.5}, id="one character is a hint"),
        pytest.param("去猫眼买电影票", {"电影": 1.0}, id="a name hides the animal in it"),
        pytest.param("我要买个红包封面", {}, id="a red packet is neither bag nor bread"),
        pytest.param("ＣＯＦＦＥＥ please", {"咖啡": 1.0}, id="English, in any width"),
        pytest.param("catalogue", {}, id="no cat in a catalogue"),
        pytest.param(
            "酒店周边有什么景点", {"酒店": 1.0, "景点": 0.5}, id="what lies near is a hint"
        ),
        pytest.param(
            "在附近的酒店中挑一家", {"酒店": 1.0}, id="choosing among those near is a wish"
        ),
        pytest.param("今天天气不错", {}, id="about nothing we know"),
        pytest.param("", {}, id="an empty text"),
        pytest.param("\ud800\x00", {}, id="broken characters"),
    ],
)
def test_what_a_text_is_about(text, topics):
    assert understand(text).topics == topics


def test_a_command_has_no_topics():
    said = understand("我的券")
    assert (said.word, said.topics) == ("coupon", {})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("发现金融产品", False, id="across two words it is a coincidence"),
        pytest.param("现金", True, id="a word of its own"),
        pytest.param("收现金吗", True, id="a whole word among others"),
    ],
)
def test_a_match_that_cuts_through_words_does_not_count(text, found):
    assert bool(Lexicon({"现金": {"钱": 1.0}}).topics(text)) is found


def test_the_longest_entry_hides_what_lies_inside():
    words = Lexicon({"狗": {"宠物": 0.5}, "热狗": {}})
    assert words.topics("热狗") == {}
    assert words.topics("狗") == {"宠物": 0.5}


def test_every_promised_topic_has_its_file_and_enough_words():
    assert set(PROMISED.split()) <= set(topic_names())
    for path in FOLDER.glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        assert len(document["words"]) + len(document["weak"]) >= 30, path.name
        assert document["topic"] not in document.get("broader", {}), path.name


def test_every_entry_is_spelt_as_texts_are_normalised():
    from bot.nlp.normalise import normalise

    entries = read(FOLDER)
    assert [entry for entry in entries if normalise(entry).lower() != entry.lower()] == []


def test_weights_stay_between_none_and_one():
    for weights in read(FOLDER).values():
        assert all(0 < weight <= 1 for weight in weights.values())


@pytest.mark.parametrize("text", ["我想吃火锅了 ok", "a b  c，。", "😀[好]？！", "", "T恤iPhone15"])
def test_cutting_loses_nothing(text):
    assert "".join(cut(text)) == text


@pytest.mark.filterwarnings("ignore")
def test_without_the_fast_cutter_the_words_are_the_same():
    slow = _slow()
    for text in ("我想找一家好吃的餐馆", "酒店周边有什么景点", "想喝咖啡"):
        assert list(slow(text)) == list(cut(text))


def test_answering_needs_no_slow_library():
    """The callback process stays small and starts fast: a learnt model needs numpy and no more."""
    code = (
        "import sys, handlers; from bot.nlp.understanding import understand; understand('火锅');"
        "print(*sorted({'sklearn', 'jieba', 'scipy', 'yaml'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
