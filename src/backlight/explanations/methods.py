"""The methods by name: what each differentiates by, under which rule, and how far to trust it."""

from __future__ import annotations

from dataclasses import dataclass

from backlight.errors import MethodError, did_you_mean
from backlight.explanations.rules import DECONVNET, GUIDED, Rule


@dataclass(frozen=True)
class Method:
    """One way to explain.

    Attributes:
        name: as in `method=` and on the command line.
        title: as on pictures and pages.
        by_layer: differentiates by a layer's feature maps and weighs them.
        by_pixels: differentiates by the input. With `by_layer` too, the two are multiplied.
        rule: the backward rule exchanged at rectifiers on the way to the pixels.
        signed: the map's sign means something, so pictures show both sides.
        summary: one line on what is shown.
        source: the publication.
        caution: what is known against it.
    """

    name: str
    title: str
    by_layer: bool
    by_pixels: bool
    rule: Rule | None
    signed: bool
    summary: str
    source: str
    caution: str = ""


_EDGES = (
    "fails the model-randomisation test of Adebayo et al. 2018 (arXiv 1810.03292): "
    "it shows edges that hardly depend on the trained weights"
)

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "grad-cam",
            "Grad-CAM",
            by_layer=True,
            by_pixels=False,
            rule=None,
            signed=False,
            summary="where the layer's feature maps speak for the target",
            source="Selvaraju et al. 2017, arXiv 1610.02391, equations 1 and 2",
            caution="as coarse as the layer: about one cell of its grid",
        ),
        Method(
            "guided-grad-cam",
            "Guided Grad-CAM",
            by_layer=True,
            by_pixels=True,
            rule=GUIDED,
            signed=False,
            summary="the details of guided backprop where Grad-CAM says they matter",
            source="Selvaraju et al. 2017, arXiv 1610.02391, section 3.2",
            caution=_EDGES,
        ),
        Method(
            "guided-backprop",
            "Guided backprop",
            by_layer=False,
            by_pixels=True,
            rule=GUIDED,
            signed=False,
            summary="pixels that raise the score along paths of positive evidence only",
            source=GUIDED.source,
            caution=f"hardly class-discriminative; {_EDGES}",
        ),
        Method(
            "deconvnet",
            "Deconvnet",
            by_layer=False,
            by_pixels=True,
            rule=DECONVNET,
            signed=False,
            summary="positive evidence projected back through the filters",
            source=DECONVNET.source,
            caution="ignores what the rectifiers saw, except where they steer max pooling",
        ),
        Method(
            "gradient",
            "Gradient",
            by_layer=False,
            by_pixels=True,
            rule=None,
            signed=True,
            summary="how the score changes with every pixel",
            source="Simonyan et al. 2014, arXiv 1312.6034, section 3",
            caution="noisy: it is the slope at this very image",
        ),
    )
}


def find_method(name: str) -> Method:
    """The method of this name.

    Raises:
        MethodError: there is none (the nearest are named).
    """
    if isinstance(name, str) and name in METHODS:
        return METHODS[name]
    hint = did_you_mean(str(name), METHODS) or f"; there are {', '.join(METHODS)}"
    raise MethodError(f"no method {name!r}{hint}")
