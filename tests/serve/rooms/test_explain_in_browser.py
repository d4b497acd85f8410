"""The Explain room as a person uses it; its numbers are those of the library, computed here."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import numpy as np
import pytest
from PIL import Image

import backlight as bl
from backlight.explanations.pictures import heat_of, pixels_drawn
from backlight.scenes import make_scene
from backlight.serve.settings import Settings
from backlight.show.encode import heat_bytes
from tests.serve.conftest import running

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

MODEL = "efficientnet-lite0"
Visit = Callable[..., Any]


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cat, as a file that loses nothing: scikit-image's photo."""
    skimage = pytest.importorskip("skimage.data", reason="scikit-image is not installed")
    path = tmp_path_factory.mktemp("photos") / "chelsea.png"
    Image.fromarray(skimage.chelsea()).save(path)
    return path


@pytest.fixture(scope="module")
def model() -> bl.Model:
    return bl.load_model(MODEL)


@pytest.fixture
def room(visit: Visit, photo: Path) -> Any:
    """The room with that photo, explained."""
    page = visit("/explain")
    page.set_input_files("#photo-file", photo)
    expect(page).to_have_url(re.compile("photo="))
    explained(page)
    return page


def explained(page: Any, maps: int = 1, within: float = 20) -> None:
    """Wait until there is a map for everything that was asked; so many seconds at most."""
    expect(page.locator(".busy")).to_have_count(0, timeout=1000 * within)
    expect(page.locator(".frame .heat")).to_have_count(maps, timeout=1000 * within)


def setting(page: Any) -> Any:
    """The controls of the setting that is in sight."""
    return page.locator(".setting:not([hidden])")


def address(page: Any) -> dict[str, str]:
    """What the address says."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def number(text: str) -> float:
    """A number as the page writes it."""
    text = text.replace("−", "-")
    if "·10" in text:
        mantissa, power = text.split("·10")
        digits = power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
        return float(mantissa) * 10 ** int(digits)
    return float(text)


def shown_range(page: Any) -> tuple[float, float]:
    """The least and the largest value of the raw map, as the page tells them."""
    told = page.locator(".take .note").inner_text()
    found = re.search(r"values from (\S+) to (\S+),", told)
    assert found, told
    return number(found[1]), number(found[2])


def assert_shows(page: Any, why: bl.Explanation, side: int = 0) -> None:
    """The map on the page is this explanation's: its colours to a level of 255, and, where there
    are few values, the least and the largest as far as four digits tell."""
    heat = page.locator(".frame .layer").nth(side).locator(".heat")
    expect(heat).to_have_count(1)
    address = urljoin(page.url, heat.get_attribute("href"))
    drawn = pixels_drawn(why)
    content = heat_bytes(heat_of(why, why.signed), signed=why.signed)
    expected_pixels = pixels(content) if drawn is None else rgba(drawn)
    difference = np.abs(pixels(page.request.get(address).body()) - expected_pixels)
    assert np.percentile(difference, 99) <= 3
    if why.map.ndim == 3:
        expected = (float(why.map.min()), float(why.map.max()))
        assert shown_range(page) == pytest.approx(expected, rel=2e-3, abs=1e-12)


def pixels(content: bytes) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The red, green, blue and opacity of a picture's pixels."""
    with Image.open(io.BytesIO(content)) as picture:
        return rgba(picture)


def rgba(picture: Image.Image) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(picture.convert("RGBA"), np.float64)


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


def test_a_method_says_what_it_shows_and_what_is_known_against_it(
    room: Any, photo: Path, model: bl.Model
) -> None:
    setting(room).get_by_label("Method").select_option("guided-backprop")
    explained(room)
    assert "paths of positive evidence only" in setting(room).inner_text()
    assert "fails the model-randomisation test" in setting(room).locator(".caution").inner_text()
    assert setting(room).get_by_label("Layer").is_disabled()
    assert address(room)["method"] == "guided-backprop"
    assert_shows(room, bl.explain(model, photo, method="guided-backprop"))


