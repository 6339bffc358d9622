"""Where boxes and arrows stand: nothing overlaps, arrows lead down, loops go round the side."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from bot.console.flow_layout import HIGH, layout

FLOWS = {
    "a line": {"*": ["a"], "a": ["b"], "b": []},
    "a branch that meets again": {"*": ["a"], "a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []},
    "a way over several rows": {"*": ["a"], "a": ["b", "d"], "b": ["c"], "c": ["d"], "d": []},
    "a loop": {"*": ["a"], "a": ["b"], "b": ["a", "c"], "c": []},
    "a step that leads to itself": {"*": ["a"], "a": ["a", "b"], "b": []},
    "both ways to one step": {"*": ["a"], "a": ["b", "b"], "b": []},
    "nothing leads there": {"*": ["a"], "a": [], "lost": ["a"]},
    "nowhere, and to what is not there": {"*": ["a"], "a": ["", "gone"]},
    "nothing at all": {"*": [""]},
}


@pytest.mark.parametrize("name", FLOWS)
def test_every_box_has_its_place_and_every_way_its_arrow(name):
    flow = FLOWS[name]
    found = layout(flow)
    assert found.boxes.keys() == flow.keys()
    assert {(one.start, one.number) for one in found.arrows} == {
        (key, number) for key, ways in flow.items() for number in range(len(ways))
    }
    assert_apart(found)
    assert_down(found)


def assert_apart(found):
    boxes = sorted(found.boxes.values(), key=lambda box: (box.row, box.x))
    for left, right in pairwise(boxes):
        assert left.row != right.row or left.x + left.wide <= right.x
    assert all(box.x >= 0 and box.x + box.wide <= found.wide for box in boxes)


def assert_down(found):
    for one in found.arrows:
        (x, y), (to_x, to_y) = one.points[0], one.points[-1]
        start = found.boxes[one.start]
        assert start.x <= x <= start.x + start.wide
        assert y == start.y + HIGH
        if one.end and not one.back:
            end = found.boxes[one.end]
            assert to_y == end.y > y
            assert end.x <= to_x <= end.x + end.wide
        assert 0 < max(y for _, y in one.points) <= found.high


def test_only_what_leads_back_goes_round():
    back = {(one.start, one.end) for one in layout(FLOWS["a loop"]).arrows if one.back}
    assert back == {("b", "a")}
    for name in ("a branch that meets again", "nowhere, and to what is not there"):
        assert not any(one.back for one in layout(FLOWS[name]).arrows), name


def test_branches_stand_side_by_side_and_a_merge_between_them():
    boxes = layout(FLOWS["a branch that meets again"]).boxes
    assert boxes["b"].row == boxes["c"].row
    middle = {id_: box.x + box.wide / 2 for id_, box in boxes.items()}
    assert middle["b"] < middle["d"] < middle["c"]
    assert middle["d"] == pytest.approx((middle["b"] + middle["c"]) / 2)


def test_an_arrow_over_several_rows_passes_beside_the_boxes_there():
    found = layout(FLOWS["a way over several rows"])
    arrow = next(one for one in found.arrows if (one.start, one.end) == ("a", "d"))
    for x, y in arrow.points[1:-1]:
        for box in found.boxes.values():
            assert not (box.x < x < box.x + box.wide and box.y <= y <= box.y + HIGH)


def test_any_flow_of_sixty_steps_is_drawn_with_nothing_overlapping():
    chance = random.Random(8)
    for _ in range(6):
        names = [f"s{n}" for n in range(60)]
        flow = {"*": ["s0"]} | {
            name: [chance.choice(names) for _ in range(chance.randint(0, 4))] for name in names
        }
        found = layout(flow)
        assert_apart(found)
        assert_down(found)
