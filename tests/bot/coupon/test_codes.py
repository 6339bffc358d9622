"""A code is unguessable, and a slip while typing it is noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.coupon.codes import ALPHABET, generate, grouped, is_well_formed, new_code, normalise

CODE = "7K3M-Q9TX-2B4C"
BODIES = st.text(st.sampled_from(ALPHABET), min_size=12, max_size=12)


def with_check(body: str) -> str:
    return next(body + symbol for symbol in ALPHABET if is_well_formed(body + symbol))


def test_a_code_reads_in_three_groups_and_passes_its_own_check():
    code = new_code()
    assert [len(group) for group in code.split("-")] == [4, 4, 5]
    assert is_well_formed(code)


def test_ten_thousand_codes_are_all_different_and_use_every_symbol():
    codes = list(generate(10_000))
    assert len(set(codes)) == 10_000
    assert set("".join(codes)) == set(ALPHABET) | {"-"}


def test_codes_are_made_as_they_are_taken():
    assert next(generate(10**15))


def test_exactly_one_check_symbol_fits():
    fitting = [s for s in ALPHABET if is_well_formed(CODE.replace("-", "") + s)]
    assert len(fitting) == 1


@given(BODIES, st.integers(0, 12), st.sampled_from(ALPHABET))
def test_any_one_wrong_symbol_is_noticed(body, place, wrong):
    code = with_check(body)
    typed = code[:place] + wrong + code[place + 1 :]
    assert is_well_formed(typed) == (typed == code)


@given(BODIES, st.integers(0, 11))
def test_any_exchange_of_neighbours_is_noticed(body, place):
    code = with_check(body)
    typed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert is_well_formed(typed) == (typed == code)


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("{}", id="as printed"),
        pytest.param(" {}\n", id="with space around"),
        pytest.param("lower", id="in lower case"),
        pytest.param("flat", id="without hyphens"),
        pytest.param("wide", id="in full-width letters"),
        pytest.param("alike", id="with O for 0, I and l for 1"),
        pytest.param("dash", id="with an en dash that the phone made"),
    ],
)
def test_every_way_of_writing_a_code_is_the_same_code(typed):
    code = grouped(with_check("01AB01CD01EF"))
    written = {
        "lower": code.lower(),
        "flat": code.replace("-", " "),
        "wide": "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in code),
        "alike": code.replace("0", "O").replace("1", "I", 1).replace("1", "l", 1),
        "dash": code.replace("-", "–"),
    }.get(typed, typed.format(code))
    assert normalise(written) == code.replace("-", "")
    assert is_well_formed(written)


@pytest.mark.parametrize("text", ["", "-", "ABC", "A" * 200, "券码", "7K3M-Q9TX-2B4C5!"])
def test_what_is_no_code_of_ours_is_not_well_formed(text):
    assert not is_well_formed(text)
