"""A page as a browser would take it apart, for the tests of the page."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

from PIL import Image

VOID = {"meta", "img", "input", "image", "rect", "path", "br"}


class Parsed(HTMLParser):
    """Elements with their attributes in order; the text that is shown; the raw style and script."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.words, self.raw, self.open = [], [], {}, []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if self.open and self.open[-1] in ("script", "style"):
            self.raw[self.open[-1]] = text
        else:
            self.words.append(text)

    @property
    def text(self):
        return " ".join("".join(self.words).split())

    def all(self, tag, **wanted):
        return [a for t, a in self.elements if t == tag and wanted.items() <= a.items()]


def picture(uri):
    kind, content = re.fullmatch(r"data:image/(png|jpeg);base64,([\w+/=]+)", uri).groups()
    image = Image.open(io.BytesIO(base64.b64decode(content, validate=True)))
    assert image.format.lower() == kind
    return image
