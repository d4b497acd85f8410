"""Makes the pictures of the README and the pages again: `python docs/pictures.py`.

The photo is scikit-image's `chelsea`. The curves are measured as they are drawn, and the table of
`three-deltas.md` is printed with them. The page is photographed in Chromium, where there is one.
"""

from __future__ import annotations

import importlib.util
import itertools
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from mountain_pictures import mountains
from PIL import Image
from policy_pictures import catch, pong

import backlight as bl
from backlight.networks.sweeps.offered import offer

IMAGES = Path(__file__).parent / "images"


def main() -> None:
    """Write every picture over the one that was there."""
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        sys.exit("the photo comes with scikit-image: pip install 'backlight[demo]'")
    IMAGES.mkdir(exist_ok=True)
    curves()
    three_deltas()
    sweep()
    mountains(IMAGES)
    three_levels()
    words_of_a_caption()
    two_questions()
    catch()
    pong()
    model = bl.load_model("efficientnet-lite0")
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "chelsea.png"
        shutil.copy(Path(spec.origin).parent / "data" / "chelsea.png", photo)
        why = bl.explain(model, photo)
        why.save(IMAGES / "chelsea.why.png", overwrite=True)
        against = bl.explain(model, photo, bl.Not("Egyptian cat"))
        against.save(IMAGES / "chelsea.against.png", overwrite=True)
        page = why.save(Path(folder) / "chelsea.why.html")
        photograph(page, IMAGES / "chelsea.page.png")


def curves() -> None:
    """Error against step and time against size, of the gradient of a network's cost."""
    rng = np.random.default_rng(0)
    x = {"w1": rng.normal(size=(20, 30)) / 5, "w2": rng.normal(size=(10, 20)) / 4}
    sample = rng.normal(size=30)

    def cost(x: Any) -> Any:
        scores = x["w2"] @ np.tanh(x["w1"] @ sample)
        return np.log(np.sum(np.exp(scores))) - scores[3]

    comparison = bl.compare(cost, x)
    for name, plot in (("steps", comparison.plot_steps), ("cost", comparison.plot_cost)):
        picture = IMAGES / f"gradients.{name}.png"
        plot(picture, overwrite=True)
        few_colours = Image.open(picture).convert("RGB").quantize(64)
        few_colours.save(picture, optimize=True)


def sweep() -> None:
    """A network on the way back, and the page to step through it."""
    found = offer("example-4")
    shown = bl.show.sweep(
        found.network, found.parameters, found.x, found.t, title="Example 4, step by step"
    )
    picture = shown.save(IMAGES / "sweep.png", step=5, overwrite=True)
    few_colours = Image.open(picture).convert("RGB").quantize(64)
    few_colours.save(picture, optimize=True)
    with tempfile.TemporaryDirectory() as folder:
        page = shown.save(Path(folder) / "sweep.html")
        photograph(page, IMAGES / "sweep.page.png", keys=["ArrowRight"] * 10)


