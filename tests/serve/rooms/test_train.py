"""The API of Train: runs on offer, tables, trainings, their events, their files."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from starlette.testclient import TestClient

from backlight.networks.tables.model import TableModel
from backlight.networks.tables.planning import Recipe, plan
from backlight.networks.tables.reading import read_csv_content
from backlight.networks.tables.training import train
from backlight.serve.app import create_app

FLOWERS = load_iris(as_frame=True).frame.to_csv(index=False).encode()


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(), base_url="http://localhost") as client:
        yield client


def uploaded(client: TestClient, content: bytes = FLOWERS, name: str = "iris.csv") -> Any:
    return client.post("/api/train/tables", files={"file": (name, io.BytesIO(content))})


def followed(client: TestClient, run: str) -> list[dict[str, Any]]:
    with client.stream("GET", f"/api/train/runs/{run}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in stream.iter_lines() if line.startswith("data:")]
    return [json.loads(line[5:]) for line in lines]


def problem(answer: Any) -> str:
    assert 400 <= answer.status_code < 500
    text: str = answer.json()["error"]["message"]
    return text


def test_a_table_is_kept_in_memory_and_its_columns_told(client: TestClient) -> None:
    told = uploaded(client).json()
    assert (told["rows"], told["target"]) == (150, "target")
    assert [column["task"] for column in told["columns"]] == ["regress"] * 4 + ["classify"]
    assert client.get(f"/api/train/tables/{told['table']}").json() == told


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (b"a,b\n1,2.5\n1,3.5\n", ["'a' is '1' in every row: expected two classes or more", None]),
        (b"a,b\n1.5,x\n1.5,x\n", ["'a' is 1.5 in every row: there is nothing to learn",
                                  "'b' is 'x' in every row: expected two classes or more"]),
        (b"a,b\n1.5,\n,\n", ["'a' has a value in one row only: expected two rows or more",
                              "'b' is empty: there is nothing to learn"]),
        (b"a\n1\n2\n", ["'a' is the only column: there is none to learn from"]),
    ],
)  # fmt: skip
def test_why_a_column_cannot_be_predicted_is_told(
    client: TestClient, content: bytes, problems: list[str | None]
) -> None:
    told = uploaded(client, content).json()
    assert [column["problem"] for column in told["columns"]] == problems
    assert [column["task"] is None for column in told["columns"]] == [
        p is not None for p in problems
    ]
    assert (told["target"] is None) == (None not in problems)


@pytest.mark.parametrize(("length", "offered"), [(1000, True), (1001, False)])
def test_every_column_that_is_offered_can_be_asked_for(
    client: TestClient, length: int, offered: bool
) -> None:
    name = "q" * length
    told = uploaded(client, f"a,{name}\n1.5,2\n2.5,3\n3.5,4\n".encode()).json()
    assert (told["target"] == name) is offered
    asked = {"kind": "table", "table": told["table"], "target": name, "epochs": 1}
    assert (client.post("/api/train/runs", json=asked).status_code == 200) is offered
    problem_told = told["columns"][1]["problem"]
    assert offered or "has 1,001 characters: up to 1,000" in problem_told


@pytest.mark.parametrize("sample", ["moons", "iris", "wine", "breast-cancer", "diabetes"])
def test_every_sample_has_a_target_that_can_be_predicted(client: TestClient, sample: str) -> None:
    told = client.get(f"/api/train/tables/sample:{sample}").json()
    assert next(c["task"] for c in told["columns"] if c["name"] == told["target"])


def test_a_training_is_the_one_that_the_library_makes(client: TestClient, tmp_path: Path) -> None:
    table = uploaded(client).json()["table"]
    asked = {
        **{"kind": "table", "table": table, "target": "target", "hidden": [7], "epochs": 60},
        **{"activation": "sigmoid", "optimiser": "momentum", "learning_rate": 0.05, "batch": 16},
    }
    begun = client.post("/api/train/runs", json=asked).json()
    assert begun["sizes"] == [4, 7, 3]
    last = followed(client, begun["run"])[-1]
    recipe = Recipe((7,), "sigmoid", 60, 16, "momentum", 0.05, patience=0)
    mine = train(
        plan(read_csv_content(FLOWERS, "iris.csv"), "target", recipe=recipe), held_out=True
    )
    assert last["state"] == "finished"
    assert last["curves"]["training"] == [[k + 1, loss] for k, loss in enumerate(mine.losses)]
    assert last["curves"]["held out"] == [[k + 1, loss] for k, loss in enumerate(mine.held_out)]
    assert last["judged"]["held out"]["confusion"] == mine.judged.confusion.tolist()  # type: ignore[union-attr]
    answer = client.get(f"/api/train/runs/{begun['run']}/model")
    assert answer.headers["content-disposition"].startswith("attachment")
    (tmp_path / "m.safetensors").write_bytes(answer.content)
    model = TableModel.load(tmp_path / "m.safetensors")
    for name, array in mine.model.parameters.items():
        np.testing.assert_array_equal(model.parameters[name], array)


def test_a_training_stops_and_goes_on(client: TestClient) -> None:
    asked = {"kind": "classic", "name": "mccaffrey", "pace": 100}
    run = client.post("/api/train/runs", json=asked).json()["run"]
    stopped = client.post(f"/api/train/runs/{run}/stop").json()
    assert stopped["state"] == "paused"
    assert stopped["epoch"] < 1000
    assert client.get(f"/api/train/runs/{run}").json()["epoch"] == stopped["epoch"]
    client.post(f"/api/train/runs/{run}/look", json={"x": 1, "y": 0, "pace": None})
    resumed = client.post(f"/api/train/runs/{run}/resume").json()
    assert resumed["regions"]["names"] == ["input 2", "input 1"]
    last = followed(client, run)[-1]
    assert (last["state"], last["epoch"]) == ("finished", 1000)
    assert last["judged"]["held out"]["accuracy"] > 0.95


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "t.csv is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "t.csv is no UTF-8 text"),
        (b"a,b\n1\n", "line 2: 1 field where the header has 2"),
        (b"a" * 200_000, "t.csv has a header but no rows"),
    ],
)
def test_what_is_no_table_is_refused_by_its_name(
    client: TestClient, content: bytes, told: str
) -> None:
    assert told in problem(uploaded(client, content, "../../etc/t.csv"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"target": "speces"}, "did you mean 'species'?"),
        ({"table": "sample:irs"}, "did you mean 'sample:iris'"),
        ({"table": "0" * 32}, "upload it anew"),
        ({"activation": "tahn"}, "did you mean 'tanh'?"),
        ({"optimiser": "adamm"}, "did you mean 'adam'"),
        ({"learning_rate": "fast"}, "learning_rate"),
        ({"hidden": [0]}, "hidden.0: should be at least 1, not 0"),
        ({"hidden": [512] * 7}, "hidden"),
        ({"epochs": 10**9}, "epochs"),
        ({"target": "x" * 10_000}, "target"),
        ({"surprise": 1}, "surprise"),
        ({"kind": "tabel"}, "kind"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_words(
    client: TestClient, change: dict[str, Any], told: str
) -> None:
    asked = {"kind": "table", "table": "sample:iris", "target": "species", **change}
    assert told in problem(client.post("/api/train/runs", json=asked))


def test_an_unknown_run_is_told(client: TestClient) -> None:
    for path in ("", "/events", "/model"):
        assert "start it anew" in problem(client.get(f"/api/train/runs/none{path}"))


def test_a_training_that_diverges_says_so(client: TestClient) -> None:
    asked = {
        **{"kind": "table", "table": "sample:diabetes", "target": "progression"},
        **{"optimiser": "sgd", "learning_rate": 900.0, "epochs": 20},
    }
    last = followed(client, client.post("/api/train/runs", json=asked).json()["run"])[-1]
    assert last["state"] == "finished"
    assert "diverged in epoch" in last["stopped"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"," * 2_100_000, "about 2,100,000 cells"),
        (b"a\n" + b"1\n" * 2_100_000, "about 2,100,001 cells"),
        (b";".join(b"c%d" % k for k in range(501)) + b"\n" + b";" * 500, "501 columns"),
        (b'"\n",' + b",".join(b"c%d" % k for k in range(600)) + b"\n", "601 columns"),
    ],
)
def test_a_file_that_unfolds_to_gigabytes_is_refused_before_it_is_read(
    client: TestClient, content: bytes, words: str
) -> None:
    assert words in problem(uploaded(client, content))


def test_what_is_no_form_or_has_no_file_is_told_so(client: TestClient) -> None:
    answer = client.post("/api/train/tables", json={})
    assert (answer.status_code, "field `file`" in problem(answer)) == (415, True)
    assert "no file" in problem(client.post("/api/train/tables", files={"other": ("a.csv", b"a")}))


def test_a_network_of_gigabytes_is_refused_before_it_is_made(client: TestClient) -> None:
    rows = 20_000
    wide = b"a,b\n" + b"".join(b"%d,%d.5\n" % (k, k % 97) for k in range(rows))
    asked = {"kind": "table", "table": uploaded(client, wide).json()["table"], "target": "b"}
    refused = client.post("/api/train/runs", json={**asked, "hidden": [512, 512]})
    assert "20,000 rows through 1,026 units" in problem(refused)
    many = b"a,b\n" + b"".join(b"%d,w%d\n" % (k, k // 2) for k in range(600))
    asked = {"kind": "table", "table": uploaded(client, many).json()["table"], "target": "b"}
    assert "300 classes" in problem(client.post("/api/train/runs", json=asked))
