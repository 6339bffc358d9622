"""What a text is made of, and which concepts it names."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from bot.nlp.learn.concepts import _FOLDER, concept_names, concepts, read
from bot.nlp.learn.features import features
from bot.nlp.learn.prepared import prepare
from bot.nlp.phrases import Phrases


@pytest.mark.parametrize(
    ("text", "among"),
    [
        pytest.param("退 货", {"退", "退 ", "退 货", "w\t退"}, id="pieces and words"),
        pytest.param("中华人民共和国", {"w\t中华人民共和国", "w\t共和"}, id="words inside a word"),
        pytest.param("几点关门?", {"^\t几", "^\t几点关", "$\t?", "f\t?"}, id="ends and marks"),
        pytest.param("你好呀", {"f\t2", "f\t3"}, id="length"),
        pytest.param("太难吃了", {"p\tbad 1", "p\tlast -", "p\tonly -"}, id="feeling"),
        pytest.param("[发怒]", {"p\tonly -"}, id="a code that normalising takes away"),
        pytest.param("", {"p\t", "k\t"}, id="nothing"),
    ],
)
def test_a_text_is_made_of(text, among):
    assert among <= features(text)


def test_of_the_emoji_only_those_that_are_entries_are_found():
    phrases = Phrases({"😀": 1, "好": 2, "好吃": 3})
    assert phrases.find("😎好吃😀好") == [(1, 3, 3), (3, 4, 1), (4, 5, 2)]
    assert phrases.find("😎") == []


def test_the_turn_before_is_marked():
    found = features("好", "要 吗")
    assert {"c\t要", "c\t要  "} <= found
    assert "c\t" in features("好", "")
    assert not any(name.startswith("c\t") for name in features("好"))


def test_only_pieces_have_no_tab_so_nothing_is_taken_for_another():
    plain = prepare("w 退\t货 c k").plain
    assert all("\t" in name or name in plain for name in features("w 退\t货 c k", "c"))


def test_whoever_has_prepared_a_text_gets_the_same():
    assert features(prepare("退货[发怒]")) == features("退货[发怒]")


def test_the_longest_phrase_wins_and_latin_words_are_whole():
    table = Phrases({"退": 1, "退款": 2, "退款难": 3, "ok": 4})
    assert [value for _, _, value in table.find("退款难退款退 ok book ok1")] == [3, 2, 1, 4]


def test_other_words_name_the_same_concept():
    assert concepts("把钱退给我,退款") == {"refund": 2}
    assert {"refund 1", "refund 2"} <= set(concept_names("把钱退给我,退款"))


def test_the_thesaurus_is_well_formed():
    names = Counter()
    for path in _FOLDER.glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        assert document["english"]
        for name, words in document["concepts"].items():
            names[name] += 1
            assert len(words) == len(set(words)) >= 3, name
    assert [name for name, times in names.items() if times > 1] == []
    assert len(read(_FOLDER)) > 10_000
