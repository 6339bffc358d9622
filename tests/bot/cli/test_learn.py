"""`hongyan learn` and `hongyan messages`, as a marketer and an operator type them."""

from __future__ import annotations

import json

import pytest

from bot.clock import utc_now
from bot.store import accounts, events
from bot.store.db import insert_new, open_store
from tests.bot.cli.test_commands import Shell
from tests.bot.cli.test_talk import ok
from tests.conftest import KEY, a_follower

pytestmark = pytest.mark.slow

WIFI = ["wifi密码多少", "店里wifi密码是啥", "请问wifi的密码", "wifi密码告诉我"]


@pytest.fixture
def hongyan(tmp_path):
    return Shell(tmp_path)


def heard(hongyan, tmp_path):
    """Four people asked the same and got the default; the event ids."""
    ok(hongyan("talk", "list"))  # makes the store
    store = open_store(f"sqlite:///{tmp_path}/var/hongyan.db", [KEY])
    now, ids = utc_now(), []
    account = accounts.by_slug("default").id
    lin = a_follower(account)
    for text in WIFI:
        event = events.append(
            account, lin, "message.text", at=now, received_at=now, source="callback", key=text,
            facts={"topics": {}, "word": ""}, sealed={"raw": {"Content": text}},
        )  # fmt: skip
        columns = ("event_id", "state", "attempts", "handler", "answer", "repeats", "error",
                   "reason", "trace")  # fmt: skip
        steps = [["rights", "privacy.opt_in", False, "no"], ["default", "fallback", True, "x"]]
        values = (event, "done", 1, "fallback.default", "passive", 0, "", "x", json.dumps(steps))
        insert_new("inbox", columns, values, key="event_id")
        ids.append(event)
    store.close()
    return ids


def test_from_unanswered_messages_to_a_rule_in_the_draft(hongyan, tmp_path):
    ids = heard(hongyan, tmp_path)
    assert "fallback.default" in ok(hongyan("messages", "list"))
    assert WIFI[0] not in ok(hongyan("messages", "list"))
    assert WIFI[0] in ok(hongyan("messages", "list", "--text"))
    steps = ok(hongyan("messages", "why", str(ids[0])))
    assert [line.split()[0] for line in steps.splitlines()[2:4]] == ["rights", "default"]
    (found,) = hongyan.json("learn", "suggest")
    assert (found["kind"], found["size"]) == ("rule", 4)
    shown = ok(hongyan("learn", "show", str(found["id"])))
    assert all(text in shown for text in WIFI)
    assert "in draft" in ok(hongyan("learn", "rule", str(found["id"])))
    assert "4 messages, 4 decided otherwise" in ok(hongyan("learn", "replay"))
    assert "trial of draft" in ok(hongyan("learn", "trial", "start"))
    assert "0 messages decided twice" in ok(hongyan("learn", "trial", "show"))
    assert "stopped" in ok(hongyan("learn", "trial", "stop"))
    assert "nothing is open" in ok(hongyan("learn", "list"))
    assert hongyan("messages", "why", "999").returncode == 1
    assert hongyan("learn", "show", "999").returncode == 1


def test_a_new_intent_in_one_step_once_its_answer_is_written_it_goes_live(hongyan, tmp_path):
    hours = {"slug": "hours", "title": "营业时间", "answers": [{"text": "十点到十点"}]}
    document = hongyan.file("a.json", {"intents": [hours]})
    ok(hongyan("talk", "import", document, "--stage", "live"))
    heard(hongyan, tmp_path)
    (found,) = hongyan.json("learn", "suggest")
    assert (found["kind"], found["intent"]) == ("intent", "wifi-password")
    said = ok(hongyan("learn", "accept", str(found["id"])))
    assert said.startswith("new intent wifi-password (wifi密码) in draft; its answer: ")
    assert said.endswith("4 new examples of wifi-password in draft\n")
    assert "is a question to you" in hongyan("talk", "publish").stderr
    wifi = {"slug": "wifi-password", "title": "无线网", "answers": [{"text": "见桌牌"}]}
    ok(hongyan("talk", "import", hongyan.file("b.json", {"intents": [wifi]})))
    ok(hongyan("talk", "publish"))
    assert hongyan.json("talk", "list")["examples"] == {"wifi-password": 4}


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["rules", "test", "hi", "--at", "yesterday"], id="no instant"),
        pytest.param(["rules", "export", "x.txt"], id="no file of ours"),
        pytest.param(["talk", "export", "--out", "x.jsonl"], id="nor a folder"),
        pytest.param(["talk", "list", "--kind", "poem"], id="an unknown kind"),
        pytest.param(["talk", "import", "x.json", "--stage", "previous"], id="an unknown stage"),
        pytest.param(["messages", "list", "--follower", "-3"], id="a follower below one"),
        pytest.param(["learn", "accept", "x"], id="no number"),
    ],
)
def test_wrong_usage_ends_with_2(hongyan, words):
    ended = hongyan(*words)
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(hongyan.folder.glob("x.*")) == []
