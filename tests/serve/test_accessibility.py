"""No room has a serious problem that axe-core finds: names, roles, contrast, focus.

axe-core comes from the npm registry: `make axe` puts it into build/.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backlight.serve.app import ROOMS

AXE = Path(__file__).parents[2] / "build" / "axe.min.js"
SIZES = {"phone": (360, 740), "laptop": (1280, 800)}

# The two gravest of four kinds; `minor` and `moderate` are advice.
GRAVE = {"serious", "critical"}


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not there: make axe")
    return AXE.read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("room", ROOMS)
def test_nothing_serious_stands_in_anybody_s_way(
    visit: Callable[..., Any], axe: str, room: str, size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    tab = visit(f"/{room}", viewport={"width": width, "height": height}, color_scheme=scheme)
    tab.wait_for_load_state("networkidle")
    tab.evaluate(axe)
    found = tab.evaluate("axe.run({resultTypes: ['violations']})")
    assert found["passes"], "axe-core has looked at nothing"
    told = [
        f"{rule['id']}: {rule['help']}: {node['html'][:120]}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]
    assert told == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width, "wider than the window"
