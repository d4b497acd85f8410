"""The first explanation comes by itself; one that takes long is cancelled, a wrong one refused."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import backlight as bl

from .conftest import MODEL, Visit
from .reading import address, expect, explained, setting


def test_the_first_explanation_comes_by_itself(page: Any) -> None:
    explained(page)
    assert page.get_by_role("heading", level=1).inner_text().startswith("Why “")
    assert address(page) == {}
    assert page.locator(".samples [aria-pressed=true]").count() == 1


def test_the_room_can_be_used_before_anything_is_explained(visit: Visit) -> None:
    page = visit("/sweep")
    page.route("**/api/explain", lambda route: None)
    page.get_by_role("link", name="Explain", exact=True).click()
    setting(page).get_by_label("Method").select_option("guided-backprop")
    page.get_by_text("Choose a photo", exact=True).wait_for()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.unroute_all()


def test_cancel_ends_the_work_on_the_server_too(visit: Visit, model: bl.Model) -> None:
    """Both of the server's workers are kept busy with what takes minutes; when it is cancelled
    they are free for what comes next."""
    early = "_blocks.3"
    ask = f"layer={early}&gradients=central&compare=1&layer2={early}&gradients2=forward"
    page = visit(f"/explain?{ask}")
    for side in "AB":
        words = page.get_by_text(re.compile(rf"{side}: Explaining: \d+ of \d+"))
        words.wait_for()
        done, total = map(int, re.findall(r"\d+", words.inner_text()))
        assert done < total / 2
    with page.expect_event("requestfailed", lambda r: r.url.endswith("/api/explain")):
        page.get_by_role("button", name="Cancel").first.click()
    with page.expect_event("requestfailed", lambda r: r.url.endswith("/api/explain")):
        page.get_by_role("button", name="Cancel").first.click()
    expect(page.get_by_text("Stopped before the map was done.")).to_have_count(2)
    assert page.locator(".frame .heat").count() == 0
    page.get_by_label("Compare two settings").uncheck()
    setting(page).get_by_label("Gradient").select_option("backprop")
    explained(page, within=60)  # the pieces that have begun are finished first
    assert address(page) == {"layer": early}


def test_the_server_s_own_words_are_shown(visit: Visit) -> None:
    page = visit("/explain?layer=no.such.layer", refused=True)
    page.locator(".waits").get_by_role("alert").wait_for()
    with pytest.raises(bl.errors.LayerError) as error:
        bl.explain(MODEL, np.zeros((240, 240, 3), np.uint8), layer="no.such.layer")
    assert page.locator(".waits").get_by_role("alert").inner_text() == str(error.value)
    setting(page).get_by_label("Layer").select_option("")
    explained(page)
