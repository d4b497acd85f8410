"""The shapes of requests and answers of the Explain room, as the API's document states them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

#: A class, answer or action: its index, or (a part of) its label; a word, or its position.
Entry = Annotated[
    Annotated[int, Field(strict=True, ge=0, lt=1_000_000)]
    | Annotated[str, Field(min_length=1, max_length=200)],
    Field(description="an index, or a name"),
]
Name = Annotated[str, Field(min_length=1, max_length=300)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]


class Asked(BaseModel):
    """POST /api/explain."""

    model_config = ConfigDict(extra="forbid")

    photo: Annotated[Name, Field(description="from POST /api/photos, or `sample:…`, `scene:…`")]
    model: Annotated[Name, Field(description="one of GET /api/models")]
    target: Annotated[Entry | None, Field(description="left out: the model's own best")] = None
    counterfactual: bool = False
    against: Annotated[Entry | None, Field(description="why the target rather than this")] = None
    method: Name = "grad-cam"
    layer: Annotated[Name | None, Field(description="left out: the best one")] = None
    gradients: Annotated[Name | None, Field(description="left out: backpropagation")] = None
    question: Annotated[Text | None, Field(description="for models that answer questions")] = None
    word: Annotated[Entry | None, Field(description="of a caption; left out: all of it")] = None
    caption: Annotated[Text | None, Field(description="left out: the model's own")] = None


class AskedSpot(BaseModel):
    """POST /api/explanations/{id}/spot: a place in pixels of the model's input."""

    model_config = ConfigDict(extra="forbid")

    x: Annotated[float, Field(ge=0, lt=100_000, allow_inf_nan=False)]
    y: Annotated[float, Field(ge=0, lt=100_000, allow_inf_nan=False)]
    count: Annotated[int, Field(ge=1, le=64)] = 8


class AskedToStore(BaseModel):
    """POST /api/stored."""

    model_config = ConfigDict(extra="forbid")

    explanation: Name
    name: Annotated[str, Field(max_length=200)] = ""


class SentPhoto(BaseModel):
    """A photo that was sent: what it is called, and its upright size in pixels."""

    photo: str
    width: int
    height: int


class OfferedSample(BaseModel):
    """A photo to try; of a made scene with questions and a caption that fit it."""

    photo: str
    name: str
    questions: list[str]
    caption: str


class OfferedModel(BaseModel):
    """A network on offer. `input` is [height, width]."""

    name: str
    about: str
    task: str
    input: list[int] | None
    classes: int | None
    multi_label: bool
    vocabulary: list[str] | None


class Label(BaseModel):
    """A class."""

    index: int
    label: str


class Layer(BaseModel):
    """A layer that can be looked at, the best first."""

    name: str
    shape: list[int]
    grid: str
    reason: str


class OfferedMethod(BaseModel):
    """A method: what it shows, where it is from, what is known against it."""

    name: str
    title: str
    shows: str
    source: str
    caution: str
    needs_layer: bool
    every_way: bool


class OfferedWay(BaseModel):
    """A way to derivatives."""

    name: str
    title: str


class RankedClass(BaseModel):
    """A class of the model's ranking."""

    index: int
    label: str
    score: float | None
    probability: float | None


class Map(BaseModel):
    """The raw, signed map, row by row; no values where it is of single pixels."""

    rows: int
    columns: int
    values: list[float | None] | None


class Answer(BaseModel):
    """An explanation. Places are in pixels of the model's input, of `size` [width, height];
    `region` [x0, y0, x1, y1] is where that lies on the photo, in the photo's own pixels, of which
    it has `whole` [width, height], however small it is shown."""

    explanation: str | None
    photo: str
    target: dict[str, Any]
    model: str
    model_version: str | None
    method: str
    method_title: str
    gradients: str
    gradients_title: str
    layer: dict[str, str] | None
    signed: bool
    legend: Literal["sequential", "diverging", "relief"]
    multi_label: bool
    top: list[RankedClass]
    size: list[int]
    whole: list[int]
    region: list[float]
    map: Map
    heat: str
    said: dict[str, Any]
    seconds: float
    together: int
    command: str
    notes: list[str]


class KeptAnswer(Answer):
    """The same as it was kept, with the box [x0, y0, x1, y1] at the usual threshold."""

    box: list[int] | None = None


class Scores(BaseModel):
    """What the network gave each class, in their order; null where it scores no classes."""

    scores: list[float | None] | None


class BoxAnswer(BaseModel):
    """The box [x0, y0, x1, y1] around the largest region above `threshold` of the map's maximum, x1
    and y1 just outside; null where nothing is positive."""

    threshold: float
    box: list[int] | None


class LitBy(BaseModel):
    """A feature map at a spot: α_k, A_k there, their product, A_k everywhere as values (row by row)
    and as a picture."""

    index: int
    weight: float | None
    activation: float | None
    contribution: float | None
    signed: bool
    values: list[float | None] | None
    heat: str


class SpotAnswer(BaseModel):
    """A cell of the layer's grid; its value is the channels' contributions and `rest`, summed."""

    row: int
    column: int
    rows: int
    columns: int
    value: float | None
    rest: float | None
    channels: list[LitBy]


class StoreKept(BaseModel):
    """Whether explanations can be kept here; where not, what to do about it."""

    keeps: bool
    message: str


class StoredLine(BaseModel):
    """One of the explanations that are kept."""

    stored: int
    name: str
    made: str
    photo: str
    model: str
    method: str
    target: str


class StoredAnswer(BaseModel):
    """An explanation that was kept: what was asked, what was answered."""

    stored: int
    name: str
    made: str
    asked: dict[str, Any]
    answer: KeptAnswer
