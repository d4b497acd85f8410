"""The frame of every page: one HTML file that opens offline and can reach nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files


def filled(
    *,
    title: str,
    heading: str,
    below: str,
    main: str,
    css: Sequence[str],
    js: Sequence[str],
    script: str = "",
) -> str:
    """The HTML of a page. All texts are HTML already, escaped by whoever wrote them.

    A content security policy forbids every request and every script but the page's own, so a label
    or a file name can do no harm.

    Args:
        title: of the window, plain text as HTML.
        heading: the first heading.
        below: what stands below it.
        main: the page's content.
        css, js: names of the files of style and script beside this one, in their order.
        script: a script of the page's own, after those.
    """
    style = "\n".join(map(_asset, css))
    script = "\n".join([*map(_asset, js), *([script] if script else [])])
    parts = {
        "policy": f"default-src 'none'; img-src data:; style-src {_hash(style)}; "
        f"script-src {_hash(script)}; base-uri 'none'; form-action 'none'",
        "title": title,
        "heading": heading,
        "below": below,
        "main": main,
        "css": style,
        "js": script,
    }
    # One pass over the template: braces in a label are never taken for a gap to be filled.
    return re.sub(r"\{\{(\w+)\}\}", lambda gap: parts[gap[1]], _asset("page.html"))


@cache
def _asset(name: str) -> str:
    return files("backlight.show").joinpath(name).read_text(encoding="utf-8")


def _hash(code: str) -> str:
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"
