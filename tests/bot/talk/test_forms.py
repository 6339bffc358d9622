"""Forms as documents: what may be written, what is refused and where, and the shipped ones."""

import json
from pathlib import Path

import pytest

import bot.nlp
from bot.errors import InvalidInput
from bot.store.talk import Stored
from bot.talk.answers import read_answer, write_answer
from bot.talk.forms import MOST_BYTES, read_form, shipped, with_names, write_form
from bot.talk.intents import Named
from bot.talk.live import assemble
from tests.conftest import NOON

TRADES = Path(bot.nlp.__file__).parent / "trades"


def a_slot(**changes):
    return {"name": "people", "title": "人数", "kind": "people", "ask": "几位？", **changes}


def a_form(**changes):
    """A form that every reader takes, changed as named; None takes a field out."""
    whole = {
        "slug": "booking",
        "title": "订座",
        "slots": [a_slot()],
        "confirm": "{people}位，对吗？",
        "done": [{"text": "好的，{people}位。"}],
        "event": "booking",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def read(document):
    return read_form(document, read_answer)


def choice(*choices, **changes):
    return a_slot(name="wish", kind="choice", choices=list(choices), **changes)


@pytest.mark.parametrize("document", shipped(), ids=lambda one: one["slug"])
def test_every_shipped_form_reads_and_round_trips(document):
    form = read(document)
    written = write_form(form, write_answer)
    assert read(written) == form
    assert read(json.loads(json.dumps(written))) == form
    assert form.open
    assert form.event
    assert all(slot.ask.en for slot in form.slots), "followers who read English get English"


def test_a_booking_a_room_a_trial_an_order_a_complaint_likes_and_a_return_are_shipped():
    assert [one["slug"] for one in shipped()] == [
        "booking", "complaint", "order_query", "preferences", "return_goods", "room", "trial"
    ]  # fmt: skip


@pytest.mark.parametrize("document", shipped(), ids=lambda one: one["slug"])
def test_what_begins_a_shipped_form_is_an_intent_of_each_of_its_trades(document):
    for trade in document["trades"]:
        files = [TRADES / f"{trade}.json", TRADES / "shared.json"]
        known = {i["name"] for f in files for i in json.loads(f.read_text("utf-8"))["intents"]}
        assert set(document["intents"]) <= known


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"slug": "Booking!"}, "slug", id="a slug is small letters"),
        pytest.param({"title": None}, "title", id="a form has a title"),
        pytest.param({"slots": []}, "slots", id="it asks for something"),
        pytest.param({"slots": [a_slot(name=f"s{n}") for n in range(13)]}, "slots", id="13 slots"),
        pytest.param({"slots": [a_slot(), a_slot()]}, "slots[1].name", id="a name twice"),
        pytest.param({"slots": [a_slot(name="1st")]}, "slots[0].name", id="a digit first"),
        pytest.param({"slots": [a_slot(name="form")]}, "slots[0].name", id="a name that is ours"),
        pytest.param({"slots": [a_slot(kind="table")]}, "slots[0].kind", id="an unknown kind"),
        pytest.param({"slots": [a_slot(kind="entity:")]}, "slots[0].kind", id="a nameless entity"),
        pytest.param({"slots": [a_slot(ask=None)]}, "slots[0].ask", id="no question"),
        pytest.param({"slots": [a_slot(ask="x" * 301)]}, "slots[0].ask", id="a long question"),
        pytest.param({"slots": [a_slot(ask="{color}?")]}, "slots[0].ask", id="a foreign variable"),
        pytest.param({"slots": [a_slot(ask="{people.__class__}")]}, "slots[0].ask", id="a trick"),
        pytest.param({"slots": [a_slot(min=5, max=4)]}, "slots[0].min", id="min above max"),
        pytest.param({"slots": [a_slot(min=0)]}, "slots[0].min", id="nobody comes"),
        pytest.param({"slots": [a_slot(min=True)]}, "slots[0].min", id="true is no number"),
        pytest.param({"slots": [a_slot(attempts=0)]}, "slots[0].attempts", id="no attempt"),
        pytest.param({"slots": [a_slot(many=True)]}, "slots[0].many", id="many people"),
        pytest.param({"slots": [a_slot(also="phone")]}, "slots[0].also", id="people or phone"),
        pytest.param({"slots": [a_slot(hours=["1-2"])]}, "slots[0].hours", id="hours of people"),
        pytest.param(
            {"slots": [a_slot(kind="time", hours=["9-12"])]}, "slots[0].hours[0]", id="bad hours"
        ),
        pytest.param(
            {"slots": [a_slot(kind="time", hours=["09:00-09:00"])]}, "slots[0].hours[0]",
            id="hours that end when they begin",
        ),
        pytest.param({"slots": [choice("一")]}, "slots[0].choices", id="one choice is none"),
        pytest.param({"slots": [choice("大", "大 ")]}, "slots[0].choices", id="a choice twice"),
        pytest.param({"slots": [choice("大", "！")]}, "slots[0].choices", id="an unsayable one"),
        pytest.param(
            {"slots": [a_slot(name=f"t{n}", kind="text", max=200) for n in range(3)],
             "confirm": "", "done": []}, "slots",
            id="more text than a state holds",
        ),
        pytest.param({"confirm": "{phone}对吗"}, "confirm", id="a slot that is not there"),
        pytest.param({"confirm": "对吗}"}, "confirm", id="a lone brace"),
        pytest.param({"done": [{"text": "{phone}"}]}, "done[0].text", id="nor in an answer"),
        pytest.param({"done": [{"say": "好"}]}, "done[0]", id="no such answer"),
        pytest.param({"event": "order"}, "event", id="an event that means something else"),
        pytest.param({"event": "message.text"}, "event", id="an event of the platform"),
        pytest.param({"event": "opt_out"}, "event", id="an event about rights"),
        pytest.param({"event": "preference"}, "event", id="preferences without topics"),
        pytest.param({"minutes": 0}, "minutes", id="no time at all"),
        pytest.param({"minutes": 1441}, "minutes", id="more than a day"),
        pytest.param({"digress": "yes"}, "digress", id="yes is no truth"),
        pytest.param(
            {"slots": [a_slot(units=["岁"])]}, "slots[0].units", id="units of people"
        ),
        pytest.param({"slots": [a_slot(of="topics")]}, "slots[0].of", id="topics of people"),
        pytest.param(
            {"slots": [choice("a", "b", of="dishes")]}, "slots[0].of", id="of what is unknown"
        ),
        pytest.param({"open": ["退订"]}, "open", id="a phrase about rights"),
        pytest.param({"open": ["！！"]}, "open", id="a phrase of which nothing is left"),
        pytest.param({"colour": "red"}, "colour", id="an unknown field"),
        pytest.param({"opening": {"fr": "oui"}}, "opening.fr", id="a language of nobody"),
    ],
)  # fmt: skip
def test_a_bad_form_is_refused_at_its_first_bad_field(changes, field):
    with pytest.raises(InvalidInput) as refused:
        read(a_form(**changes))
    assert refused.value.field == field
    assert str(refused.value)


