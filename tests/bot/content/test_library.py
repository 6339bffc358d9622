"""The library: every edit a version, publishing a pointer, imports once, nothing in use removed."""

from __future__ import annotations

import pytest

from bot.content import library
from bot.content.library import Refused
from bot.errors import Conflict, InvalidInput, NotFound
from bot.store import accounts, campaigns, content_uses, contents, coupons, db, talk
from bot.store.db import Store, fetch
from bot.store.models import Journey, JourneyVersion
from tests.conftest import NOON
from tests.support.threads import together

LATTE = {"slug": "latte", "kind": "product", "title": "大杯拿铁", "price_fen": 2200}
TEXT = {"slug": "hello", "kind": "message", "title": "欢迎", "text": "{name|您}好。回复 TD 退订"}


@pytest.fixture
def owner(any_store: Store) -> int:
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def put(owner, **changes):
    return library.put(owner, {**LATTE, **changes}, NOON, author="mei")


def test_each_edit_is_a_version_and_publishing_moves_a_pointer(owner):
    assert put(owner)[1]
    assert library.publish(owner, "latte", NOON)[0].state == "published"
    state, new = put(owner, price_fen=2000)
    assert (state.state, state.latest, state.published, new) == ("edited", 2, 1, True)
    assert library.published(owner, "latte").price_fen == 2200
    assert library.read(owner, "latte").price_fen == 2000
    assert library.publish(owner, "latte", NOON)[2]
    assert library.published(owner, "latte").price_fen == 2000
    library.publish(owner, "latte", NOON, number=1)
    assert library.published(owner, "latte").price_fen == 2200
    assert [(one.number, one.author) for one in contents.versions(state.id)] == [
        (2, "mei"),
        (1, "mei"),
    ]


def test_the_same_again_is_no_version_whatever_the_order_of_its_fields(owner):
    put(owner)
    document = dict(reversed({**LATTE, "purpose": "marketing", "stock": None}.items()))
    state, new = library.put(owner, document, NOON)
    assert (state.latest, new) == (1, False)


@pytest.mark.mysql
def test_eight_who_edit_at_once_make_a_version_each_and_the_same_edit_makes_one(owner):
    together(8, lambda n: put(owner, stock=n))
    state = contents.by_slug(owner, "latte")
    kept = [(one.number, one.document["stock"]) for one in contents.versions(state.id)]
    assert [number for number, _ in kept] == [8, 7, 6, 5, 4, 3, 2, 1]
    assert {stock for _, stock in kept} == set(range(8))
    assert sum(new for _, new in together(8, lambda n: put(owner, stock=99))) == 1


def test_two_versions_differ_by_their_fields(owner):
    put(owner)
    put(owner, price_fen=None, stock=3)
    found = [(one.field, one.old, one.new) for one in library.difference(owner, "latte", 1, 2)]
    assert found == [("price_fen", 2200, None), ("stock", None, 3)]
    with pytest.raises(NotFound):
        library.difference(owner, "latte", 1, 3)


def test_a_piece_keeps_its_kind_and_names_a_batch_that_is_there(owner):
    put(owner)
    with pytest.raises(InvalidInput, match="product already"):
        put(owner, kind="article", link="https://a.example.cn")
    assert contents.by_slug(owner, "latte").latest == 1
    with pytest.raises(InvalidInput) as refused:
        put(owner, slug="b", kind="coupon_batch", batch="spring-8", price_fen=None)
    assert refused.value.field == "batch"
    assert contents.find(owner, "b") is None


def test_what_the_linter_calls_an_error_is_not_published_but_for_who_takes_it_upon_himself(owner):
    put(owner, title="全城最好喝的拿铁")
    with pytest.raises(Refused) as refused:
        library.publish(owner, "latte", NOON)
    assert [one.rule for one in refused.value.findings] == ["superlative"]
    with pytest.raises(NotFound):
        library.published(owner, "latte")
    _, findings, moved = library.publish(owner, "latte", NOON, despite=["superlative"])
    assert ([one.rule for one in findings], moved) == (["superlative"], True)


def test_a_piece_about_coupons_ends_with_its_batch(owner):
    coupons.create_batch(
        owner, "spring-8", "满30减8", face_value_fen=800, valid_until=NOON, now=NOON
    )  # fmt: skip
    put(owner, slug="b", kind="coupon_batch", batch="spring-8", price_fen=None)
    with pytest.raises(Refused) as refused:
        library.publish(owner, "b", NOON)
    rules = {one.rule for one in refused.value.findings}
    assert rules == {"offer-expired", "offer-no-stock"}


def test_domains_and_words_of_the_account_are_asked(owner):
    put(owner, title="倒闭甩卖", link="https://books.other.net/a")
    assert library.lint_content(owner, library.read(owner, "latte"), NOON) == []
    contents.add_term(owner, "forbidden", library.term("forbidden", " 倒闭 "))
    contents.add_term(owner, "domain", library.term("domain", "Shop.Example.CN"))
    found = library.lint_content(owner, library.read(owner, "latte"), NOON, "https://h.example.cn")
    assert [one.rule for one in found] == ["house-word", "link-foreign"]
    assert "h.example.cn" in library.sender_of(owner, "https://h.example.cn").domains
    with pytest.raises(InvalidInput):
        library.term("domain", "shop")


