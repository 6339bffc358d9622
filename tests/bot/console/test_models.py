"""模型 in the console: what is in use, its card with pictures, teaching, changes, and why."""

from __future__ import annotations

import html
import re

import pytest

from bot import background
from bot.console.rights import Role
from bot.learning import scoring, serving, training
from bot.store import accounts, audit, followers, insight_models, operators, predictions
from bot.store import background as tasks
from bot.store.db import run
from tests.bot.console.offices import opened
from tests.bot.console.sharing import post
from tests.bot.learning import cast
from tests.conftest import NOON

# What is taught once for this page is taught in one worker.
pytestmark = pytest.mark.xdist_group("console-models")

A = "/console/a/default/models"
QUICK = {"candidates": ["logistic regression"]}


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("models")
    serving.load.cache_clear()
    with opened(folder, fresh_sqlite(folder)) as found:
        found.people = cast.a_shop(found.account_id, NOON, people=90)
        first = training.train(found.account_id, "redeem", NOON, options=QUICK).kept
        second = insight_models.save(
            found.account_id, first.slug, first.kind, insight_models.content(first.id),
            fingerprint="", card=first.card, metrics=first.metrics, now=NOON,
        )  # fmt: skip
        found.models = [first.id, second.id]
        found.hire("lin", Role.ADMIN)
        yield found


@pytest.fixture
def office(built):
    """The first of two models in use, and everybody scored by none."""
    for table in ("background_task", "prediction"):
        run(f"DELETE FROM {table}")
    run("DELETE FROM operator WHERE name <> 'lin'")
    run("DELETE FROM account WHERE slug <> 'default'")
    run("UPDATE insight_model SET state = 'candidate', active_from = NULL, scored_at = NULL")
    insight_models.activate(built.account_id, built.models[0], NOON)
    operators.update(operators.by_name("lin").id, language="zh")
    return built


@pytest.fixture
def lin(office):
    return office.signed_in("lin")


def used(office):
    return [one.id for one in insight_models.active(office.account_id, "redeem")]


def test_the_list_says_what_is_in_use_and_how_good_it_is(office, lin):
    page = lin.get(A).text
    row = re.search(r"收到优惠券后会使用的可能性.*?</tr>", page, re.S)[0]
    assert "第 1 版" in row
    assert re.search(r"AUC 0\.\d{3}", row)
    assert "稳定" in row
    row = re.search(r"会取消关注或不再来往的可能性.*?</tr>", page, re.S)[0]
    assert "还没有在用的模型" in row
    assert "2 个版本" in page


def test_the_card_has_figures_with_intervals_what_was_tried_and_a_picture(office, lin):
    page = lin.get(f"{A}/{office.models[0]}").text
    assert "逻辑回归的交叉验证 AUC 最高" in page
    assert "校准方法：" in page
    assert "泄漏检查" in page
    assert re.findall("[a-z]{2,} [a-z]{2,}", main(page)) == []
    assert "没有可以比较的组" in page
    assert "目前没有在用的，与不用模型时相比；AUC 原来 0.5000" in page
    assert re.search(r'<th scope="row">AUC</th>(<td class="text-end">0\.\d{4}</td>){3}', page)
    drawn = lin.get(f"{A}/{office.models[0]}/curves.svg")
    assert drawn.mimetype == "image/svg+xml"
    assert "校准" in drawn.text
    assert "学习曲线" in drawn.text
    assert "Calibration" not in drawn.text


GROUP = {"about": "gender", "column": "gender", "group": "female", "rows": 210, "rate": 0.2,
         "said": 0.25, "gap": {"value": 0.05, "low": -0.01, "high": 0.11}, "chosen": 0.3,
         "auc": {"value": 0.7, "low": 0.6, "high": 0.8}}  # fmt: skip
FEW = {"about": "city", "column": "city", "group": "(not given)", "rows": 7}
LEAK = {"check": "alone", "column": "orders_log",
        "said": "alone has an AUC of 0.970: is it known before the answer is?"}  # fmt: skip
