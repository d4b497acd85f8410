"""Names of files that people send: for messages and for what is stored, never to open anything."""

from __future__ import annotations

_LONGEST_NAME = 80


def safe_name(name: str) -> str:
    """A file's name without its folder and whatever does not belong into a name."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*')
    stem, dot, ending = kept.strip(". ").rpartition(".")
    return f"{stem[:_LONGEST_NAME]}{dot}{ending[:8]}" if dot else kept.strip(". ")[:_LONGEST_NAME]
