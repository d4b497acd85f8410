"""One file out of modules and data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from backlight.errors import InputError
from backlight.show import web_page as module
from backlight.show.web_page import bundled, web_page

HERE = Path(module.__file__).parent / "web"


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder in place of `show/web`, for modules written by a test."""
    (tmp_path / "web").mkdir()
    monkeypatch.setattr(module, "files", lambda package: tmp_path)
    bundled.cache_clear()
    return tmp_path / "web"


def test_what_a_module_needs_stands_before_it_once(modules: Path) -> None:
    (modules / "a.js").write_text('import { c } from "./c.js";\nexport const a = c + 1;\n')
    (modules / "c.js").write_text("export const c = 1;\n")
    (modules / "b.js").write_text(
        'import { a } from "./a.js";\nimport { c } from "./c.js";\n'
        "export function b() { return a + c; }\n"
    )
    assert bundled("b.js").split("\n") == [
        '"use strict";',
        *("const c = 1;", "", "const a = c + 1;", "", "function b() { return a + c; }", ""),
    ]


@pytest.mark.parametrize(
    "line",
    ["export default 1;", 'import * as d from "./d.js";', "export { e };", 'import "./d.js";'],
)
def test_what_cannot_be_bundled_is_refused_in_words(modules: Path, line: str) -> None:
    (modules / "a.js").write_text(line + "\n")
    with pytest.raises(InputError, match=r"a\.js: .* cannot be bundled; write one line"):
        bundled("a.js")


def test_names_that_two_modules_have_are_refused(modules: Path) -> None:
    (modules / "a.js").write_text('import { b } from "./b.js";\nconst x = b;\n')
    (modules / "b.js").write_text("export const b = 1;\nfunction x() {}\n")
    with pytest.raises(InputError, match=r"a\.js and b\.js both have a top-level 'x'"):
        bundled("a.js")


@pytest.mark.parametrize("path", sorted(HERE.glob("*.js")), ids=lambda path: path.name)
def test_every_drawing_module_can_be_bundled(path: Path) -> None:
    bundled.cache_clear()
    assert bundled(path.name).startswith('"use strict";')


def test_the_page_runs_its_module_on_its_data_offline(opened: Any) -> None:
    html = web_page(
        title="A </script> title",
        module="numbers.js",
        start="((root, data) => { root.textContent = data.told + numberText(data.value); })",
        data={"told": "</script><b>&", "value": -1234567.0},
    )
    tab = opened(html)
    assert tab.locator("#drawing").inner_text() == "</script><b>&−1.235·10⁶"
    assert tab.title() == "A </script> title"


def test_data_that_is_not_finite_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be written as JSON"):
        web_page(title="x", module="numbers.js", start="numberText", data={"a": float("nan")})


def test_data_is_written_as_it_is() -> None:
    html = web_page(title="x", module="numbers.js", start="f", data={"a": [0.1, 1 / 3]})
    block = re.search(r'id="data">(.*?)</script>', html)
    assert block is not None
    assert json.loads(block[1]) == {"a": [0.1, 1 / 3]}
