from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from backlight.errors import ModelError
from backlight.models.archives import refuse_code
from backlight.models.exported import load_exported

from .exporting import export, rewritten, small

PATH = Path("folder/small.pt2")


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return export(small(), tmp_path_factory.mktemp("pt2") / "small.pt2").read_bytes()


class Fires:
    """Says so when it is unpickled."""

    fired = False

    def __reduce__(self) -> Any:
        return (setattr, (Fires, "fired", True))


def with_pickled_inputs(name: str, member: bytes) -> bytes:
    if not name.endswith("sample_inputs/model.pt"):
        return member
    buffer = io.BytesIO()
    torch.save(((Fires(),), {}), buffer)
    return buffer.getvalue()


def with_pickled_weight(name: str, member: bytes) -> bytes:
    if name.endswith("weights/weight_0"):
        return pickle.dumps(Fires())
    if name.endswith("model_weights_config.json"):
        return member.replace(b'"use_pickle": false', b'"use_pickle": true', 1)
    return member


def with_pickled_constant(name: str, member: bytes) -> bytes:
    if not name.endswith("model_constants_config.json"):
        return member
    entry = {"path_name": "opaque_obj_0", "is_param": False, "use_pickle": True}
    return json.dumps({"config": {"k": {**entry, "tensor_meta": None}}}).encode()


def with_formula(text: str) -> Callable[[str, bytes], bytes]:
    def change(name: str, member: bytes) -> bytes:
        if not name.endswith("models/model.json"):
            return member
        marker = b'"expr_str": "Symbol(\''
        assert marker in member
        start = member.index(marker)
        end = member.index(b')"', start) + 2
        return member[:start] + b'"expr_str": ' + json.dumps(text).encode() + member[end:]

    return change


def with_target(target: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, member: member.replace(b"torch.ops.aten.relu.default", target)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_pickled_inputs, r"sample_inputs/model\.pt holds pickled objects"),
        (with_pickled_weight, "is pickled"),
        (with_pickled_constant, "is pickled"),
        (with_formula("__import__('os').system('true')"), "is not a formula"),
        (with_formula("open('x')"), "is not a formula"),
        (with_formula("S('print(1)')"), "is not a formula"),
        (with_formula("Symbol('a').__class__"), "is not a formula"),
        (with_formula("[x for x in y]"), "is not a formula"),
        (with_formula("("), "is not a formula"),
        (with_target(b"torch.ops.load_library"), r"it calls torch\.ops\.load_library"),
        (with_target(b"torch.hub.load"), r"it calls torch\.hub\.load"),
        (with_target(b"torch.ops.aten.__class__"), "it calls"),
        (with_target(b"_operator.methodcaller"), "it calls"),
        (with_target(b"os.system"), "it calls"),
    ],
)
def test_what_could_run_code_is_refused_before_it_does(
    change: Callable[[str, bytes], bytes], words: str, content: bytes
) -> None:
    Fires.fired = False
    altered = rewritten(content, change)
    assert altered != rewritten(content, lambda _name, member: member)
    with pytest.raises(ModelError, match=rf"small\.pt2' is refused: .*{words}"):
        load_exported(altered, PATH)
    assert not Fires.fired


def test_two_members_of_one_name_are_refused(content: bytes) -> None:
    buffer = io.BytesIO(content)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(archive.namelist()[0].upper(), b"another")
    with pytest.raises(ModelError, match="two members of one name"):
        refuse_code(buffer.getvalue(), "it")


def test_an_honest_file_passes_also_when_repacked(content: bytes) -> None:
    repacked = rewritten(content, lambda _name, member: member)
    refuse_code(repacked, "it")
    refuse_code(content, "it")
    assert load_exported(repacked, PATH).input_shape == (None, 3, None, 16)