# --- in use --------------------------------------------------------------------------------------

CAMPAIGN = {"content": ["latte", "tea"], "offer": "spring-8", "text": "latte"}
FAQ = {"answers": [{"text": "latte"}, {"content": "latte"}], "title": "latte"}


def named(owner):
    campaigns.create(owner, "autumn", "秋", CAMPAIGN, NOON)
    for slug, state in (("welcome", "running"), ("old", "stopped")):
        made = Journey.create(
            account=owner, slug=slug, name="迎新", state=state, version=2, created_at=NOON,
            updated_at=NOON,
        )  # fmt: skip
        for number, definition in ((1, {}), (2, {"steps": [{"send": {"content": "latte"}}]})):
            JourneyVersion.create(journey=made, number=number, definition=definition, at=NOON)
    talk.put(owner, "faq", "menu", FAQ, NOON)
    talk.put(owner, "faq", "menu", FAQ, NOON, stage="previous")


def test_who_names_a_piece_is_told_with_the_field(owner):
    put(owner)
    named(owner)
    found = [
        (one.kind, one.slug, one.stage, one.path) for one in library.where_used(owner, "latte")
    ]
    assert found == [
        ("campaign", "autumn", "draft", "content[0]"),
        ("journey", "welcome", "running", "steps[0].send.content"),
        ("faq", "menu", "live", "answers[1].content"),
    ]


def test_a_batch_in_use_is_its_piece_in_use(owner):
    coupons.create_batch(owner, "spring-8", "满30减8", face_value_fen=800, now=NOON)
    put(owner, slug="b", kind="coupon_batch", batch="spring-8", price_fen=None)
    named(owner)
    assert [one.path for one in library.where_used(owner, "b")] == ["offer"]


def test_what_is_in_use_is_not_archived_and_what_is_over_uses_nothing(owner):
    put(owner)
    library.publish(owner, "latte", NOON)
    named(owner)
    with pytest.raises(Conflict, match="campaign autumn, journey welcome, faq menu"):
        library.archive(owner, "latte", NOON)
    talk.remove(owner, "faq", "menu")
    db.run("UPDATE campaign SET state = 'closed'")
    db.run("UPDATE journey SET state = 'stopped'")
    assert library.archive(owner, "latte", NOON)
    assert not library.archive(owner, "latte", NOON)
    with pytest.raises(NotFound):
        library.published(owner, "latte")
    assert [state.slug for state, _ in contents.all_of(owner)] == []
    put(owner, stock=1)
    assert contents.by_slug(owner, "latte").state == "archived"
    library.publish(owner, "latte", NOON)
    assert library.published(owner, "latte").stock == 1


def test_every_kind_of_document_that_may_name_content_is_asked_for_its_account_alone(owner):
    put(owner)
    other = int(fetch("SELECT MAX(id) FROM account")[0][0]) + 1
    assert content_uses.uses(other, "latte") == []


# --- imports -------------------------------------------------------------------------------------


class Crash(Exception):
    """The process is killed here."""


class Killer:
    """Lets so many statements through, then kills: before the next one, or just after it."""

    def __init__(self, monkeypatch, most):
        self.left, self.after = most // 2, most % 2
        for name in ("run", "insert_new"):
            monkeypatch.setattr(contents, name, self.around(getattr(db, name)))

    def around(self, real):
        def call(*args):
            self.left -= 1
            if self.left < 0 and not self.after:
                raise Crash
            answer = real(*args)
            if self.left < 0:
                raise Crash
            return answer

        return call


def test_an_import_that_was_cut_off_after_any_statement_is_finished_by_the_next(owner, monkeypatch):
    put(owner, slug="s0")
    given = [(f"line {n}", {**LATTE, "slug": f"s{n}", "stock": 9}) for n in range(3)]
    crashes = 0
    while True:
        Killer(monkeypatch, crashes)
        try:
            library.bring(owner, given, NOON)
            break
        except Crash:
            crashes += 1
            assert whole()
    monkeypatch.undo()
    assert crashes > 6  # what an attempt has kept takes no statement in the next
    again = library.bring(owner, given, NOON)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 3)
    assert {s.slug: s.latest for s, _ in contents.all_of(owner)} == {"s0": 2, "s1": 1, "s2": 1}


def whole():
    """Each piece has exactly the versions that it counts."""
    return not fetch(
        "SELECT c.id FROM content c LEFT JOIN content_version v ON v.content_id = c.id"
        " GROUP BY c.id, c.latest HAVING COUNT(v.id) <> c.latest OR c.latest < 1"
    )


def test_what_breaks_a_rule_is_rejected_with_its_place_and_the_rest_is_kept(owner):
    given = [
        ("line 2", LATTE),
        ("line 3", InvalidInput("price: wants a number")),
        ("line 4", {**LATTE, "price_fen": 1}),
        ("line 5", ["latte"]),
        ("line 6", TEXT),
    ]
    done = library.bring(owner, given, NOON)
    assert (done.added, [place for place, _ in done.rejected]) == (
        2,
        ["line 3", "line 4", "line 5"],
    )
    assert done.rejected[1][1] == "slug: latte stands at line 2 already"
    assert library.read(owner, "latte").price_fen == 2200
