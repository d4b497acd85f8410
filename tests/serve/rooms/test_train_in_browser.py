"""Train as a person uses it; what the page says is what the library trains."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_wine

from backlight.networks.classics import find_classic
from backlight.networks.classics.replaying import start
from backlight.networks.tables.evaluation import Classified
from backlight.networks.tables.model import TableModel
from backlight.networks.tables.planning import Recipe, plan
from backlight.networks.tables.training import Trained, train
from backlight.serve.training.tables import SAMPLES

FAST = "pace=7"


def trained(sample: str, **recipe: Any) -> Trained:
    make, target = SAMPLES[sample]
    chosen = Recipe(**{"hidden": (16,), "epochs": 300, "patience": 0, **recipe})
    return train(plan(make(), target, recipe=chosen), held_out=True)


def start_and_wait(tab: Any, state: str = "Finished") -> None:
    tab.get_by_role("button", name="Start").click()
    tab.locator(f".state:has-text('{state}')").wait_for(timeout=60_000)


def numbers(tab: Any, name: str) -> list[list[str]]:
    """The rows of a chart's table."""
    tab.get_by_text("The numbers as a table").click()
    rows = tab.get_by_role("region", name=f"Loss of {name}: the numbers").locator("tbody tr")
    rows.first.wait_for()
    return [row.locator("th, td").all_inner_texts() for row in rows.all()]


def test_a_table_is_trained_on_and_the_page_says_what_the_library_says(
    visit: Callable[..., Any],
) -> None:
    tab = visit(f"/train?{FAST}")
    start_and_wait(tab)
    mine = trained("sample:moons")
    assert isinstance(mine.judged, Classified)
    said = tab.locator(".standing").inner_text()
    assert f"{100 * mine.judged.accuracy:.1f} %" in said
    cells = tab.locator(".confusion td.number").all_inner_texts()
    assert [int(cell) for cell in cells] == mine.judged.confusion.ravel().tolist()
    told = numbers(tab, "moon classified from moons")
    last = told[-1]
    assert last[0] == "300"
    assert float(last[1]) == pytest.approx(mine.losses[-1], rel=1e-3)
    assert float(last[2]) == pytest.approx(mine.held_out[-1], rel=1e-3)


def test_the_address_holds_the_training_and_what_it_is_made_of(visit: Callable[..., Any]) -> None:
    tab = visit(f"/train?{FAST}")
    tab.get_by_label("Table", exact=True).select_option("sample:iris")
    tab.get_by_label("Predict").locator("option:has-text('species')").wait_for(state="attached")
    tab.get_by_text("The network and how it is trained").click()
    tab.get_by_label("Hidden units").fill("5, 4")
    tab.get_by_label("Epochs", exact=True).fill("40")
    tab.get_by_label("Activation").select_option("sigmoid")
    start_and_wait(tab)
    assert "4-5-4-3, sigmoid then softmax" in tab.locator(".standing .head").inner_text()
    tab.get_by_label("Across").select_option("2")
    tab.reload()
    tab.locator(".state:has-text('Finished: epoch 40 of 40')").wait_for()
    assert tab.get_by_label("Across").input_value() == "2"
    assert tab.get_by_label("Activation").input_value() == "sigmoid"
    assert tab.get_by_label("Hidden units").input_value() == "5, 4"
    tab.locator(".ticks-x:has-text('petal length')").wait_for()


def test_a_training_is_stopped_and_goes_on(visit: Callable[..., Any]) -> None:
    tab = visit("/train?kind=classic&classic=mccaffrey&pace=4")
    start_and_wait(tab, "Training: epoch 2")
    tab.get_by_role("button", name="Stop").click()
    state = tab.locator(".state:has-text('Stopped')")
    state.wait_for()
    stopped = int(re.search(r"epoch (\d+)", state.inner_text())[1])  # type: ignore[index]
    assert 2 <= stopped < 1000
    assert tab.get_by_role("button", name="Stop").is_disabled()
    tab.get_by_label("Pace").fill("7")
    tab.get_by_role("button", name="Go on").click()
    tab.locator(".state:has-text('Finished: epoch 1,000 of 1,000')").wait_for(timeout=60_000)
    classic = find_classic("mccaffrey")
    whole = start(classic).run(classic.X, classic.T, 1000)
    told = numbers(tab, classic.title)
    assert float(told[-1][1]) == pytest.approx(float(whole.losses[-1]), rel=1e-3)


def test_a_person_s_own_csv_file_is_trained_on_and_its_model_taken_along(
    visit: Callable[..., Any], tmp_path: Path
) -> None:
    frame = load_wine(as_frame=True).frame
    path = tmp_path / "wine <b>&.csv"
    frame.to_csv(path, index=False)
    tab = visit(f"/train?{FAST}")
    tab.get_by_label("or a CSV file of yours").set_input_files(path)
    tab.get_by_text("178 rows, 14 columns.").wait_for()
    tab.get_by_label("Predict").select_option("target")
    start_and_wait(tab)
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Download the model").click()
    download.value.save_as(tmp_path / "m.safetensors")
    model = TableModel.load(tmp_path / "m.safetensors")
    assert model.target.name == "target"
    assert model.network.sizes == (13, 16, 3)


