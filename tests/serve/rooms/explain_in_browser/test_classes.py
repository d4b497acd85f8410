"""Which class is explained: one of the first five, any other, one rather than another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import backlight as bl

from .conftest import Visit
from .reading import address, assert_shows, expect, explained, number, setting


def test_the_top_five_are_the_library_s(room: Any, photo: Path, model: bl.Model) -> None:
    why = bl.explain(model, photo)
    rows = room.locator(".top button")
    shown = [row.inner_text().split("\n") for row in rows.all()]
    best = why.top(5)[0]
    assert [label for label, _ in shown] == [entry.label for entry in best]
    assert [number(share.removesuffix(" %")) for _, share in shown] == pytest.approx(
        [100 * entry.probability for entry in best], abs=0.06
    )
    assert room.get_by_role("heading", level=1).inner_text() == f"Why “{best[0].label}”?"
    assert_shows(room, why)


def test_a_class_is_one_click_away(room: Any, photo: Path, model: bl.Model) -> None:
    third = bl.explain(model, photo).top(5)[0][2]
    room.locator(".top button").nth(2).click()
    explained(room)
    assert address(room)["target"] == str(third.index)
    assert room.locator(".top [aria-pressed=true]").inner_text().startswith(third.label)
    assert_shows(room, bl.explain(model, photo, third.index))


def test_any_class_is_found_by_typing(room: Any, photo: Path, model: bl.Model) -> None:
    assert model.labels is not None
    field = room.get_by_role("combobox", name="Any other class")
    field.click()
    room.keyboard.type("espresso")
    found = [label for label in model.labels if "espresso" in label.lower()]
    offered = room.locator(".combobox [role=option]")
    expect(offered).to_have_count(len(found))
    assert field.get_attribute("aria-expanded") == "true"
    room.keyboard.press("ArrowDown")
    active = room.locator(f"#{field.get_attribute('aria-activedescendant')}")
    assert active.get_attribute("aria-selected") == "true"
    room.keyboard.press("ArrowUp")
    wanted = offered.first.locator("small").inner_text()
    room.keyboard.press("Enter")
    assert field.get_attribute("aria-expanded") == "false"
    explained(room)
    assert address(room)["target"] == wanted
    label = model.labels[int(wanted)]
    assert field.input_value() == label
    assert_shows(room, bl.explain(model, photo, int(wanted)))
    room.reload()
    explained(room)
    expect(field).to_have_value(label)


def test_enter_takes_what_is_typed_and_not_what_was_found_for_less_of_it(
    room: Any, model: bl.Model
) -> None:
    assert model.labels is not None
    field = room.get_by_role("combobox", name="Any other class")
    field.click()
    room.keyboard.type("tiger")
    room.locator(".combobox [role=option]").nth(3).wait_for()
    room.keyboard.type(" beetle")
    room.keyboard.press("Enter")  # the list is still that of "tiger"
    expect(room).to_have_url(re.compile(f"target={model.labels.index('tiger beetle')}"))
    explained(room)
    assert field.input_value() == "tiger beetle"
    field.fill("espresso mak")
    field.press("Enter")  # there is no list yet
    expect(room).to_have_url(re.compile(f"target={model.labels.index('espresso maker')}"))


def test_enter_on_what_nobody_has_typed_or_nothing_is_called_explains_nothing(room: Any) -> None:
    before = address(room)
    field = room.get_by_role("combobox", name="Any other class")
    field.click()
    room.locator(".combobox [role=option]").first.wait_for()
    room.keyboard.press("Enter")
    room.keyboard.type("zzzz")
    room.keyboard.press("Enter")
    room.get_by_text("Nothing of that name").wait_for()
    room.keyboard.press("Enter")
    assert address(room) == before
    room.keyboard.press("Escape")
    assert field.input_value() == ""


def test_what_speaks_against_the_one_rather_than_the_other_is_asked_so(room: Any) -> None:
    first = room.locator(".top button .label").first.inner_text()
    against = room.get_by_role("combobox", name="rather than")
    against.fill("espresso maker")
    against.press("Enter")
    expect(room).to_have_url(re.compile("against="))
    explained(room)
    setting(room).get_by_label("Counterfactual").check()
    explained(room)
    heading = room.get_by_role("heading", level=1)
    expect(heading).to_have_text(f"What speaks against “{first}” rather than “espresso maker”?")
    room.locator(".samples button").nth(2).click()
    explained(room)
    assert not setting(room).get_by_label("Counterfactual").is_checked()
    assert heading.inner_text().startswith("Why “")


def test_what_is_typed_stays_while_an_answer_comes(visit: Visit) -> None:
    page = visit("/sweep")
    held: list[Any] = []
    page.route("**/api/explain", lambda route: held.append(route))
    page.get_by_role("link", name="Explain", exact=True).click()
    field = page.get_by_role("combobox", name="Any other class")
    field.fill("esp")
    expect(page.locator(".combobox [role=option]").first).to_be_visible()
    page.keyboard.press("r")
    held[0].continue_()
    explained(page)
    assert field.input_value() == "espr"
    page.unroute_all()


def test_escape_leaves_the_class_as_it_was(room: Any) -> None:
    before = room.url
    field = room.get_by_role("combobox", name="Any other class")
    field.fill("dog")
    offered = room.locator(".combobox [role=option]")
    offered.first.wait_for()
    room.keyboard.press("Escape")
    expect(offered).to_have_count(0)
    assert field.input_value() == ""
    assert room.url == before


def test_what_speaks_against_and_why_the_one_rather_than_the_other(
    room: Any, photo: Path, model: bl.Model
) -> None:
    first, second = (entry.index for entry in bl.explain(model, photo).top(2)[0])
    setting(room).get_by_label("Counterfactual").check()
    explained(room)
    assert_shows(room, bl.explain(model, photo, bl.Not(first)))
    assert "speaks against" in room.get_by_role("heading", level=1).inner_text()
    setting(room).get_by_label("Counterfactual").uncheck()
    room.locator(".top button").first.click()
    rather = room.get_by_role("combobox", name="rather than")
    rather.fill(str(second))
    number_shown = room.locator(".combobox small", has_text=re.compile(f"^{second}$"))
    number_shown.click()
    explained(room)
    assert address(room)["against"] == str(second)
    assert_shows(room, bl.explain(model, photo, bl.Difference(first, second)))
    room.get_by_role("button", name="Clear “rather than”").click()
    explained(room)
    assert_shows(room, bl.explain(model, photo, first))
