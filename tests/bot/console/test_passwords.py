"""How passwords are kept."""

from __future__ import annotations

import re

import pytest

from bot.console import passwords


def test_a_guess_costs_what_owasp_asks_for():
    assert (passwords.LOG_N, passwords.BLOCK, passwords.LANES) == (15, 8, 3)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(passwords, "LOG_N", 4)


def test_a_hash_fits_its_password_only_and_is_salted(quick):
    one, other = passwords.hashed("天青色等烟雨"), passwords.hashed("天青色等烟雨")
    assert one != other
    assert passwords.fits("天青色等烟雨", one)
    assert passwords.fits("天青色等烟雨", other)
    assert not passwords.fits("天青色等烟雨 ", one)
    assert not passwords.fits("", "")


def test_a_hash_of_another_price_still_fits_and_is_known_as_old(quick, monkeypatch):
    kept = passwords.hashed("天青色等烟雨")
    assert not passwords.is_old(kept)
    monkeypatch.setattr(passwords, "LOG_N", 5)
    assert passwords.fits("天青色等烟雨", kept)
    assert passwords.is_old(kept)
    assert re.fullmatch(r"scrypt\$5\$8\$3\$[\w+/=]+\$[\w+/=]+", passwords.hashed("x"))
