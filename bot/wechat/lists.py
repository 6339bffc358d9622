"""What the platform keeps in lists: a tag's followers, the blacklist, an article's comments.

Platform rules: pages of 10,000 openids, the last without data; at most 50 are tagged and 20 are
blacklisted in one call, all or none; 50 comments a page, counted from 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.wechat.client import Followers, WeChatClient

TAGGED_AT_ONCE = 50
BLOCKED_AT_ONCE = 20
COMMENTS_A_PAGE = 50
RESERVED_TAGS = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote below an article. `id` counts within the article."""

    id: int
    openid: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime
    elected: bool


def tag_members(client: WeChatClient, tag_id: int, next_openid: str = "") -> Followers:
    """A page of who carries the tag, after `next_openid`."""
    body = {"tagid": tag_id, "next_openid": next_openid}
    return _page(client.call("POST", "/cgi-bin/user/tag/get", json=body))


def rename_tag(client: WeChatClient, tag_id: int, name: str) -> None:
    """Refused where another tag has the name (45157), or the platform made this one (45058)."""
    client.call("POST", "/cgi-bin/tags/update", json={"tag": {"id": tag_id, "name": name}})


def delete_tag(client: WeChatClient, tag_id: int) -> None:
    """Refused where more than 100,000 carry it (45057), or the platform made it (45058)."""
    client.call("POST", "/cgi-bin/tags/delete", json={"tag": {"id": tag_id}})


def blacklist(client: WeChatClient) -> Iterator[Followers]:
    """The pages of the blacklist that hold somebody."""
    begin = ""
    while True:
        path = "/cgi-bin/tags/members/getblacklist"
        page = _page(client.call("POST", path, json={"begin_openid": begin}))
        if page.openids:
            yield page
        if not page.openids or page.next_openid in ("", begin):
            return
        begin = page.next_openid


def block(client: WeChatClient, openids: Sequence[str], on: bool) -> None:
    """Put any number on the blacklist or take them off, in requests of 20."""
    word = "batchblacklist" if on else "batchunblacklist"
    for start in range(0, len(openids), BLOCKED_AT_ONCE):
        part = list(openids[start : start + BLOCKED_AT_ONCE])
        client.call("POST", f"/cgi-bin/tags/members/{word}", json={"openid_list": part})


def comments(client: WeChatClient, msg_data_id: int, index: int) -> Iterator[Comment]:
    """All comments below the article at `index` (from 0) of a post, newest first."""
    begin = 0
    while True:
        asked = {"msg_data_id": msg_data_id, "index": index, "begin": begin,
                 "count": COMMENTS_A_PAGE, "type": 0}  # fmt: skip
        answer = client.call("POST", "/cgi-bin/comment/list", json=asked)
        rows = list(answer.get("comment") or ())
        yield from map(_comment, rows)
        begin += len(rows)
        if not rows or begin >= int(answer.get("total", 0)):
            return


def _comment(row: Mapping[str, Any]) -> Comment:
    return Comment(
        id=int(row.get("user_comment_id", 0)),
        openid=str(row.get("openid", "")),
        text=str(row.get("content", "")),
        at=datetime.fromtimestamp(int(row.get("create_time", 0)), UTC),
        elected=bool(row.get("comment_type")),
    )


def _page(answer: Mapping[str, Any]) -> Followers:
    openids = tuple((answer.get("data") or {}).get("openid") or ())
    return Followers(int(answer.get("total", 0)), openids, str(answer.get("next_openid") or ""))