def test_layers_are_offered_in_the_library_s_order(room: Any, photo: Path, model: bl.Model) -> None:
    ranked = [candidate.name for candidate in bl.layers(model, photo)]
    layer = setting(room).get_by_label("Layer")
    expect(layer.locator("option")).to_have_count(len(ranked) + 1)
    offered = [option.get_attribute("value") for option in layer.locator("option").all()]
    assert offered == ["", *ranked]
    layer.select_option(ranked[3])
    explained(room)
    assert address(room)["layer"] == ranked[3]
    assert_shows(room, bl.explain(model, photo, layer=ranked[3]))


def test_two_settings_lie_on_either_side_of_a_divider(
    room: Any, photo: Path, model: bl.Model
) -> None:
    room.get_by_label("Compare two settings").check()
    explained(room, maps=2)
    setting(room).get_by_label("Method").select_option("gradient")
    explained(room, maps=2)
    assert address(room)["method2"] == "gradient"
    assert_shows(room, bl.explain(model, photo, method="gradient"), side=1)
    room.get_by_role("radio", name="A · Grad-CAM").check()
    assert_shows(room, bl.explain(model, photo))

    divider = room.get_by_role("slider", name="Divider")
    divider.focus()
    for key in ("ArrowRight", "ArrowRight", "PageUp"):
        room.keyboard.press(key)
    assert divider.get_attribute("aria-valuenow") == "62"
    assert cut(room) == pytest.approx(0.62, abs=0.005)
    box = room.locator(".frame").bounding_box()
    at = divider.bounding_box()
    room.mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    room.mouse.down()
    room.mouse.move(box["x"] + box["width"] * 0.25, at["y"] + at["height"] / 2, steps=4)
    room.mouse.up()
    assert cut(room) == pytest.approx(0.25, abs=0.01)
    expect(room).to_have_url(re.compile("divider=25"))

    setting(room).get_by_label("Counterfactual").check()
    expect(room.locator(".tag")).to_have_text(["A · Grad-CAM", "B · Gradient"])
    room.get_by_role("radio", name="B · Gradient").check()
    setting(room).get_by_label("Method").select_option("grad-cam")
    expect(room.locator(".tag")).to_have_text(["A · Grad-CAM, against", "B · Grad-CAM, for"])
    explained(room, maps=2)

    room.get_by_label("Compare two settings").uncheck()
    assert cut(room) == 1
    assert "method2" not in address(room)


def cut(page: Any) -> float:
    """How much of the photo the first map takes."""
    share = page.evaluate(
        """() => document.querySelector('#explain-side-0 rect').width.baseVal.value
                 / document.querySelector('.frame > svg').viewBox.baseVal.width"""
    )
    return float(share)


def test_opacity_and_boxes(room: Any, photo: Path, model: bl.Model) -> None:
    heat = room.locator(".frame .heat")
    room.get_by_label("Opacity of the map").fill("30")
    expect(heat).to_have_css("opacity", "0.3")
    expect(room).to_have_url(re.compile("opacity=30"))
    outline = room.locator(".frame .boxes .core")
    assert not outline.is_visible()
    room.get_by_label("Boxes").check()
    assert outline.is_visible()
    (box,) = bl.explain(model, photo).boxes(of="photo")
    assert box is not None
    x0, y0, x1, y1 = box
    drawn = [float(outline.get_attribute(name)) for name in ("x", "y", "width", "height")]
    assert drawn == pytest.approx([x0, y0, x1 - x0, y1 - y0], abs=1)  # these are whole pixels
    assert heat.count() == 1


def test_a_slider_that_is_moved_fast_is_written_down_where_it_rests(room: Any) -> None:
    """Browsers refuse addresses that change more than a hundred times in half a minute."""
    written = room.evaluate(
        """() => {
            let count = 0;
            const replace = history.replaceState.bind(history);
            history.replaceState = (...given) => { count += 1; replace(...given); };
            const slider = document.querySelector('.look input[type=range]');
            for (let at = 0; at <= 100; at += 1) {
                slider.value = at;
                slider.dispatchEvent(new Event('input'));
            }
            return new Promise((resolve) => setTimeout(() => resolve(count), 900));
        }"""
    )
    assert 0 < written < 40
    assert address(room)["opacity"] == "100"