def three_deltas() -> None:
    """Three output deltas: how large they are, and how well the 4-5-3 run ends with each."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    share = np.linspace(0, 1, 201)
    # Of three classes, the two wrong ones alike.
    sizes = {
        "cross-entropy": 1 - share,
        "squared-error": 1.5 * share * (1 - share) ** 2,
        "diagonal": share * (1 - share) ** 2,
    }
    styles = {
        "cross-entropy": ("#009E73", "^", "-."),
        "squared-error": ("#0072B2", "o", "-"),
        "diagonal": ("#D55E00", "s", "--"),
    }
    accuracies = _accuracies(tuple(sizes))
    for delta, (colour, marker, line) in styles.items():
        left.plot(share, sizes[delta], line, color=colour, label=delta)
        test = 100 * accuracies[delta][1]
        drawn = {"color": colour, "marker": marker, "linestyle": line, "label": delta}
        right.plot(RATES, test.mean(axis=1), **drawn)
        right.fill_between(RATES, test.min(axis=1), test.max(axis=1), color=colour, alpha=0.12)
    left.set(xlabel="output of the right class", ylabel="|δ| of the right class")
    right.set(xscale="log", xlabel="learning rate", ylabel="test accuracy, %")
    right.set_title("20 seeds: mean, and from the least to the greatest", fontsize=9)
    right.set_xticks(RATES, [f"{rate:g}" for rate in RATES])
    right.minorticks_off()
    left.legend(frameon=False)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(IMAGES / "three-deltas.png", dpi=110)


def three_levels() -> None:
    """Scenes of each level in a row, the same with their masks and boxes beside them."""
    from backlight.scenes import LEVELS, contact_sheet, make_scene

    columns = 3
    chosen = [make_scene(index, 9, level) for level in LEVELS for index in range(1, columns + 1)]
    plain, marked = (contact_sheet(chosen, columns, marked=marks) for marks in (False, True))
    sheet = Image.new("RGB", (2 * plain.width + 8, plain.height), "white")
    sheet.paste(plain, (0, 0))
    sheet.paste(marked, (plain.width + 8, 0))
    sheet.save(IMAGES / "scenes.png", optimize=True)


def words_of_a_caption() -> None:
    """A scene, and the map of every word that names or paints one of its objects."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from backlight.scenes import make_scene
    from backlight.show.overlay import overlay

    scene = make_scene(1_000_006)
    caption = scene.captions[1]
    words = bl.explain(
        bl.load_model("scenes-captioner"),
        scene.image,
        targets=[bl.Word(place) for place in caption.about],
        text=str(caption),
    )
    photo = Image.fromarray(scene.image)
    pictures = [photo.resize((448, 448), Image.Resampling.NEAREST)]
    pictures += [overlay(photo, w.heatmap()[0].numpy(), signed=False, legend=False) for w in words]
    titles = ["the picture", *(caption.words[place] for place in caption.about)]
    columns = 5
    rows = -(-len(pictures) // columns)
    figure = Figure(figsize=(1.7 * columns, 1.95 * rows + 0.35), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(f"“{caption}”", fontsize=9)
    panels = figure.subplots(rows, columns).flat
    for axes, picture, title in itertools.zip_longest(panels, pictures, titles):
        axes.axis("off")
        if picture is not None:
            axes.imshow(picture)
            axes.set_title(title, fontsize=10)
    path = IMAGES / "captions.png"
    figure.savefig(path, dpi=110)
    Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)


ASKED = (3, 10)  # two of the scene's questions, about two of its objects


def two_questions() -> None:
    """A scene, and for two questions about it the map of the answer and the words' relevance."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from backlight.scenes import make_scene
    from backlight.show.overlay import overlay

    scene = make_scene(1_000_009)
    photo = Image.fromarray(scene.image)
    figure = Figure(figsize=(8.4, 3.2))
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 3)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.12, top=0.9, wspace=0.04)
    panels[0].imshow(photo.resize((448, 448), Image.Resampling.NEAREST))
    panels[0].set_title("the picture", fontsize=11)
    for axes, place in zip(panels[1:], ASKED, strict=True):
        why = bl.explain("scenes-answerer", scene.image, text=scene.questions[place].text)
        axes.imshow(overlay(photo, why.heatmap()[0].numpy(), signed=False, legend=False))
        axes.set_title(f"“{why.names[0]}”", fontsize=11)
        _tinted(axes, why.word_relevance()[0])
    for axes in panels:
        axes.axis("off")
    path = IMAGES / "answers.png"
    figure.savefig(path, dpi=110)
    Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)


def _tinted(axes: Any, words: tuple[tuple[str, float], ...]) -> None:
    """The words in a line under a panel: the more one speaks for the answer the more orange, the
    more against it the more blue."""
    most = max(abs(value) for _, value in words)
    renderer = axes.figure.canvas.get_renderer()
    drawn = []
    for word, value in words:
        tint = "#E69F00" if value > 0 else "#56B4E9"
        box = {"facecolor": tint, "alpha": abs(value) / most, "edgecolor": "none", "pad": 2.5}
        drawn.append(axes.text(0, -0.06, word, transform=axes.transAxes, va="top", bbox=box))
    gap = 7 / axes.bbox.width
    widths = [text.get_window_extent(renderer).width / axes.bbox.width for text in drawn]
    left = (1 - sum(widths) - gap * (len(widths) - 1)) / 2
    for text, width in zip(drawn, widths, strict=True):
        text.set_x(left)
        left += width + gap


RATES = (0.005, 0.01, 0.02, 0.05, 0.1)
SEEDS = range(20)


def _accuracies(deltas: tuple[str, ...]) -> dict[str, Any]:
    """For each delta (training and test, rates, seeds); printed as a table."""
    from backlight.networks.classics.classic import ACCURACY, TEST_ACCURACY
    from backlight.networks.classics.mccaffrey import four_five_three
    from backlight.networks.classics.replaying import go_on, start

    found = {delta: np.zeros((2, len(RATES), len(SEEDS))) for delta in deltas}
    print("| rate | delta | training rows | test rows | test rows, least to greatest |")
    print("|---|---|---|---|---|")
    for (row, rate), delta in itertools.product(enumerate(RATES), deltas):
        for column, seed in enumerate(SEEDS):
            run = four_five_three("run", "of a seed", delta, (), seed=seed)
            run = replace(run, settings={**run.settings, "learning_rate": rate})
            training = start(run)
            go_on(run, training, run.epochs)
            for part, what in enumerate((ACCURACY, TEST_ACCURACY)):
                found[delta][part, row, column] = run.measure(what, training.parameters)
        train, test = found[delta][:, row]
        spread = f"{test.min():.3f} to {test.max():.3f}"
        print(f"| {rate:g} | {delta} | {train.mean():.4f} | {test.mean():.4f} | {spread} |")
    return found


def photograph(page: Path, picture: Path, keys: Sequence[str] = ()) -> None:
    """A screenshot of the page after these keys, if Chromium and Playwright are there."""
    chromium = shutil.which("chromium")
    if chromium is None or importlib.util.find_spec("playwright") is None:
        print("no Chromium or no Playwright: the page is not photographed")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
        )
        tab = browser.new_page(viewport={"width": 1100, "height": 900})
        tab.goto(page.as_uri())
        for key in keys:
            tab.keyboard.press(key)
        tab.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main()
