"""Can a .pt2 file be opened without running code that someone put into it?

`torch.export.load` unpickles some parts of the file without restriction, evaluates the formulas of
symbolic sizes, and looks up the functions of the graph by name. This module reads the same file as
data and refuses what would run more than the operators of a network.
"""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import torch

from backlight.errors import ModelError

_OPERATORS = re.compile(
    r"torch\.ops\.[a-z]\w*\.(?!__)\w+(\.(?!__)\w+)?"
    r"|torch\._?sym_\w+"
    r"|math\.[a-z]\w*"
    r"|_operator\.(getitem|add|sub|mul|matmul|truediv|floordiv|mod|pow|neg|pos|abs"
    r"|lt|le|gt|ge|eq|ne|and_|or_|xor|not_|invert|lshift|rshift)"
    r"|torch\._C\._set_grad_enabled"
    r"|torch\.amp\.autocast_mode\._(enter|exit)_autocast"
)

_ATOM = re.compile(r"[A-Za-z]\w*|-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")

# What a formula of sizes consists of; no attributes, no subscripts, no comprehensions.
_FORMULA_NODES = (
    ast.Expression,
    ast.Call,
    ast.keyword,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
    ast.Tuple,
)


def refuse_code(content: bytes, name: str) -> None:
    """Check that opening the archive runs no code of its own.

    Args:
        content: the whole file.
        name: what to call it in messages.

    Raises:
        ModelError: it would unpickle arbitrary objects, evaluate something that is not a formula,
            or call something that is not an operator; or it is damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            reasons = list(_reasons(archive))
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{name} is damaged or cut short") from error
    if reasons:
        raise ModelError(f"{name} is refused: {reasons[0]}, which could run any code")


def _reasons(archive: zipfile.ZipFile) -> Iterator[str]:
    members = archive.namelist()
    # PyTorch looks names up without regard to case, and may find another of two.
    if len({member.casefold() for member in members}) != len(members):
        yield "it holds two members of one name"
    for member in members:
        content = archive.read(member)
        if member.endswith(".pt"):
            if content and not _plain(content):
                yield f"{member} holds pickled objects"
        elif member.endswith("_config.json"):
            yield from _payload_reasons(json.loads(content), member)
        elif member.endswith(".json"):
            yield from _graph_reasons(json.loads(content))


def _plain(content: bytes) -> bool:
    try:
        torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception:
        return False
    return True


def _payload_reasons(config: Any, member: str) -> Iterator[str]:
    for key, payload in config["config"].items():
        path = str(payload["path_name"])
        if payload["use_pickle"] or not re.fullmatch(r"(weight|tensor)_\d+", path):
            yield f"{key} in {member} is pickled"


def _graph_reasons(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _graph_reasons(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "expr_str" and not _is_formula(item):
                yield f"{item!r} is not a formula"
            elif key == "nodes" and isinstance(item, list):
                for node in item:
                    if not _OPERATORS.fullmatch(str(node["target"])):
                        yield f"it calls {node['target']}"
            yield from _graph_reasons(item)


def _is_formula(text: Any) -> bool:
    """Whether a text is built of numbers, named symbols, arithmetic and SymPy's own classes."""
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
        return False
    for node in ast.walk(tree):
        if not isinstance(node, _FORMULA_NODES):
            return False
        if isinstance(node, ast.Call) and not (
            isinstance(node.func, ast.Name) and re.fullmatch(r"[A-Z]\w*", node.func.id)
        ):
            return False
        # SymPy evaluates some strings in turn: only a symbol or a number may stand in one.
        if isinstance(node, ast.Constant) and not _is_atom(node.value):
            return False
        if isinstance(node, ast.Name) and "__" in node.id:
            return False
    return True


def _is_atom(value: Any) -> bool:
    if isinstance(value, str):
        return _ATOM.fullmatch(value) is not None and "__" not in value
    return not isinstance(value, bytes)