def test_a_spot_is_shared_out_among_the_channels(room: Any, photo: Path, model: bl.Model) -> None:
    why = bl.explain(model, photo)
    x0, y0, x1, y1 = why.photos[0].region
    rows, columns = why.map.shape[1:]
    row, column = 2, 4
    with Image.open(photo) as picture:
        width, height = picture.size
    box = room.locator(".surface").bounding_box()
    x = x0 + (column + 0.5) / columns * (x1 - x0)
    y = y0 + (row + 0.5) / rows * (y1 - y0)
    room.locator(".surface").click(
        position={"x": x / width * box["width"], "y": y / height * box["height"]}
    )
    room.locator(".channels li").first.wait_for()
    assert f"Row {row + 1}, column {column + 1} of {rows} × {columns}" in (
        room.locator(".spot").inner_text()
    )
    value = number(room.locator(".sum strong").inner_text())
    assert value == pytest.approx(float(why.map[0, row, column]), rel=1e-3)
    parts = [told(item) for item in room.locator(".channels .product").all_inner_texts()]
    for weight, activation, product in parts:
        assert weight * activation == pytest.approx(product, rel=2e-3)
    sign, size = re.findall(r"([+−]) (\S+) by the others", room.locator(".sum").inner_text())[0]
    rest = number(size) if sign == "+" else -number(size)
    assert sum(product for *_, product in parts) + rest == pytest.approx(value, rel=5e-3)
    sizes = [abs(product) for *_, product in parts]
    assert sizes == sorted(sizes, reverse=True)


def told(text: str) -> tuple[float, float, float]:
    """weight × activation = contribution, as a line of the page says it."""
    weight, activation, product = re.split(" × | = ", text)
    return number(weight), number(activation), number(product)


def test_arrow_keys_move_the_spot_from_cell_to_cell(
    room: Any, photo: Path, model: bl.Model
) -> None:
    values = bl.explain(model, photo).map[0].numpy()
    row, column = np.unravel_index(values.argmax(), values.shape)
    surface = room.locator(".surface")
    surface.focus()
    room.keyboard.press("ArrowLeft")  # at first to the strongest cell
    room.get_by_text(f"Row {row + 1}, column {column + 1} of").first.wait_for()
    room.keyboard.press("ArrowUp" if row else "ArrowDown")
    row += -1 if row else 1
    room.get_by_text(f"Row {row + 1}, column {column + 1} of").first.wait_for()
    expect(room).to_have_url(re.compile("spot="))
    room.keyboard.press("Escape")
    expect(room).not_to_have_url(re.compile("spot="))
    assert room.locator(".channels li").count() == 0


def test_what_is_taken_along_is_the_explanation(
    room: Any, photo: Path, model: bl.Model, tmp_path: Path
) -> None:
    why = bl.explain(model, photo)
    files = {}
    for name in ("PNG", "Page", "NPZ"):
        with room.expect_download() as download:
            room.get_by_role("link", name=name, exact=True).click()
        files[name] = tmp_path / name
        download.value.save_as(files[name])
    with Image.open(files["PNG"]) as picture:
        assert picture.format == "PNG"
    assert files["Page"].read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with np.load(files["NPZ"]) as saved:
        assert saved["map"] == pytest.approx(why.map.numpy(), rel=1e-4, abs=1e-7)
    command = room.locator("#explain-command").inner_text()
    assert command.startswith("backlight explain ")
    assert MODEL in command


def test_a_reload_shows_the_same(room: Any) -> None:
    room.locator(".top button").nth(1).click()
    explained(room)
    room.get_by_label("Compare two settings").check()
    setting(room).get_by_label("Method").select_option("gradient")
    explained(room, maps=2)
    room.get_by_label("Opacity of the map").fill("40")
    room.get_by_label("Boxes").check()
    room.get_by_role("slider", name="Divider").press("End")
    room.locator(".surface").click(position={"x": 300, "y": 200})
    expect(room).to_have_url(re.compile("spot="))
    look = """() => ({
        address: location.search,
        heading: document.querySelector('h1').textContent,
        facts: document.querySelector('.take .note').textContent.replace(/in \\S+ s/, ''),
        method: document.querySelectorAll('.setting:not([hidden]) select')[0].value,
        opacity: document.querySelector('.look input').value,
        divider: document.querySelector('.divider').style.left,
        boxes: document.querySelector('.ticks input').checked,
    })"""
    explained(room, maps=2)
    before, maps = room.evaluate(look), heats(room)
    room.reload()
    explained(room, maps=2)
    assert room.evaluate(look) == before
    assert heats(room) == maps


