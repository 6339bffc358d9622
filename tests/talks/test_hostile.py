"""Ten thousand random and hostile texts, each through the encrypted callback of a real shop."""

from __future__ import annotations

import hashlib
import random
import shutil
import string
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import xmltodict
from wechatpy.crypto import WeChatCrypto

from bot.build import build
from bot.inbox.receive import Receiver
from bot.settings import DEVELOPMENT
from handlers import router
from tests.talks.conftest import NOON, Trained, settings_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("talks-catering"), pytest.mark.timeout(600)]
TEXTS = 10_000
PEOPLE = 2_000
WORDS = (
    "退订", "人工", "订座", "优惠券", "明天", "六点", "四个人", "取消", "不对", "是的", "投诉",
    "你好", "13800138000", "吗", "了", "的", "？",
)  # fmt: skip
PIECES = (
    "<script>alert(1)</script>", "]]>", "&lt;&#x0;", "' OR 1=1 --", "; DROP TABLE follower;",
    "{name}",
    "{0.__class__}", "%s%n", "${jndi:ldap://x}", "../../etc/passwd", "\\", '"', "<xml>", "</xml>",
    "<![CDATA[", "\u202e", "\u200b", "\u2066", "\ufeff", "\u0301" * 30,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "ｆｕｌｌ", "ﷺ", "𠮷",
    "(a+)+$", "|||", "msgmenuid=i:hours", '<a href="weixin://bizmsgmenu?msgmenucontent=a">a</a>',
    "\x01\x02", "\ud83d", "﹏", "ﾊﾝｶｸ", "१२३", "Ⅳ", "½", "1e999", "9" * 400, "-0", "NaN", "null",
)  # fmt: skip
RIGHT_TO_LEFT = "שלום עולם مرحبا بالعالم"


def a_text(rng: random.Random) -> str:
    """One message as nobody would wish to get it."""
    kind = rng.randrange(9)
    if kind == 0:
        return "".join(chr(rng.randrange(0x20, 0xD800)) for _ in range(rng.randrange(1, 60)))
    if kind == 1:
        return "".join(chr(rng.randrange(0x1F300, 0x1FAFF)) for _ in range(rng.randrange(1, 40)))
    if kind == 2:
        return "".join(rng.choices(RIGHT_TO_LEFT, k=rng.randrange(1, 80)))
    if kind == 3:
        return "".join(rng.choices(PIECES, k=rng.randrange(1, 6)))
    if kind == 4:
        return "".join(rng.choices([*WORDS, *PIECES], k=rng.randrange(1, 12)))
    if kind == 5:
        return "".join(rng.choices(WORDS, k=rng.randrange(1, 8)))
    if kind == 6:
        return "".join(rng.choices(string.printable, k=rng.randrange(1, 200)))
    if kind == 7:
        return rng.choice(["", " ", "\n", "\u3000", "\u200b" * 20, "。" * 50, "？" * 50, "1" * 300])
    return rng.choice(["啊", "哈", "退订", "1", "<", "\u0300", "😀"]) * rng.randrange(1, 2000)


def texts() -> list[str]:
    rng = random.Random(20160701)
    found = [a_text(rng) for _ in range(TEXTS - 20)]
    found += ["".join(rng.choices([*WORDS, *PIECES], k=25_000))[:50_000] for _ in range(20)]
    return found


def pushed(crypto: WeChatCrypto, number: int, text: str) -> tuple[dict[str, str], bytes]:
    """Query and body of an encrypted push. What XML cannot hold the platform cannot push."""
    shown = text.encode("utf-8", "replace").decode()
    clean = (
        "".join(c for c in shown if c >= " " or c in "\t\n")
        .replace("\ufffe", "")
        .replace("\uffff", "")
    )
    inside = clean.replace("]]>", "]]]]><![CDATA[>")
    plain = (
        f"<xml><ToUserName><![CDATA[gh_hostile0001]]></ToUserName>"
        f"<FromUserName><![CDATA[o-hostile-{number % PEOPLE}]]></FromUserName>"
        f"<CreateTime>{int(NOON.timestamp()) + number}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{inside}]]></Content>"
        f"<MsgId>{10**16 + number}</MsgId></xml>"
    )
    stamp = str(int(NOON.timestamp()) + number)
    sealed = xmltodict.parse(crypto.encrypt_message(plain, f"n{number}", stamp))["xml"]
    parts = sorted([DEVELOPMENT["TOKEN"], stamp, f"n{number}"])
    signature = hashlib.sha1("".join(parts).encode()).hexdigest()
    query = {
        "signature": signature, "msg_signature": sealed["MsgSignature"], "timestamp": stamp,
        "nonce": f"n{number}", "encrypt_type": "aes", "openid": f"o-hostile-{number % PEOPLE}",
    }  # fmt: skip
    body = (
        "<xml><ToUserName><![CDATA[gh_hostile0001]]></ToUserName>"
        f"<Encrypt><![CDATA[{sealed['Encrypt']}]]></Encrypt></xml>"
    )
    return query, body.encode()


def test_every_text_gets_an_answer_or_success(trained: Trained, tmp_path: Path):
    path = tmp_path / "hostile.db"
    shutil.copyfile(trained("catering"), path)
    now = [NOON]
    services = build(settings_of(path, "http://127.0.0.1:9"), lambda: now[0])
    receiver = Receiver(services, router.dispatch, router.quick)
    crypto = WeChatCrypto(*(DEVELOPMENT[name] for name in ("TOKEN", "AES_KEY", "APPID")))
    outcomes: Counter[str] = Counter()
    for number, text in enumerate(texts()):
        now[0] = NOON + timedelta(seconds=number)
        query, body = pushed(crypto, number, text)
        answer = receiver.receive("default", query, body, now[0])
        assert answer.status == 200, text[:200]
        outcomes[answer.outcome] += 1
        if answer.body == b"success":
            continue
        said = xmltodict.parse(answer.body)["xml"]
        opened = crypto.decrypt_message(
            answer.body, said["MsgSignature"], said["TimeStamp"], said["Nonce"]
        )
        reply = xmltodict.parse(opened)["xml"]
        assert reply["ToUserName"] == query["openid"]
        assert reply["MsgType"] in ("text", "transfer_customer_service")
        assert len((reply.get("Content") or "x").encode()) <= 2048
    receiver.close()
    services.store.close()
    assert sum(outcomes.values()) == TEXTS
    assert outcomes["passive"] > TEXTS / 10, outcomes
    assert not outcomes["unfinished"], outcomes
