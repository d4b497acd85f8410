"""One HTML file out of drawing modules and data: it opens offline and can be sent by mail.

The modules of `show/web/` are ES modules, which the app serves one by one. A file on somebody's
disk may load no other, so here they become one script: imports go, exports become plain
declarations, and the names at the top of the modules of one page must differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from backlight.errors import InputError
from backlight.show.page_shell import filled
from backlight.show.page_text import escaped

_IMPORT: Final = re.compile(r'^import \{ [^}\n]+ \} from "\./([\w.-]+)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.MULTILINE)
_OTHER: Final = re.compile(r"^\s*(import|export)\b.*$", re.MULTILINE)
_NAME: Final = re.compile(
    r"^(?:async )?(?:function\*?|class|const|let) (\w+)|^const \{ ([\w, ]+) \}", re.MULTILINE
)


def web_page(
    *,
    title: str,
    lede: str = "",
    module: str,
    start: str,
    data: Mapping[str, Any],
    css: Sequence[str] = (),
) -> str:
    """The HTML of the page.

    Args:
        title: the window's and the first heading, plain text.
        lede: a line below it, plain text.
        module: the drawing module, a file of `show/web/`; those it imports come with it.
        start: the function of it that is called with the page's element and the data:
            `start(root, data)`.
        data: what is drawn; plain values, all of them finite.
        css: files of `show/web/`, after the style that all pages have.

    Raises:
        InputError: data holds what JSON cannot, or two modules have a name in common.
    """
    script = f"{bundled(module)}\n{_START.format(start=start)}"
    block = f'<script type="application/json" id="data">{_json(data)}</script>'
    return filled(
        title=escaped(title),
        heading=escaped(title),
        below=f'<p class="lede">{escaped(lede)}</p>' if lede else "",
        main=f'<div id="drawing"></div>\n{block}',
        css=["page.css", *(f"web/{name}" for name in css)],
        js=[],
        script=script,
    )


_START: Final = (
    '{start}(document.getElementById("drawing"), '
    'JSON.parse(document.getElementById("data").textContent));'
)


@cache
def bundled(module: str) -> str:
    """A module and those it imports as one script, each once, what is needed first.

    Raises:
        InputError: a module is written in a way that cannot be bundled, or two have a top-level
            name in common.
    """
    parts: dict[str, str] = {}
    _gather(module, parts)
    _check_names(parts)
    return "\n".join(['"use strict";', *parts.values()])


def _gather(module: str, parts: dict[str, str]) -> None:
    if module in parts:
        return
    text = files("backlight.show").joinpath("web", module).read_text(encoding="utf-8")
    for needed in _IMPORT.findall(text):
        _gather(needed, parts)
    plain = _EXPORT.sub("", _IMPORT.sub("", text))
    if found := _OTHER.search(plain):
        raise InputError(
            f"{module}: {found[0].strip()!r} cannot be bundled; write one line, "
            'import { a } from "./other.js", or export before a declaration'
        )
    parts[module] = plain


def _check_names(parts: Mapping[str, str]) -> None:
    homes: dict[str, str] = {}
    for module, text in parts.items():
        for single, several in _NAME.findall(text):
            for name in [single] if single else re.findall(r"\w+", several):
                if name in homes:
                    raise InputError(f"{module} and {homes[name]} both have a top-level {name!r}")
                homes[name] = module


def _json(data: Mapping[str, Any]) -> str:
    """The data as text; nothing in it can end the block it stands in."""
    try:
        text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise InputError(f"the page's data cannot be written as JSON: {error}") from error
    return text.replace("<", "\\u003c")
