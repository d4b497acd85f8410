"""A whole page inside another one, as notebooks show it."""

from __future__ import annotations

import html

from backlight.show.page_text import escaped


def framed(page: str, title: str, height: str) -> str:
    """The page as a frame: its style and script keep to themselves, and ask nothing of anybody.

    Args:
        page: the HTML of a self-contained page.
        title: what the frame is called, plain text.
        height: of the frame, a CSS length.
    """
    return (
        f'<iframe title="{escaped(title)}" srcdoc="{html.escape(page)}" sandbox="allow-scripts" '
        f'style="width: 100%; height: {height}; border: 0"></iframe>'
    )
