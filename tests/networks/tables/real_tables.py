"""Real data as files, from scikit-learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas
from sklearn import datasets


def iris() -> pandas.DataFrame:
    """150 flowers of three species."""
    loaded = datasets.load_iris(as_frame=True)
    data = loaded.frame.drop(columns="target")
    data.columns = ["sepal length", "sepal width", "petal length", "petal width"]
    data["species"] = loaded.target_names[loaded.target]
    return data


def wine() -> pandas.DataFrame:
    """178 wines of three cultivars, which are numbered."""
    return datasets.load_wine(as_frame=True).frame.rename(columns={"target": "cultivar"})


def diabetes() -> pandas.DataFrame:
    """442 patients and how far the disease went, a number."""
    frame: pandas.DataFrame = datasets.load_diabetes(as_frame=True, scaled=False).frame
    return frame.rename(columns={"target": "progression"})


def messy(rows: int = 400) -> pandas.DataFrame:
    """Survivors of a made-up wreck: words, numbers, gaps, ids and a column that never varies."""
    rng = np.random.default_rng(0)
    sex = rng.choice(["female", "male"], rows)
    berth = rng.choice(["1st", "2nd", "3rd"], rows)
    age = rng.normal(35, 12, rows).round(1)
    luck = 2.0 * (sex == "female") + (berth == "1st") - 1.2 + rng.normal(0, 0.4, rows)
    data = pandas.DataFrame(
        {
            "Id": np.arange(1, rows + 1),
            "Name": [f"Person {row}" for row in range(rows)],
            "Age": age,
            "Sex": sex,
            "Berth": berth,
            "Ship": 1,
            "Note": None,
            "Survived": np.where(luck > 0, "yes", "no"),
        }
    )
    data.loc[::11, "Age"] = None
    data.loc[::17, "Berth"] = None
    data.loc[3::50, "Survived"] = None
    return data


def csv(frame: pandas.DataFrame, path: Path) -> Path:
    """The frame as a CSV file."""
    frame.to_csv(path, index=False)
    return path