def heats(page: Any) -> list[bytes]:
    """The maps over the photo, as files."""
    addresses = [heat.get_attribute("href") for heat in page.locator(".frame .heat").all()]
    return [page.request.get(urljoin(page.url, address)).body() for address in addresses]


def test_back_is_what_was_asked_before(room: Any) -> None:
    heading = room.get_by_role("heading", level=1)
    before = heading.inner_text()
    room.locator(".top button").nth(1).click()
    explained(room)
    assert heading.inner_text() != before
    room.go_back()
    expect(heading).to_have_text(before)


def test_another_model_has_its_own_classes_and_layers(room: Any, photo: Path) -> None:
    room.get_by_label("Model").select_option("scenes-resnet")
    explained(room)
    why = bl.explain("scenes-resnet", photo)
    labels = [text.split("\n")[0] for text in room.locator(".top button").all_inner_texts()]
    assert labels == [entry.label for entry in why.top(5)[0]]
    assert_shows(room, why)


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


def test_another_way_to_the_gradient_comes_to_the_same_map(visit: Visit) -> None:
    page = visit("/explain?model=scenes-resnet&photo=scene:1000000")
    explained(page)
    swept = shown_range(page)
    setting(page).get_by_label("Gradient").select_option("dual")
    explained(page)
    assert "by dual numbers" in page.locator(".take .note").inner_text()
    assert shown_range(page) == pytest.approx(swept, rel=1e-3)


def test_a_caption_s_words_have_maps_of_their_own(visit: Visit) -> None:
    page = visit("/explain?model=scenes-captioner&photo=scene:1000000")
    explained(page)
    scene = Image.fromarray(make_scene(1_000_000, size=64).image)
    network = bl.load_model("scenes-captioner")
    whole = bl.explain(network, scene)
    words = page.locator(".caption button")
    said = whole.text_facts
    assert said is not None
    assert words.all_inner_texts() == list(said.words[0])
    assert_shows(page, whole)
    words.nth(1).click()
    explained(page)
    assert address(page)["word"] == "1"
    assert words.nth(1).get_attribute("aria-pressed") == "true"
    assert_shows(page, bl.explain(network, scene, bl.Word(1)))


def test_a_question_is_answered_and_the_answer_explained(visit: Visit) -> None:
    page = visit("/explain?model=scenes-answerer")
    page.get_by_text("answers questions about a photo: ask one").wait_for()
    page.locator(".samples").get_by_role("button", name="a made scene").first.click()
    explained(page)
    asked = "what colour is the circle?"
    field = setting(page).get_by_label("Question")
    assert field.input_value() != ""  # a question that fits the scene
    field.fill(asked)
    field.press("Enter")
    explained(page)
    assert address(page)["question"] == asked
    number = int(address(page)["photo"].removeprefix("scene:"))
    scene = Image.fromarray(make_scene(number, size=64).image)
    why = bl.explain("scenes-answerer", scene, text=asked)
    assert setting(page).locator(".answered").inner_text() == f"Answer: {why.names[0]}"
    assert_shows(page, why)


def test_what_is_kept_is_listed_reopened_and_deleted(visit: Visit, tmp_path: Path) -> None:
    with running(Settings(store=tmp_path / "kept.sqlite")) as at:
        page = visit("/explain?method=guided-backprop", at=at)
        explained(page)
        heading = page.get_by_role("heading", level=1).inner_text()
        page.get_by_label("Keep this explanation as").fill("the <b>cat</b>")
        page.get_by_role("button", name="Keep", exact=True).click()
        kept = page.get_by_role("button", name="the <b>cat</b>", exact=True)
        kept.wait_for()
        page.goto(f"{at}/explain?photo=sample:coffee")
        explained(page)
        assert page.get_by_role("heading", level=1).inner_text() != heading
        kept.click()
        explained(page)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert address(page)["method"] == "guided-backprop"
        page.get_by_role("button", name="Delete the <b>cat</b>").click()
        page.get_by_text("Nothing is kept yet.").wait_for()