@pytest.mark.parametrize("document", [None, [], "form", 3])
def test_a_form_is_a_mapping(document):
    with pytest.raises(InvalidInput):
        read(document)


def test_defaults_are_left_out_of_nothing():
    form = read({"slug": "f", "title": "表", "slots": [a_slot()]})
    assert (form.minutes, form.digress, form.event, form.confirm.zh) == (30, True, "", "")
    assert (form.slots[0].required, form.slots[0].attempts) == (True, 3)
    assert read(write_form(form, write_answer)) == form


def test_a_form_with_one_long_text_fits_and_the_bound_is_what_the_state_can_hold():
    form = read(a_form(slots=[a_slot(), a_slot(name="what", kind="text", max=200)]))
    assert form.slots[1].most == 200
    assert 2 * MOST_BYTES < 4096


def test_an_entity_slot_learns_its_names_from_the_entity_document():
    slot = a_slot(name="dish", kind="entity:dish")
    form = read(a_form(slots=[a_slot(), slot]))
    dishes = Named(slug="dish", title="菜", values=(("毛肚", "千层肚"), ("鸭肠",)))
    assert with_names(form, [dishes]).slots[1].choices == dishes.values
    assert with_names(form, [dishes]).slots[0] == form.slots[0]


def topic(slug, name, kind="topic"):
    return Named(slug=slug, title=name, kind=kind, topic=name)


@pytest.mark.parametrize(
    ("named", "choices"),
    [
        ([], (("咖啡",), ("甜品", "甜点"))),
        ([topic("a", "火锅")], (("咖啡",), ("甜品", "甜点"))),
        ([topic("b", "火锅"), topic("a", "甜品")], (("甜品", "甜点"), ("火锅",))),
        ([topic("a", "火锅"), topic("b", "火锅"), topic("c", "茶")], (("火锅",), ("茶",))),
        ([topic("a", "火锅"), topic("b", "咖啡", kind="product")], (("咖啡",), ("甜品", "甜点"))),
        (
            [topic(f"t{n:02}", f"题{n}") for n in range(12)],
            tuple((f"题{n}",) for n in range(10)),
        ),
    ],
)
def test_a_slot_of_topics_asks_for_the_houses_own_where_there_are_two(named, choices):
    slot = a_slot(name="topics", kind="choice", many=True, of="topics",
                  choices=["咖啡", ["甜品", "甜点"]])  # fmt: skip
    form = read(a_form(slots=[slot], confirm="", done=[]))
    assert with_names(form, named).slots[0].choices == choices
    assert read(write_form(form, write_answer)) == form


def test_a_form_without_its_things_is_missing_and_the_house_goes_on(caplog):
    dish = a_slot(name="dish", kind="entity:dish")
    lost = a_form(slug="lost", slots=[dish], confirm="", done=[])
    documents = [Stored("form", one["slug"], one, "", NOON) for one in (lost, a_form(slug="kept"))]
    assert list(assemble(documents).forms) == ["kept"]
    assert "form lost is left out" in caplog.text


@pytest.mark.parametrize("named", [[], [Named(slug="dish", title="菜")]])
def test_an_entity_slot_without_anything_to_name_is_refused(named):
    form = read(a_form(slots=[a_slot(), a_slot(name="dish", kind="entity:dish")]))
    with pytest.raises(InvalidInput):
        with_names(form, named)


@pytest.mark.parametrize(
    ("text", "begins"),
    [("订座", True), ("订座！", True), ("　订 座 ", True), ("不订座", False), ("", False)],
)
def test_a_phrase_begins_a_form_whatever_stands_around_it(text, begins):
    from bot.nlp.normalise import bare, normalise

    assert read(a_form(open=["订座"])).begun_by(bare(normalise(text))) is begins
