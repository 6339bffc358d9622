"""Documents in files: what goes out comes in again, and what is hostile does not."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import InvalidInput, NotFound
from bot.store import talk
from bot.store.talk import DRAFT, LIVE, Example
from bot.talk.documents import Bundle, check, from_value, read_files, stored, write_files
from bot.talk.editing import difference, keep
from bot.talk.files import MOST_BYTES, read_json, read_yaml, write_json, write_yaml
from tests.conftest import NOON, a_follower

RULE = {"slug": "tea", "on": "message", "keywords": ["茶"], "hours": ["22:00-02:00"],
        "answers": [{"text": "好茶"}]}  # fmt: skip
INTENT = {"slug": "hours", "title": "营业时间", "answers": [{"text": "{hours|十点}"}]}
FAQ = {"slug": "pets", "questions": ["能带狗吗"], "answers": [{"text": "可以"}]}
ENTITY = {"slug": "dish", "title": "菜", "values": [["毛肚", "千层肚"]]}
ALL = {
    "rules": [RULE],
    "intents": [INTENT],
    "faqs": [FAQ],
    "entities": [ENTITY],
    "settings": {"tone": {"greeting": "您好"}, "clarify": {"sure": 0.6}},
    "examples": [{"text": "几点开门", "label": "hours", "source": "pack"}],
}

# --- YAML as it is meant ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("on: message", {"on": "message"}, id="on is a name, not true"),
        pytest.param("a: yes", {"a": "yes"}, id="yes is a word"),
        pytest.param("a: 22:00", {"a": "22:00"}, id="a time is no number of base sixty"),
        pytest.param("a: 2026-12-01", {"a": "2026-12-01"}, id="a day is a text"),
        pytest.param("a: 0123", {"a": "0123"}, id="a leading zero makes a text"),
        pytest.param("a: 0x1f", {"a": "0x1f"}, id="no hexadecimal"),
        pytest.param("a: 1_000", {"a": "1_000"}, id="no underscores"),
        pytest.param("a: true\nb: ~\nc: -5\nd: 0.5", {"a": True, "b": None, "c": -5, "d": 0.5},
                     id="truth, nothing, numbers"),
        pytest.param("<<: {a: 1}", {"<<": {"a": 1}}, id="nothing is merged"),
        pytest.param("", None, id="an empty file"),
    ],
)  # fmt: skip
def test_yaml_means_what_stands_there(text, value):
    assert read_yaml(text) == value


HOSTILE = [
    pytest.param("a: &x [1]\nb: [*x, *x]", "line 1: aliases", id="an alias"),
    pytest.param("a: &x 1", "aliases", id="an anchor"),
    pytest.param("!!python/object/apply:os.system [ls]", "tags", id="a tag that runs"),
    pytest.param("a: !!binary aGk=", "tags", id="a tag"),
    pytest.param("a: 1\na: 2", "a stands there twice", id="a name twice"),
    pytest.param("1: 2", "is a text", id="a number as a name"),
    pytest.param("? [1]\n: 2", "is a text", id="a list as a name"),
    pytest.param("[" * 5000, "nested too deeply", id="a tower of brackets"),
    pytest.param("a: 1\n---\nb: 2", "second document", id="two documents"),
    pytest.param("a: [1", "not YAML: line", id="an open bracket"),
    pytest.param("a: \x07", "not YAML", id="a bell"),
    pytest.param("a: " + "9" * 5000, "not YAML", id="a number of five thousand digits"),
]


@pytest.mark.parametrize(("text", "why"), HOSTILE)
def test_hostile_yaml_is_refused_in_a_line(text, why):
    with pytest.raises(InvalidInput) as refused:
        read_yaml(text)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) <= 200


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param('{"a": 1, "a": 2}', "twice", id="a name twice"),
        pytest.param('{"a": NaN}', "NaN", id="no number"),
        pytest.param('{"a": "\\ud800"}', "half a character", id="half a character"),
        pytest.param("[" * 200_000, "deeply", id="a tower of brackets"),
        pytest.param("[" * 50 + "]" * 50, "deeply", id="a lower tower"),
        pytest.param("{", "not JSON", id="an open brace"),
        pytest.param("9" * 5000, "not JSON", id="a number of five thousand digits"),
    ],
)
def test_hostile_json_is_refused_in_a_line(text, why):
    with pytest.raises(InvalidInput) as refused:
        read_json(text)
    assert why in str(refused.value)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
@settings(max_examples=150, deadline=None)
def test_any_value_comes_back_from_yaml_and_json(value):
    assert read_yaml(write_yaml(value)) == value
    assert read_json(write_json(value)) == value


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["all.yaml", "all.yml", "all.json", "folder"])
def test_what_is_written_is_read_again(tmp_path, name):
    bundle = from_value(ALL)
    write_files(bundle, tmp_path / name)
    assert read_files([tmp_path / name]) == bundle


def test_a_folder_has_a_file_a_section_and_nothing_of_an_earlier_export_stays(tmp_path):
    write_files(from_value(ALL), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "entities.yaml", "examples.jsonl", "faqs.yaml", "forms.yaml", "intents.yaml", "rules.yaml",
        "settings.yaml",
    ]  # fmt: skip
    write_files(from_value({"faqs": [FAQ]}), tmp_path)
    assert read_files([tmp_path]) == from_value({"faqs": [FAQ]})


def test_examples_are_also_a_file_to_train_from(tmp_path):
    from bot.nlp.learn.reading import read

    write_files(from_value(ALL), tmp_path)
    (row,) = read([str(tmp_path / "examples.jsonl")]).rows
    assert (row.text, row.labels) == ("几点开门", ("hours",))


BAD = [
    pytest.param({"rules": [RULE, {**RULE, "slug": "x", "prio": 1}]}, "rules[1].prio",
                 id="an unknown field"),
    pytest.param({"rules": [RULE, RULE]}, "rules[1]", id="a slug twice"),
    pytest.param({"intents": [{"title": "x"}]}, "intents[0].slug", id="no slug"),
    pytest.param({"faqs": [7]}, "faqs[0].faq", id="no mapping"),
    pytest.param({"faqs": {"a": FAQ}}, "faqs", id="a mapping where a list is wanted"),
    pytest.param({"settings": [1]}, "settings", id="a list where a mapping is wanted"),
    pytest.param({"settings": {"colour": {}}}, "settings.colour.colour", id="no such setting"),
    pytest.param({"settings": {"clarify": {"sure": 2}}}, "settings.clarify.sure",
                 id="a bad setting"),
    pytest.param({"examples": [{"text": "x"}]}, "examples[0].label", id="an example of nothing"),
    pytest.param({"examples": [{"text": "x" * 601, "label": "a"}]}, "examples[0].text",
                 id="an example that is a story"),
    pytest.param({"examples": [{"text": "x", "label": "a"}, {"text": "x", "label": "b"}]},
                 "examples[1]", id="a text with two labels"),
    pytest.param({"rule": [RULE]}, "rule", id="no such section"),
    pytest.param([RULE], "file", id="a list"),
    pytest.param(None, "file", id="nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "field"), BAD)
def test_a_bad_file_is_refused_by_its_place(value, field):
    with pytest.raises(InvalidInput) as refused:
        from_value(value)
    assert refused.value.field == field


def test_a_document_is_kept_under_its_own_slug():
    with pytest.raises(InvalidInput, match="kept as coffee"):
        check("faq", "coffee", FAQ)
    with pytest.raises(InvalidInput, match="wants one of"):
        check("poem", "pets", FAQ)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        pytest.param("big.yaml", b"x" * (MOST_BYTES + 1), "larger than 16 MB", id="a flood"),
        pytest.param("a.yaml", b"\xff\xfe\x00", "not UTF-8", id="another encoding"),
        pytest.param("a.txt", b"a: 1", "wanted is a file", id="another kind of file"),
        pytest.param("a.yaml", b"faqs: [1", "a.yaml: not YAML", id="broken"),
        pytest.param("a.jsonl", b'{"text": "a", "label": "b"}\n{"text"}\n', "line 2",
                     id="a broken line"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_by_its_name(tmp_path, name, content, why):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput) as refused:
        read_files([tmp_path / name])
    assert why in str(refused.value)
    assert str(tmp_path) not in str(refused.value)


def test_a_file_or_folder_with_nothing_is_not_found(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(NotFound):
            read_files([path])


def test_the_same_document_in_two_files_is_refused(tmp_path):
    for name in ("a.yaml", "b.json"):
        (tmp_path / name).write_text(json.dumps({"faqs": [FAQ]}), encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"b\.json: faq pets stands in another file"):
        read_files([tmp_path])


# --- the store ----------------------------------------------------------------------------------

SLUGS = st.from_regex(r"[a-z][a-z0-9._-]{0,8}", fullmatch=True)
WORDS = st.text("茶水咖啡on:yes 12#'\"-{}", min_size=1, max_size=12).filter(
    lambda text: any(map(str.isalnum, text)) and text == text.strip()
)
PLAIN = WORDS.map(lambda text: text.replace("{", "").replace("}", "").strip() or "好")
FAQS = st.builds(
    lambda slug, questions, text: {"slug": slug, "questions": questions,
                                   "answers": [{"text": text}]},
    SLUGS, st.lists(WORDS, min_size=1, max_size=3, unique=True), PLAIN,
)  # fmt: skip
EXAMPLES = st.builds(lambda text, label: {"text": text, "label": label}, WORDS, SLUGS)
BUNDLES = st.builds(
    lambda faqs, examples, tone: from_value(
        {"faqs": faqs, "examples": examples, "settings": {"tone": {"greeting": tone}}}
    ),
    st.lists(FAQS, max_size=4, unique_by=lambda one: one["slug"]),
    st.lists(EXAMPLES, max_size=6, unique_by=lambda one: one["text"]),
    PLAIN,
)


@given(first=BUNDLES, second=BUNDLES, name=st.sampled_from(["f", "f.yaml", "f.json"]))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_export_and_import_give_the_same_store(account_id, tmp_path, first, second, name):
    """Whatever stood there before: written out and put back as a whole, it is the same."""
    keep(account_id, first, NOON, stage=LIVE, whole=True)
    write_files(stored(account_id), tmp_path / name)
    keep(account_id, second, NOON, stage=LIVE, whole=True)
    assert difference(second, stored(account_id)).nothing
    keep(account_id, read_files([tmp_path / name]), NOON, stage=LIVE, whole=True)
    assert difference(first, stored(account_id)).nothing


def test_importing_adds_and_changes_but_removes_only_when_asked(account_id):
    keep(account_id, from_value(ALL), NOON, stage=LIVE)
    texts = (("几点关门", "hours"), ("几点开门", "opening"))
    examples = [{"text": text, "label": label} for text, label in texts]
    more = from_value({"faqs": [{**FAQ, "questions": ["能带猫吗"]}], "examples": examples})
    found = keep(account_id, more, NOON, stage=LIVE)
    assert [(one.what, one.slug, one.fields) for one in found.documents] == [
        ("changed", "pets", ("questions",))
    ]
    assert found.examples == {"hours": (1, 1), "opening": (1, 0)}
    assert talk.count_examples(account_id) == {"hours": 1, "opening": 1}
    gone = keep(account_id, more, NOON, stage=LIVE, whole=True)
    assert {one.what for one in gone.documents} == {"removed"}
    assert [one.slug for one in talk.documents(account_id)] == ["pets"]


def test_an_import_goes_into_a_draft_that_begins_as_what_is_live(account_id):
    keep(account_id, from_value(ALL), NOON, stage=LIVE)
    keep(account_id, from_value({"faqs": [FAQ]}), NOON)
    assert not talk.has(account_id, DRAFT), "nothing changed: no draft"
    keep(account_id, from_value({"faqs": [{**FAQ, "slug": "cats"}]}), NOON, dry_run=True)
    assert not talk.has(account_id, DRAFT), "a dry run: no draft"
    keep(account_id, from_value({"faqs": [{**FAQ, "slug": "cats"}]}), NOON)
    assert len(talk.documents(account_id, DRAFT)) == len(talk.documents(account_id, LIVE)) + 1


def test_an_unchanged_document_stays_its_packs_and_a_changed_one_does_not(account_id):
    talk.put(account_id, "faq", "pets", FAQ, NOON, origin="pack catering 1")
    keep(account_id, from_value({"faqs": [FAQ]}), NOON, stage=LIVE)
    assert talk.documents(account_id)[0].origin == "pack catering 1"
    keep(account_id, from_value({"faqs": [{**FAQ, "questions": ["狗"]}]}), NOON, stage=LIVE)
    assert talk.documents(account_id)[0].origin == ""


def test_followers_own_words_stay_in_the_store_and_with_their_message(account_id):
    from bot.store import events

    follower = a_follower(account_id)
    event = events.append(
        account_id, follower, "message.text", at=NOON, received_at=NOON, source="inbox", key="m1",
        facts={},
    )  # fmt: skip
    assert event is not None
    talk.add_examples(account_id, [Example("hours", "你们几点关门", "label", event)])
    assert stored(account_id) == Bundle({}, (), own_words=1)
    talk.put(account_id, "intent", "hours", {"slug": "hours", "title": "营业时间"}, NOON)
    gone = keep(account_id, Bundle(), NOON, stage=LIVE, whole=True)
    assert [one.slug for one in gone.documents] == ["hours"]
    again = from_value({"examples": [{"text": "你们几点关门", "label": "closing"}]})
    keep(account_id, again, NOON, stage=LIVE)
    (one,) = talk.examples(account_id)
    assert (one.intent, one.event_id) == ("closing", event)


def test_the_folder_is_named_by_its_own_name_alone(tmp_path):
    with pytest.raises(NotFound) as refused:
        read_files([Path(tmp_path / "nothing" / "here.yaml")])
    assert str(refused.value).startswith("here.yaml:")
