"""What goes wrong in Train: told in sight, where it belongs, in the page's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from backlight.serve import launching
from backlight.serve.app import create_app
from backlight.serve.training.runs import Runs
from backlight.serve.training.tables import Tables

PHONE = {"width": 360, "height": 740}
TABLE = "a,b,kind\n" + "".join(f"{k % 7},{k % 5},{'xy'[k % 2]}\n" for k in range(60))
GONE = "wine.csv is no longer in the app's memory: choose the file again, or another table."


@pytest.fixture
def app() -> FastAPI:
    return create_app()


@pytest.fixture
def own_server(app: FastAPI) -> Iterator[str]:
    with launching.running(app) as address:
        yield address


def restarted(app: FastAPI) -> None:
    """The app as it is after a restart: without the runs and tables that it had."""
    app.state.runs.close()
    app.state.runs, app.state.tables = Runs(), Tables()


def button(tab: Any, name: str) -> Any:
    return tab.get_by_role("button", name=name, exact=True)


def choose(tab: Any, path: Path, content: str | bytes) -> None:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with tab.expect_file_chooser() as chooser:
        tab.get_by_label("or a CSV file of yours").click()
    chooser.value.set_files(path)


def in_sight(tab: Any, place: Any) -> bool:
    box, size = place.bounding_box(), tab.viewport_size
    return bool(box["y"] >= 0 and box["y"] + box["height"] <= size["height"])


@pytest.mark.parametrize(
    ("label", "given", "said"),
    [
        ("Epochs", "0", "Epochs: should be at least 1, not 0"),
        (
            "Rows a step",
            "1.5",
            "Rows a step: should be a valid integer, got a number with a fractional part, not 1.5",
        ),
        ("Learning rate", "", "Learning rate is empty; expected a number such as 0.005"),
        (
            "Hidden units",
            "8, 0",
            "Hidden units: should be at least 1, not 0",
        ),
        (
            "Hidden units",
            "8, many",
            "Hidden units: many is no number; expected a number such as 16",
        ),
    ],
)
def test_a_setting_that_cannot_be_is_told_at_its_control(
    visit: Callable[..., Any], label: str, given: str, said: str
) -> None:
    tab = visit("/train?pace=7", viewport=PHONE, refused=True)
    tab.get_by_text("300 rows, 3 columns.").wait_for()
    summary = tab.get_by_text("The network and how it is trained")
    summary.click()
    control = tab.locator(".ask").get_by_label(label, exact=True)
    hints = control.get_attribute("aria-describedby")
    start = control.input_value()
    control.fill(given)
    summary.click()  # closed, so that the control is not even to be seen
    for _ in range(2):  # told again, it comes into sight again
        tab.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        button(tab, "Start").click()
        alert = tab.get_by_role("alert")
        tab.locator(":focus[aria-invalid=true]").wait_for()
        assert alert.inner_text() == said
        assert in_sight(tab, alert)
        assert in_sight(tab, control)
        assert control.evaluate("control => control === document.activeElement")
        described = control.get_attribute("aria-describedby").split()
        assert alert.get_attribute("id") in described
        tab.evaluate("document.activeElement.blur()")
    control.fill(start)
    button(tab, "Start").click()
    tab.locator(".state:has-text('Finished')").wait_for(timeout=60_000)
    assert tab.get_by_role("alert").count() == 0
    assert control.get_attribute("aria-invalid") is None
    assert control.get_attribute("aria-describedby") == hints


def test_what_no_control_is_to_blame_for_is_told_in_sight_under_start(
    visit: Callable[..., Any], tmp_path: Path
) -> None:
    tab = visit("/train", viewport=PHONE, refused=True)
    choose(tab, tmp_path / "two.csv", "a,b\n1.5,2\n2.5,3\n")
    tab.get_by_text("2 rows, 2 columns.").wait_for()
    for _ in range(2):
        tab.evaluate("scrollTo(0, 0)")
        with tab.expect_response("**/api/train/runs"):
            button(tab, "Start").evaluate("start => start.click()")
        tab.locator(".trouble [role=alert]").wait_for()
        assert "0.2 of 2 rows to hold out is 0" in tab.get_by_role("alert").inner_text()
        assert in_sight(tab, tab.get_by_role("alert"))


def test_a_file_that_is_no_table_is_told_at_the_file_until_another_is_taken(
    visit: Callable[..., Any], tmp_path: Path
) -> None:
    tab = visit("/train", refused=True)
    tab.get_by_text("300 rows, 3 columns.").wait_for()
    choose(tab, tmp_path / "bin.csv", b"\x89PNG\r\n\x1a\n\0\0")
    file = tab.get_by_label("or a CSV file of yours")
    tab.locator(".field", has=file).get_by_role("alert").wait_for()
    assert "bin.csv is no UTF-8 text" in tab.get_by_role("alert").inner_text()
    assert file.get_attribute("aria-invalid") == "true"
    choose(tab, tmp_path / "good.csv", TABLE)
    tab.get_by_text("60 rows, 3 columns.").wait_for()
    assert tab.get_by_role("alert").count() == 0
    assert file.get_attribute("aria-invalid") is None
    for _ in range(2):  # the same file may be chosen once more
        with tab.expect_response("**/api/train/tables"):
            choose(tab, tmp_path / "bin.csv", b"\x89PNG\r\n\x1a\n\0\0")
        tab.get_by_role("alert").wait_for()
    tab.get_by_label("Table", exact=True).select_option("sample:iris")
    tab.get_by_text("150 rows, 5 columns.").wait_for()
    assert tab.get_by_role("alert").count() == 0


@pytest.mark.parametrize(
    ("content", "size", "why"),
    [
        ("a,b\n1,x\n1,x\n1,x\n", "3 rows, 2 columns.", "'a' is '1' in every row"),
        ("a,b\n1.5,x\n", "1 row, 2 columns.", "'a' has a value in one row only"),
        ("a\n1\n2\n", "2 rows, 1 column.", "'a' is the only column"),
    ],
)
def test_a_table_without_anything_to_predict_says_so_and_is_not_started(
    visit: Callable[..., Any], tmp_path: Path, content: str, size: str, why: str
) -> None:
    tab = visit("/train?pace=7")
    choose(tab, tmp_path / "const.csv", content)
    tab.get_by_text(size, exact=True).wait_for()
    told = tab.locator(".ask p", has_text="No column of this table can be predicted: ")
    assert why in told.inner_text()
    assert tab.get_by_label("Predict").count() == 0
    assert button(tab, "Start").is_disabled()
    tab.get_by_label("A published run").check()
    assert button(tab, "Start").is_enabled()
    tab.get_by_label("A table", exact=True).check()
    assert button(tab, "Start").is_disabled()
    tab.get_by_label("Table", exact=True).select_option("sample:moons")
    tab.get_by_label("Predict").wait_for()
    assert button(tab, "Start").is_enabled()


def test_a_column_with_a_whole_question_for_a_name_is_predicted(
    visit: Callable[..., Any], tmp_path: Path
) -> None:
    question = "How much do you agree with what follows? " * 6
    tab = visit("/train?pace=7&epochs=3", viewport=PHONE)
    choose(tab, tmp_path / "survey.csv", TABLE.replace("kind", question))
    tab.get_by_text("60 rows, 3 columns.").wait_for()
    assert tab.get_by_label("Predict").input_value() == question.strip()
    button(tab, "Start").click()
    tab.locator(".state:has-text('Finished')").wait_for(timeout=60_000)
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_after_a_restart_the_run_and_the_table_are_told_as_gone(
    visit: Callable[..., Any], app: FastAPI, own_server: str, tmp_path: Path
) -> None:
    tab = visit("/train?pace=3", at=own_server, refused=True)
    choose(tab, tmp_path / "wine.csv", TABLE)
    tab.get_by_text("60 rows, 3 columns.").wait_for()
    tab.get_by_label("Predict").select_option("a")
    button(tab, "Start").click()
    tab.locator(".state:has-text('Training: epoch')").wait_for(timeout=60_000)
    restarted(app)
    state = tab.locator(".state:has-text('No longer on the server: epoch')")
    state.wait_for(timeout=60_000)
    file = tab.get_by_label("or a CSV file of yours")
    told = tab.locator(".field", has=file).get_by_role("alert")
    told.wait_for()
    assert told.inner_text() == GONE
    assert "start it anew" in tab.locator(".runs").get_by_role("alert").inner_text()
    for name in ("Start", "Stop", "Go on"):
        assert button(tab, name).is_disabled()
    assert not tab.get_by_role("link", name="Download the model").is_visible()
    choose(tab, tmp_path / "wine.csv", TABLE)
    tab.get_by_text("60 rows, 3 columns.").wait_for()
    assert tab.get_by_label("Predict").input_value() == "a"
    button(tab, "Start").click()
    tab.locator(".state:has-text('Training: epoch')").wait_for(timeout=60_000)
    assert tab.get_by_role("alert").count() == 0


def test_after_a_restart_a_sample_is_started_at_once(
    visit: Callable[..., Any], app: FastAPI, own_server: str
) -> None:
    tab = visit("/train?pace=3", at=own_server, refused=True)
    button(tab, "Start").click()
    tab.locator(".state:has-text('Training: epoch')").wait_for(timeout=60_000)
    restarted(app)
    tab.locator(".state:has-text('No longer on the server')").wait_for(timeout=60_000)
    assert tab.get_by_role("alert").count() == 1
    button(tab, "Start").click()
    tab.locator(".state:has-text('Training: epoch')").wait_for(timeout=60_000)
    assert tab.get_by_role("alert").count() == 0
    assert button(tab, "Stop").is_enabled()


def test_an_address_whose_run_and_table_are_gone_tells_of_both(
    visit: Callable[..., Any],
) -> None:
    tab = visit(f"/train?table={'0' * 32}&target=kind&runs=gone", refused=True)
    tab.locator(".runs").get_by_role("alert").wait_for()
    said = tab.get_by_role("alert").all_inner_texts()
    assert len(said) == 2
    assert said[0].startswith("The table of this address is no longer in the app's memory")
    assert "start it anew" in said[1]
    assert button(tab, "Start").is_disabled()


def test_a_model_that_the_server_has_lost_is_told_of_on_the_page(
    visit: Callable[..., Any], app: FastAPI, own_server: str, tmp_path: Path
) -> None:
    tab = visit("/train?pace=7&epochs=20", at=own_server, refused=True)
    choose(tab, tmp_path / "wine.csv", TABLE)
    tab.get_by_text("60 rows, 3 columns.").wait_for()
    button(tab, "Start").click()
    tab.locator(".state:has-text('Finished')").wait_for(timeout=60_000)
    restarted(app)
    tab.get_by_role("link", name="Download the model").click()
    tab.locator(".state:has-text('No longer on the server: epoch 20 of 20')").wait_for()
    tab.get_by_text(GONE).wait_for()
    assert "start it anew" in tab.locator(".runs").get_by_role("alert").inner_text()
    assert tab.url.startswith(f"{own_server}/train?")


def test_a_table_that_is_gone_when_it_should_be_trained_on_is_told_at_the_file(
    visit: Callable[..., Any], app: FastAPI, own_server: str, tmp_path: Path
) -> None:
    tab = visit("/train?pace=7", at=own_server, refused=True)
    choose(tab, tmp_path / "wine.csv", TABLE)
    tab.get_by_text("60 rows, 3 columns.").wait_for()
    restarted(app)
    button(tab, "Start").click()
    tab.get_by_text(GONE).wait_for()
    assert button(tab, "Start").is_disabled()
    assert tab.evaluate("document.activeElement.type") == "file"
    assert tab.get_by_label("Table", exact=True).input_value() == ""
    tab.get_by_label("Table", exact=True).select_option("sample:moons")
    button(tab, "Start").click()
    tab.locator(".state:has-text('Finished')").wait_for(timeout=60_000)


def test_a_table_that_a_silent_server_does_not_tell_of_is_asked_for_again(
    visit: Callable[..., Any],
) -> None:
    tab = visit("/train?pace=7", refused=True)
    tab.get_by_text("300 rows, 3 columns.").wait_for()
    tab.route("**/api/train/tables/**", lambda route: route.abort())
    tab.get_by_label("Table", exact=True).select_option("sample:iris")
    tab.get_by_role("alert").wait_for()
    assert "The server does not answer" in tab.get_by_role("alert").inner_text()
    assert tab.get_by_label("Table", exact=True).input_value() == "sample:moons"
    tab.unroute("**/api/train/tables/**")
    button(tab, "Try again").click()
    tab.get_by_text("150 rows, 5 columns.").wait_for()
    assert tab.get_by_label("Table", exact=True).input_value() == "sample:iris"
    assert tab.get_by_role("alert").count() == 0
