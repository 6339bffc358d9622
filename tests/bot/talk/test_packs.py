"""Ready-made trades: whole, correct, applied carefully; and the model that goes with them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.clock import SHANGHAI
from bot.errors import InvalidInput, NotFound
from bot.nlp.learn.reading import OUT_OF_SCOPE
from bot.segment.rules import parse
from bot.segment.sentence import sentence
from bot.store import accounts, learnt, talk
from bot.store import segments as segment_store
from bot.store.talk import DRAFT, LIVE, PREVIOUS, Example
from bot.talk import training
from bot.talk.answers import read_answer
from bot.talk.documents import check
from bot.talk.live import INTENT_MODEL, load
from bot.talk.packs import NAMES, apply, giver_of, pack
from bot.talk.rules import read_rules
from bot.talk.xray import xray
from tests.conftest import NOON

LATER = NOON + timedelta(days=1)


def small(name, examples=40):
    """A pack with fewer examples: applying it takes no time."""
    whole = pack(name)
    return replace(whole, examples=whole.examples[:examples])


def document(account_id, kind, slug, stage=LIVE):
    return next(d for d in talk.documents(account_id, stage, kind) if d.slug == slug)


# --- what is in them ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_document_of_a_pack_is_one_that_the_house_reads(name):
    for (kind, slug), (_, found) in pack(name).documents.items():
        check(kind, slug, found)


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_has_what_a_shop_needs(name):
    whole = pack(name)
    kinds = [kind for kind, _ in whole.documents]
    assert kinds.count("faq") == 25
    assert kinds.count("intent") >= 25
    assert kinds.count("form") >= 2
    intents = {slug for kind, slug in whole.documents if kind == "intent"}
    assert {one.intent for one in whole.examples} == intents | {OUT_OF_SCOPE}
    texts = [one.text for one in whole.examples]
    assert len(texts) == len(set(texts)), "a text stands for one thing"


@pytest.mark.parametrize("name", NAMES)
def test_the_intents_of_a_form_begin_it(name):
    documents = {key: found for key, (_, found) in pack(name).documents.items()}
    for (kind, slug), form in documents.items():
        if kind == "form":
            for intent in form["intents"]:
                assert documents["intent", intent]["answers"] == [{"form": slug}]


@pytest.mark.parametrize("name", NAMES)
def test_the_facts_that_answers_ask_for_stand_there_to_be_filled_in(name):
    _, shop = pack(name).documents["setting", "shop"]
    assert {"hours", "address", "phone"} <= shop.keys()
    assert set(shop.values()) == {""}


@pytest.mark.parametrize("name", NAMES)
def test_the_rules_of_a_pack_pass_the_x_ray(name):
    rules = [found for (kind, _), (_, found) in pack(name).documents.items() if kind == "rule"]
    assert xray(read_rules(rules, read_answer), NOON, SHANGHAI) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_segments_of_a_pack_are_rules_that_can_be_said(name):
    for one in pack(name).segments:
        assert sentence(parse(one.rule))


def test_an_unknown_pack_is_not_found():
    with pytest.raises(NotFound, match="catering, ecommerce"):
        pack("shared")


# --- applying them ------------------------------------------------------------------------------


def test_a_pack_applied_twice_changes_nothing(account_id):
    first = apply(account_id, small("catering"), NOON)
    assert (first.same, first.examples, first.kept) == (0, 40, ())
    assert len(first.added) == len(pack("catering").documents)
    version = talk.version(account_id)
    again = apply(account_id, small("catering"), LATER)
    assert again.nothing
    assert again.same == len(first.added)
    assert talk.version(account_id) == version, "nothing was written"


def test_a_whole_pack_goes_into_every_engine(any_store):
    account_id = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    done = apply(account_id, pack("catering"), NOON)
    assert sum(talk.count_examples(account_id).values()) == done.examples > 10_000
    assert apply(account_id, pack("catering"), LATER).nothing


def test_a_dry_run_says_the_same_and_writes_nothing(account_id):
    said = apply(account_id, small("catering"), NOON, dry_run=True)
    assert talk.version(account_id) == 0
    assert segment_store.of_account(account_id) == []
    assert apply(account_id, small("catering"), NOON) == said


def test_what_somebody_changed_stays_and_is_reported(account_id):
    apply(account_id, small("catering"), NOON)
    mine = {**document(account_id, "faq", "catering.pets").document, "questions": ["能带狗吗"]}
    talk.put(account_id, "faq", "catering.pets", mine, LATER)
    again = apply(account_id, small("catering"), LATER)
    assert again.kept == ((("faq", "catering.pets"), "changed by hand"),)
    assert again.nothing
    assert document(account_id, "faq", "catering.pets").document == mine


def test_a_change_in_the_store_itself_counts_as_one_by_hand(account_id):
    """The fingerprint of the origin decides, not the name alone."""
    apply(account_id, small("catering"), NOON)
    held = document(account_id, "faq", "catering.pets")
    mine = {**held.document, "give": "all"}
    talk.put(account_id, "faq", "catering.pets", mine, LATER, origin=held.origin)
    assert giver_of(document(account_id, "faq", "catering.pets")) == ""
    assert apply(account_id, small("catering"), LATER).kept


def test_what_a_former_edition_gave_follows_the_pack(account_id):
    now = small("catering")
    part, found = now.documents["faq", "catering.pets"]
    old = {**now.documents, ("faq", "catering.pets"): (part, {**found, "questions": ["狗"]})}
    apply(account_id, replace(now, documents=old), NOON)
    again = apply(account_id, now, LATER)
    assert again.changed == (("faq", "catering.pets"),)
    assert document(account_id, "faq", "catering.pets").document == found
    assert giver_of(document(account_id, "faq", "catering.pets")) == "catering"


def test_another_pack_adds_and_takes_nothing_away(account_id):
    apply(account_id, small("catering"), NOON)
    before = {(one.kind, one.slug): one.document for one in talk.documents(account_id)}
    second = apply(account_id, small("entertainment"), LATER)
    after = {(one.kind, one.slug): one.document for one in talk.documents(account_id)}
    assert before.items() <= after.items()
    assert {("faq", "entertainment.pets"), ("form", "room")} <= set(second.added)
    assert dict(second.kept)["intent", "parking"] == "given by the pack catering"


def test_examples_of_anothers_intent_are_not_mixed_into_it(account_id):
    """Both trades have `refund`: money back for goods is no lesson cancelled."""
    apply(account_id, replace(pack("ecommerce"), examples=()), NOON)
    texts = [one for one in pack("education").examples if one.intent in ("refund", "trial")]
    apply(account_id, replace(pack("education"), examples=tuple(texts)), LATER)
    assert set(talk.count_examples(account_id)) == {"trial"}


def test_an_example_that_somebody_moved_stays_where_it_is(account_id):
    wanted = small("catering", 5)
    moved = Example("menu", wanted.examples[0].text)
    talk.add_examples(account_id, [moved])
    assert apply(account_id, wanted, NOON).examples == 4
    assert talk.examples(account_id, LIVE, "menu") == [moved]


def test_a_segment_that_is_there_already_stays(account_id):
    from bot.segment import catalogue

    catalogue.define(account_id, "bookers", "我的", {"tag": "vip"}, NOON)
    done = apply(account_id, small("catering"), NOON)
    assert "bookers" not in done.segments
    assert segment_store.by_slug(account_id, "bookers").name == "我的"


def test_a_pack_can_go_into_a_draft(account_id):
    apply(account_id, small("catering"), NOON, stage=DRAFT)
    assert talk.documents(account_id, LIVE) == []
    assert training.publish(account_id, LATER)
    assert len(load(account_id).faq) == 25


def test_what_is_applied_is_compiled_whole(account_id, caplog):
    apply(account_id, small("catering"), NOON)
    says = load(account_id)
    assert len(says.faq) == 25
    assert "reserve" in says.intents
    assert not caplog.records, "no document is left out"


# --- the model ----------------------------------------------------------------------------------


def teach(account_id, stage, **intents):
    found = [
        Example(intent, f"{word}{thing}")
        for intent, word in intents.items()
        for thing in ("毛衣", "裙子", "大衣", "球鞋", "帽子", "围巾")
    ]
    talk.add_examples(account_id, found, stage=stage)


def active(account_id):
    kept = learnt.in_state(account_id, INTENT_MODEL, "active")
    return kept.id if kept else None


def test_a_model_is_made_once_for_the_same_examples(account_id):
    teach(account_id, LIVE, price="多少钱", refund="要退")
    kept, made = training.train_stage(account_id, LIVE, NOON)
    assert made
    assert kept.state == "active"
    assert load(account_id).model.predict("手套要退").labels == ("refund",)
    assert training.train_stage(account_id, LIVE, LATER) == (kept, False)
    assert training.is_current(account_id)
    teach(account_id, LIVE, wash="能洗吗")
    assert not training.is_current(account_id)
    assert training.train_stage(account_id, LIVE, LATER)[1]


def test_a_drafts_model_is_on_trial_and_goes_live_and_back_with_it(account_id):
    teach(account_id, LIVE, price="多少钱", refund="要退")
    old, _ = training.train_stage(account_id, LIVE, NOON)
    talk.begin_draft(account_id)
    teach(account_id, DRAFT, wash="能洗吗")
    new, _ = training.train_stage(account_id, DRAFT, NOON)
    assert new.state == "shadow"
    assert active(account_id) == old.id
    assert training.publish(account_id, LATER)
    assert active(account_id) == new.id
    assert learnt.in_state(account_id, INTENT_MODEL, "shadow") is None
    assert talk.has(account_id, PREVIOUS)
    assert training.roll_back(account_id, LATER)
    assert active(account_id) == old.id
    assert training.roll_back(account_id, LATER)
    assert active(account_id) == new.id


def test_a_draft_without_a_model_of_its_own_leaves_the_old_one_in_use(account_id):
    teach(account_id, LIVE, price="多少钱", refund="要退")
    old, _ = training.train_stage(account_id, LIVE, NOON)
    talk.begin_draft(account_id)
    teach(account_id, DRAFT, wash="能洗吗")
    assert training.publish(account_id, LATER)
    assert active(account_id) == old.id
    assert not training.is_current(account_id)


def test_a_dropped_draft_ends_the_trial_of_its_model(account_id):
    talk.begin_draft(account_id)
    teach(account_id, DRAFT, price="多少钱", refund="要退")
    training.train_stage(account_id, DRAFT, NOON)
    assert training.drop_draft(account_id)
    assert learnt.in_state(account_id, INTENT_MODEL, "shadow") is None
    assert not training.drop_draft(account_id)
    assert not training.publish(account_id, LATER)
    assert not training.roll_back(account_id, LATER)


@pytest.mark.parametrize("intents", [{}, {"price": "多少钱"}], ids=["nothing", "one intent"])
def test_there_is_nothing_to_learn_from_fewer_than_two_intents(account_id, intents):
    teach(account_id, LIVE, **intents)
    with pytest.raises(InvalidInput, match="pack apply"):
        training.train_stage(account_id, LIVE, NOON)
    assert training.is_current(account_id) is not bool(intents)
