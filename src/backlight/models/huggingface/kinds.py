"""Which class of `transformers` does which task, and the one that a set of weights is for."""

from __future__ import annotations

import inspect
from typing import Any

from backlight.errors import ModelError
from backlight.models.tasks import Task

# By what the names of classes end in, the longer ones first.
_ENDINGS: tuple[tuple[str, Task], ...] = (
    ("ForImageClassificationWithTeacher", "classify"),
    ("ForImageClassification", "classify"),
    ("ForSemanticSegmentation", "segment"),
    ("ForObjectDetection", "detect"),
    ("ForQuestionAnswering", "vqa"),
    ("ForConditionalGeneration", "caption"),
    ("ForCausalLM", "caption"),
    ("VisionEncoderDecoderModel", "caption"),
    ("ModelWithProjection", "embed"),
    ("Model", "embed"),
)

# The class that picks, by the configuration, the one for a task.
_AUTO: dict[Task, str] = {
    "classify": "AutoModelForImageClassification",
    "segment": "AutoModelForSemanticSegmentation",
    "detect": "AutoModelForObjectDetection",
    "vqa": "AutoModelForVisualQuestionAnswering",
    "caption": "AutoModelForImageTextToText",
    "embed": "AutoModel",
}


def task_of(name: str) -> Task | None:
    """What a class of this name does; None where none of the tasks fits."""
    return next((task for ending, task in _ENDINGS if name.endswith(ending)), None)


def class_for(package: Any, config: Any, task: Task | None, name: str) -> Any:
    """The class that the weights are for; where a task is given, the one of the same family for it.

    Args:
        package: `transformers`.
        config: of the model; its `architectures` name the class that was saved.
        task: None for the task of the class that was saved.
        name: what to call the model in messages.

    Raises:
        ModelError: there is none, or it takes no pictures.
    """
    saved = next(iter(getattr(config, "architectures", None) or ()), None)
    own = task_of(saved) if saved else None
    if task is None and own is None:
        is_what = f"is {saved}, which does" if saved else "does not say what it is, for"
        raise ModelError(f"{name} {is_what} none of the tasks {', '.join(_AUTO)}")
    if task is None or task == own:
        found = getattr(package, saved or "", None)
        if found is None:
            raise ModelError(
                f"{name} is {saved}, which transformers {package.__version__} does not have"
            )
    else:
        found = _of_family(package, config, task)
        if found is None:
            kind = f"{saved}, for task {own!r}" if own else type(config).__name__
            raise ModelError(f"{name} is {kind}: it cannot be loaded for task {task!r}")
    if "pixel_values" not in inspect.signature(found.forward).parameters:
        raise ModelError(f"{name} is {found.__name__}, which takes no picture (pixel_values)")
    return found


def _of_family(package: Any, config: Any, task: Task) -> Any:
    auto = getattr(package, _AUTO.get(task, ""), None)
    mapping = getattr(auto, "_model_mapping", {})
    found = mapping.get(type(config), None)
    return found[0] if isinstance(found, list | tuple) else found