# A card's parts -> what its page says of them, in Chinese.
PARTS = {
    "no leaks": ({"warnings": []}, ["没有发现会泄露答案的列或行"]),
    "leaks": (
        {"warnings": [LEAK]}, ["单独就能猜中", "订单（对数）", "单独这一列的 AUC 就有 0.970"]
    ),
    "fairness": (
        {"held_out": {"metrics": {}, "fairness": [GROUP, FEW]}},
        ["性别 female", "20.0%", "25.0%", "-0.010 – +0.110", "城市 （未填）"],
    ),
    "rows and what was tried": (
        {"notes": ["300,000 of 1,000,000 rows teach, drawn at random"],
         "not_tried": {"blend": "it learns on one fold and is judged on another: there is one"},
         "split": {"manner": "time", "teach": 700, "judge": 300, "folds": [1, 2, 3]}},
        ["从 1,000,000 行里随机抽 300,000 行", "没有试加权组合：它要在一折上学",
         "按时间先后：700 行教，300 行只评一次，3 折"],
    ),
    "an increment": (
        {"kind": "uplift", "reasons": ["X logistic: mean Qini 0.1 on 2 unseen parts, counts 50%"],
         "held_out": {"metrics": {"share of best possible qini": 0.4, "effect": 0.36}}},
        ["增量模型", "X 学习器（逻辑回归）：在 2 份没见过的数据上", "达到最好可能的比例", "0.3600"],
    ),
    "groups": (
        {"kind": "clusters", "reasons": ["4 groups were asked for", "群组1：x"],
         "clusters": [{"name": {"zh": "群组1 orders_log 高", "en": "Group 1: high orders_log"},
                       "said": {"zh": "占 50%", "en": "50% of all"}}]},
        ["要求分成 4 组", "群组1 订单（对数） 高：占 50%"],
    ),
    "hours": (
        {"kind": "hours", "chosen": "0.1 acts weigh as much as everybody's habit",
         "metrics": {"log likelihood of an act": -4.5}},
        ["0.1 次互动的分量等于大家的习惯", "每次互动的对数似然", "-4.5000"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_every_line_of_a_card_is_chinese_and_in_english_every_one_english(office, lin, name):
    part, said = PARTS[name]
    first = insight_models.get(office.account_id, office.models[0])
    kept = insight_models.save(
        office.account_id, "redeem", first.kind, insight_models.content(first.id), fingerprint="",
        card={"kind": "propensity", **part}, metrics={}, now=NOON,
    )  # fmt: skip
    try:
        page = main(lin.get(f"{A}/{kept.id}").text)
        assert [one for one in said if one not in page] == []
        assert re.findall("[a-z]{2,} [a-z]{2,}", page) == []
        operators.update(operators.by_name("lin").id, language="en")
        assert re.findall("[\u4e00-\u9fff]+", main(lin.get(f"{A}/{kept.id}").text)) == []
    finally:
        run("DELETE FROM insight_model WHERE id = ?", (kept.id,))


def main(page):
    """What a reader sees of the page's own part."""
    inside = page[page.index("<main") : page.index("</main>")]
    shown = re.sub(r"<script.*?</script>|<[^>]+>", " | ", inside, flags=re.DOTALL)
    return " ".join(html.unescape(shown).split())


def test_another_version_comes_into_use_and_goes_again(office, lin):
    first, second = office.models
    assert post(lin, f"{A}/{second}/activate").status_code == 302
    assert used(office) == [second]
    assert post(lin, f"{A}/{second}/activate").status_code == 409
    assert post(lin, f"{A}/redeem/rollback").status_code == 302
    assert used(office) == [first]
    scoring.score(office.account_id, "redeem", NOON)
    assert predictions.about(office.people[0])
    assert "已停用，分数已删除" in lin.get(post(lin, f"{A}/redeem/retire").location).text
    assert used(office) == []
    assert not predictions.about(office.people[0])
    assert post(lin, f"{A}/redeem/retire").status_code == 409
    acts = [one.action for one in audit.entries(3)]
    assert acts == ["model_retire", "model_rollback", "model_activate"]


def test_without_one_before_there_is_no_way_back(office, lin):
    answer = post(lin, f"{A}/redeem/rollback")
    assert answer.status_code == 409
    assert "没有可退回的模型" in answer.text
    assert used(office) == [office.models[0]]


def test_drift_is_said_with_the_column_that_moved(office, lin):
    moved = [{"feature": "rest_days", "psi": 0.31, "said": "strayed"}]
    insight_models.note(office.models[0], "metrics", drift=moved)
    assert "距上一条消息（天） 已漂移（PSI 0.31），请重教" in lin.get(A).text
    assert "距上一条消息（天）" in lin.get(f"{A}/{office.models[0]}").text
    insight_models.note(office.models[0], "metrics", drift=[])


def test_teaching_goes_on_in_the_background_and_says_what_came_of_it(office, lin, monkeypatch):
    monkeypatch.setattr(training, "USUAL", ("logistic regression",))
    answer = post(lin, f"{A}/teach", what="redeem")
    assert "等待中" in lin.get(answer.location).text
    background.run_long(office.services, office.clock())
    page = lin.get(answer.location).text
    assert "教成 redeem 第" in page
    assert audit.entries(1)[0].action == "model_teach"
    result = tasks.last(office.account_id, "teach").result
    made = insight_models.get(office.account_id, result["id"])
    assert (made.state == "active") == (result["scored"] > 0)
    run("DELETE FROM insight_model WHERE id = ?", (made.id,))


def test_too_little_to_learn_from_is_said_in_words(office, lin):
    answer = post(lin, f"{A}/teach", what="churn")
    background.run_long(office.services, office.clock())
    assert "可学的数据还太少，现有的不变" in lin.get(answer.location).text
    for what in ("", "x", "like-nobody", "language"):
        assert post(lin, f"{A}/teach", what=what).status_code == 422, what


def why(browser, follower, purpose="redeem"):
    return browser.get(f"{A}/why?purpose={purpose}&follower={follower}")


def test_a_score_is_explained_and_the_look_is_logged(office, lin):
    who = office.people[0]
    page = why(lin, who).text
    assert re.search(r"收到优惠券后会使用的可能性.*<strong>0\.\d+</strong>", page)
    assert re.search(r'<span class="badge bg-(green|red)-lt">[+-]0\.\d{3}</span>', page)
    entry = audit.entries(1)[0]
    assert (entry.action, entry.subject) == ("predictions", audit.pseudonym(who))


def test_what_cannot_be_explained_is_not(office, lin):
    accounts.add("cafe", "wx2", "s" * 32, "token", "a" * 43, "service", NOON)
    theirs = followers.ensure(accounts.by_slug("cafe").id, "o-cafe", NOON).id
    run("UPDATE follower SET personalised = ? WHERE id = ?", (False, office.people[1]))
    entries = audit.entries(1)
    for follower, purpose, status in (
        (theirs, "redeem", 404), (10**12, "redeem", 404), ("x", "redeem", 422),
        ("-1", "redeem", 422), ("9" * 30, "redeem", 422), (office.people[0], "churn", 404),
        (office.people[0], "", 404),
        (office.people[1], "redeem", 409), ("", "redeem", 200),
    ):  # fmt: skip
        assert why(lin, follower, purpose).status_code == status, (follower, purpose)
    assert audit.entries(1) == entries, "nobody was looked at"
    run("UPDATE follower SET personalised = ? WHERE id = ?", (True, office.people[1]))


def test_who_may_not_see_people_sees_models_and_another_account_none_of_them(office):
    accounts.add("cafe", "wx2", "s" * 32, "token", "a" * 43, "service", NOON)
    office.hire("wu", Role.VIEWER)
    wu, lin = office.signed_in("wu"), office.signed_in("lin")
    page = wu.get(A).text
    assert "第 1 版" in page
    assert "/activate" not in page
    assert f"{A}/why" not in page
    assert why(wu, office.people[0]).status_code == 403
    cafe = "/console/a/cafe/models"
    assert "第 1 版" not in lin.get(cafe).text
    for path in (f"{cafe}/{office.models[0]}", f"{cafe}/{office.models[0]}/curves.svg"):
        assert lin.get(path).status_code == 404
    assert post(lin, f"{cafe}/{office.models[1]}/activate").status_code == 404
    assert used(office) == [office.models[0]]


def test_english_is_complete(office, lin):
    operators.update(operators.by_name("lin").id, language="en")
    asked = post(lin, f"{A}/teach", what="x")
    pages = [asked, lin.get(A), lin.get(f"{A}/{office.models[0]}"), why(lin, office.people[0]),
             lin.get(f"{A}/{office.models[0]}/curves.svg"), why(lin, "x")]  # fmt: skip
    for page in pages:
        assert page.status_code in (200, 422)
        shown = page.text.replace("鸿雁", "")
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in shown), page.request.path
