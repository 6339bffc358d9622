"""Who was treated, as files say it."""

from __future__ import annotations

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.insight.table import Table
from bot.insight.uplift.trial import arms_of, rows_of_arms


def table(*cells: str) -> Table:
    return Table({"mail": list(cells)}, len(cells))


@pytest.mark.parametrize(
    ("cells", "control", "treated"),
    [
        (("0", "1", "1"), "0", ("1",)),
        (("1.0", "0.0"), "0.0", ("1.0",)),
        (("2", "10", "9"), "2", ("9", "10")),  # numbers by size, not by the alphabet
        (("No E-Mail", "Mens", "Womens"), "No E-Mail", ("Mens", "Womens")),
        (("treatment", "control"), "control", ("treatment",)),
        (("短信", "对照"), "对照", ("短信",)),
        (("A", "none", ""), "none", ("A",)),  # an empty cell is no arm
    ],
)  # fmt: skip
def test_the_lowest_number_or_the_word_for_nothing_is_control(
    cells: tuple[str, ...], control: str, treated: tuple[str, ...]
) -> None:
    found = arms_of(table(*cells), "mail", {})
    assert (found.control, found.treated) == (control, treated)


def test_what_was_guessed_is_said_and_what_is_plain_is_not() -> None:
    assert arms_of(table("0", "1"), "mail", {}).said == ""
    assert "'A' and 'B' count alike" in arms_of(table("none", "A", "B"), "mail", {}).said
    one = arms_of(table("none", "A", "B"), "mail", {"treated": "B"})
    assert one.treated == ("B",)
    assert "neither 'none' nor 'B' are left out" in one.said


def test_rows_of_no_arm_are_left_out() -> None:
    cells = table("none", "A", "B", "", "B")
    at, treated = rows_of_arms(cells, "mail", arms_of(cells, "mail", {"treated": "B"}))
    assert at.tolist() == [0, 2, 4]
    assert treated.tolist() == [False, True, True]


def test_numbers_in_arrays_are_as_good_as_texts() -> None:
    cells = Table({"mail": np.array([0.0, 1.0, np.nan])}, 3)
    found = arms_of(cells, "mail", {"control": "0.0"})
    assert (found.control, found.treated) == ("0", ("1",))


@pytest.mark.parametrize(
    ("cells", "options", "said"),
    [
        (("A", "B"), {}, "say which were left alone, control=VALUE"),
        (("no mail", "no text"), {}, "say which were left alone"),
        (("1", "1"), {}, "it has 1"),
        (("", ""), {}, "it has 0"),
        (("0", "1"), {"control": "2"}, "control=2: column mail has 0, 1"),
        (("0", "1"), {"control": "1", "treated": "1"}, "both 1"),
    ],
)
def test_what_cannot_be_told_is_refused_with_what_to_do(
    cells: tuple[str, ...], options: dict[str, str], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        arms_of(table(*cells), "mail", options)
