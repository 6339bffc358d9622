"""wechatpy's client at a sandbox, and what tests of it say again and again."""

from __future__ import annotations

import io
from typing import Any

import pytest
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from bot.sandbox.testing import Sandbox
from tests.support.wechatpy_address import point_wechatpy_at

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


def a_client(sandbox: Sandbox) -> WeChatClient:
    made = WeChatClient(sandbox.appid, sandbox.appsecret, timeout=10)
    point_wechatpy_at(made, sandbox.url)
    return made


def refused(errcode: int) -> Any:
    """wechatpy raises what the platform refuses."""
    return pytest.raises(WeChatClientException, check=lambda error: error.errcode == errcode)


def a_picture() -> io.BytesIO:
    picture = io.BytesIO(PNG)
    picture.name = "a.png"
    return picture