def test_without_a_store_the_page_says_how_to_have_one(page: Any) -> None:
    expect(page.locator(".shelf > .note")).to_contain_text("backlight serve --store FILE")


def test_a_large_photo_is_measured_in_its_own_pixels(
    visit: Visit, model: bl.Model, tmp_path: Path
) -> None:
    """It is shown smaller than it is; boxes and spots lie where they should all the same."""
    skimage = pytest.importorskip("skimage.data", reason="scikit-image is not installed")
    path = tmp_path / "large.png"
    Image.fromarray(skimage.chelsea()).resize((2255, 1500)).save(path)
    page = visit("/explain?boxes=1")
    page.set_input_files("#photo-file", path)
    expect(page).to_have_url(re.compile("photo="))
    explained(page)
    expect(page.locator(".frame > svg")).to_have_attribute("viewBox", "0 0 2255 1500")
    why = bl.explain(model, path)
    (box,) = why.boxes(of="photo")
    assert box is not None
    outline = page.locator(".frame .boxes .core")
    assert float(outline.get_attribute("x")) == pytest.approx(box[0], abs=1)
    page.locator(".surface").press("ArrowUp")
    page.locator(".channels li").first.wait_for()
    value = number(page.locator(".sum strong").inner_text())
    assert value == pytest.approx(float(why.map.max()), rel=1e-3)


DATA = """(bytes, name, type) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], name, {type}));
    return transfer;
}"""


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_photo_is_dropped_or_pasted(visit: Visit, photo: Path, model: bl.Model, way: str) -> None:
    page = visit("/explain")
    explained(page)
    page.evaluate(
        f"""([way, bytes]) => {{
            const transfer = ({DATA})(bytes, 'cat.png', 'image/png');
            const how = {{bubbles: true, cancelable: true}};
            document.querySelector('.frame').dispatchEvent(way === 'drop'
                ? new DragEvent('drop', {{...how, dataTransfer: transfer}})
                : new ClipboardEvent('paste', {{...how, clipboardData: transfer}}));
        }}""",
        [way, list(photo.read_bytes())],
    )
    expect(page).to_have_url(re.compile("photo="))
    explained(page)
    assert_shows(page, bl.explain(model, photo))


def test_what_is_no_photo_is_refused_in_words(visit: Visit, tmp_path: Path) -> None:
    page = visit("/explain", refused=True)
    explained(page)
    text = tmp_path / "notes.png"
    text.write_text("these are notes, not a photo")
    page.set_input_files("#photo-file", text)
    refusal = page.locator(".photos").get_by_role("alert")
    refusal.wait_for()
    assert "image" in refusal.inner_text()
    assert page.locator(".frame .heat").count() == 1  # what was there still is


def test_a_photo_that_is_gone_is_asked_for_again(visit: Visit, photo: Path) -> None:
    page = visit("/explain?photo=nosuchphoto", refused=True)
    page.get_by_text("no longer has this photo").wait_for()
    assert page.locator(".waits").get_by_role("alert").inner_text()
    page.set_input_files("#photo-file", photo)
    explained(page)
    assert not page.locator(".gone").is_visible()


def test_the_server_s_own_words_are_shown(visit: Visit) -> None:
    page = visit("/explain?layer=no.such.layer", refused=True)
    page.locator(".waits").get_by_role("alert").wait_for()
    with pytest.raises(bl.errors.LayerError) as error:
        bl.explain(MODEL, np.zeros((240, 240, 3), np.uint8), layer="no.such.layer")
    assert page.locator(".waits").get_by_role("alert").inner_text() == str(error.value)
    setting(page).get_by_label("Layer").select_option("")
    explained(page)


@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_nothing_runs_off_to_the_side(visit: Visit, width: int) -> None:
    page = visit("/explain?compare=1&spot=100,100", viewport={"width": width, "height": 740})
    explained(page, maps=2)
    assert page.evaluate("document.documentElement.scrollWidth") == width
