"""Makes the pictures of the README and the pages again: `python docs/pictures.py`.

The photo is scikit-image's `chelsea`. The curves are measured as they are drawn. The
page is photographed in Chromium, where there is one.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import backlight as bl

IMAGES = Path(__file__).parent / "images"


def main() -> None:
    """Write every picture over the one that was there."""
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        sys.exit("the photo comes with scikit-image: pip install 'backlight[demo]'")
    IMAGES.mkdir(exist_ok=True)
    curves()
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


def photograph(page: Path, picture: Path) -> None:
    """A screenshot of the page, if Chromium and Playwright are there."""
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
        tab.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main()