def test_three_output_deltas_stand_side_by_side(visit: Callable[..., Any]) -> None:
    tab = visit(f"/train?kind=deltas&{FAST}")
    start_and_wait(tab, "cross-entropy: epoch 1,000")
    tab.locator(".state:has-text('diagonal: epoch 1,000 · squared error: epoch 1,000')").wait_for()
    for name in ("diagonal", "squared error", "cross-entropy"):
        panel = tab.get_by_role("region", name=name, exact=True)
        assert panel.locator("table.confusion").count() == 2
        share = float(re.search(r"([\d.]+) % of 200 rows held out", panel.inner_text())[1])  # type: ignore[index]
        assert share > 90


def test_what_cannot_be_trained_is_said_in_the_page_s_words(visit: Callable[..., Any]) -> None:
    tab = visit(f"/train?{FAST}", refused=True)
    tab.get_by_text("The network and how it is trained").click()
    tab.get_by_label("Held out").fill("1.5")
    tab.get_by_role("button", name="Start").click()
    tab.get_by_role("alert").wait_for()
    assert tab.get_by_role("alert").inner_text() == ("Held out: should be less than 1, not 1.5")
    tab.get_by_label("Held out").fill("0.2")
    start_and_wait(tab)
    assert tab.get_by_role("alert").count() == 0


def test_a_training_that_is_gone_is_said(visit: Callable[..., Any]) -> None:
    tab = visit("/train?runs=gone", refused=True)
    tab.get_by_role("alert").wait_for()
    assert "start it anew" in tab.get_by_role("alert").inner_text()


def test_the_keyboard_is_enough(visit: Callable[..., Any]) -> None:
    tab = visit(f"/train?{FAST}")
    tab.get_by_text("300 rows, 3 columns.").wait_for()
    tab.get_by_role("button", name="Start").focus()
    tab.keyboard.press("Enter")
    tab.locator(".state:has-text('Finished')").wait_for(timeout=60_000)


# What a screen reader is given to say, from here on.
_HEARD = """() => {
  window.heard = [];
  const live = "[role=status], [role=alert], [aria-live=polite], [aria-live=assertive]";
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const place = (target.nodeType === 1 ? target : target.parentElement)?.closest(live);
      if (place) window.heard.push(place.textContent);
    }
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""


def test_a_screen_reader_hears_of_the_end_not_of_every_standing(visit: Callable[..., Any]) -> None:
    tab = visit(f"/train?{FAST}&epochs=2000")
    tab.get_by_text("300 rows, 3 columns.").wait_for()
    tab.evaluate(_HEARD)
    start_and_wait(tab)
    heard = tab.evaluate("window.heard")
    assert heard[-1] == "Finished: epoch 2,000 of 2,000"
    assert len(heard) <= 2


def test_the_keyboard_stays_where_it_is_while_it_learns(visit: Callable[..., Any]) -> None:
    tab = visit("/train?pace=4&epochs=600")
    tab.get_by_role("button", name="Start").click()
    table = tab.get_by_role("region", name="Confusion, held out")
    table.wait_for()
    table.focus()
    epoch = tab.locator(".state").inner_text()
    tab.wait_for_function(
        "before => document.querySelector('.state').textContent !== before", arg=epoch
    )
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == (
        "Confusion, held out"
    )


def test_before_the_first_epoch_nothing_is_said_of_how_right_it_is(
    visit: Callable[..., Any],
) -> None:
    tab = visit("/train?pace=0&epochs=5", refused=True)
    tab.get_by_text("300 rows, 3 columns.").wait_for()
    tab.route("**/events", lambda route: route.abort())  # it stays at its beginning
    tab.get_by_role("button", name="Start").click()
    panel = tab.get_by_role("region", name="How right it is")
    panel.get_by_text("Told after the first epoch.").wait_for()
    assert "loss says" not in panel.inner_text()


def test_a_server_that_falls_silent_is_told_of_and_heard_again(visit: Callable[..., Any]) -> None:
    tab = visit(f"/train?{FAST}", refused=True)
    tab.get_by_text("300 rows, 3 columns.").wait_for()
    tab.route("**/events", lambda route: route.abort())
    tab.get_by_role("button", name="Start").click()
    tab.get_by_role("alert").wait_for()
    assert "The server does not answer" in tab.get_by_role("alert").inner_text()
    tab.unroute("**/events")
    tab.locator(".state:has-text('Finished')").wait_for(timeout=60_000)
    assert tab.get_by_role("alert").count() == 0


@pytest.mark.parametrize("width", [360, 1280])
def test_long_names_stay_within_the_window(
    visit: Callable[..., Any], tmp_path: Path, width: int
) -> None:
    long = "Methylenedioxymethamphetaminehydrochloride"
    rows = [
        f"{i % 7},{i % 3},{(long, 'an <i>other</i> class of many words', 'c')[i % 3]}"
        for i in range(60)
    ]
    path = tmp_path / "many words and <b>signs in the name of a table.csv"
    path.write_text("\n".join([f"the {long} measured,b,kind", *rows]))
    tab = visit(f"/train?{FAST}&epochs=20", viewport={"width": width, "height": 740})
    tab.get_by_label("or a CSV file of yours").set_input_files(path)
    tab.get_by_text("60 rows, 3 columns.").wait_for()
    start_and_wait(tab)
    tab.locator(".confusion").first.wait_for()
    assert long in tab.locator(".confusion").first.inner_text()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
