"""The network of a sweep drawn at one of its steps: values forward, errors back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from backlight.errors import InputError, did_you_mean
from backlight.show.curves import figure_class
from backlight.show.sweep_places import Edge, Places, places_of, share_of
from backlight.show.sweep_steps import page_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_RADIUS: Final = 0.29  # inches, as all lengths here
_LINE: Final = 0.15
_LETTER: Final = 0.075

_LIGHT: Final = {
    "paper": "#ffffff", "ink": "#1d1f24", "muted": "#5d626b", "edge": "#b9bec8",
    "forward": "#1b5fb8", "back": "#b0420a", "forward fill": "#e3eefb", "back fill": "#fcebe0",
}  # fmt: skip
_DARK: Final = {
    "paper": "#1c1f25", "ink": "#e9e9e6", "muted": "#a3a8b2", "edge": "#565c68",
    "forward": "#86b8ff", "back": "#ffab70", "forward fill": "#1d2c44", "back fill": "#3d2a1c",
}  # fmt: skip


def sweep_figure(
    plain: dict[str, Any],
    step: int | None = None,
    *,
    by: str = "layer",
    update: int = 0,
    dark: bool = False,
) -> Figure:
    """The network at a step: in every circle the signal a, above it the net z, below it the error
    δ; on the edges of the step the factors that it multiplies, on the others their weights.

    Args:
        plain: what `Course.plain` returns.
        step: which step, from 0; from the end where negative; by default the last, where all is
            known. A large layer is drawn by its first and last units.
        by: "layer" or "unit": how far a step goes.
        update: how many updates have been applied.
        dark: light on dark.

    Raises:
        InputError: there is no such step or update.
        MissingExtraError: matplotlib is not installed.
    """
    data = page_data(plain)
    if by not in data["steps"]:
        hint = did_you_mean(by, data["steps"]) or "; there are layer and unit"
        raise InputError(f"no steps by {by!r}{hint}")
    steps = data["steps"][by]
    index = _index("step", len(steps) - 1 if step is None else step, len(steps))
    sweep = data["sweeps"][_index("update", update, len(data["sweeps"]))]
    colours = _DARK if dark else _LIGHT
    places = places_of(data["sizes"], data["drawn"])
    figure = figure_class()(figsize=(places.width, places.height + 0.3), facecolor=colours["paper"])
    axes: Any = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, places.width), ylim=(-0.3, places.height))
    axes.set_axis_off()
    axes.invert_yaxis()
    _Drawing(axes, data, sweep, places, colours).draw(steps, index)
    return figure


def _index(what: str, given: int, count: int) -> int:
    if not (isinstance(given, int) and -count <= given < count):
        raise InputError(f"no {what} {given!r}; there are 0 to {count - 1}")
    return given % count


class _Drawing:
    """Everything that the parts of one picture need."""

    def __init__(
        self,
        axes: Any,
        data: dict[str, Any],
        sweep: dict[str, Any],
        places: Places,
        colours: dict[str, str],
    ) -> None:
        self.axes, self.data, self.sweep = axes, data, sweep
        self.places, self.colours = places, colours

    def draw(self, steps: list[dict[str, Any]], index: int) -> None:
        step, done = steps[index], steps[: index + 1]
        self.axes.text(
            self.places.width / 2, -0.06, step["words"], ha="center", va="center",
            fontsize=11, fontweight="bold", color=self.colours["ink"],
        )  # fmt: skip
        self._edges(step)
        self._ends(any(one["phase"] == "cost" for one in done), step["phase"] == "cost")
        self._nodes(step, done)

    # ------------------------------------------------------------------ nodes

    def _nodes(self, step: dict[str, Any], done: list[dict[str, Any]]) -> None:
        known = {(one["phase"], one["layer"], unit) for one in done for unit in one["units"]}
        for layer, nodes in enumerate(self.places.nodes):
            found = self.sweep["layers"][layer - 1] if layer else None
            for unit, (x, y) in nodes.items():
                forward = not layer or ("forward", layer, unit) in known
                back = ("delta", layer, unit) in known
                tone = "back" if back else "forward" if forward else "edge"
                active = step["layer"] == layer and unit in step["units"]
                self._circle(x, y, _RADIUS, tone, 3.0 if active else 1.2)
                if forward:
                    value = found["signals"][unit] if found else self.data["x"][unit]
                    self._text(x, y, brief(value, 2), "ink", weight="bold", size=9)
                above = f"z {brief(found['nets'][unit])}" if found else f"$x_{{{unit + 1}}}$"
                if forward:
                    self._text(x, y - _RADIUS - 0.1, above, "muted", size=8, on_paper=True)
                if back and found:
                    delta = f"δ {brief(found['deltas'][unit])}"
                    self._text(x, y + _RADIUS + 0.1, delta, "back", weight="bold", on_paper=True)
        for x, y in self.places.biases:
            self._circle(x, y, _RADIUS * 0.6, "edge", 1.0, dashed=True)
            self._text(x, y, "1", "muted", size=8)
        for (x, y), left in self.places.gaps:
            self._text(x, y, f"⋮\n{left:,} more", "muted", size=8)

    def _ends(self, cost_known: bool, active: bool) -> None:
        last, cost = self.places.nodes[-1], self.places.cost
        for unit, (x, y) in last.items():
            at = self.places.targets[unit]
            for begin, end in (((x, y), at), (at, cost)):
                self._line(begin, end, "edge", 0.8)
            self._text(*at, f"t {brief(self.data['t'][unit])}", "ink", size=8.5, framed=True)
        tone = "forward" if active else "ink" if cost_known else "edge"
        self._circle(*cost, _RADIUS * 1.05, tone, 3.0 if active else 1.2)
        self._text(cost[0], cost[1] - 0.1, "cost", "muted", size=7)
        if cost_known:
            self._text(cost[0], cost[1] + 0.06, brief(self.sweep["cost"]), "ink", weight="bold")

    # ------------------------------------------------------------------ edges

    def _edges(self, step: dict[str, Any]) -> None:
        edges = self.places.edges
        weights = {edge: abs(self._weight(edge)) for edge in edges}
        largest = max(*weights.values(), 1e-300)
        flow = "forward" if step["phase"] == "forward" else "back"
        for edge in edges:
            lit = _is_about(edge, step, len(self.data["sizes"]) - 1)
            tone = flow if lit else "edge"
            width = 0.6 + 1.8 * weights[edge] / largest
            arrow = flow if lit and step["phase"] != "update" else ""
            self._line(edge.begin, edge.end, tone, width, self._weight(edge) < 0, arrow, edge)
        for layer in range(1, len(self.data["sizes"])):
            ours = [edge for edge in edges if edge.layer == layer]
            about = [edge for edge in ours if _is_about(edge, step, len(self.data["sizes"]) - 1)]
            self._labels(about or ours, step["phase"] if about else "", flow if about else "muted")

    def _labels(self, edges: list[Edge], phase: str, tone: str) -> None:
        texts = [self._label(edge, phase) for edge in edges]
        lines = max(text.count("\n") + 1 for text in texts)
        letters = max(len(line) for text in texts for line in text.splitlines())
        share, room = share_of(edges, letters * _LETTER / 2 + _RADIUS + 0.06)
        alone = len({edge.unit for edge in edges}) == 1 or len({edge.source for edge in edges}) == 1
        if room < lines * _LINE and phase and room >= _LINE:
            texts = [text.splitlines()[-1] for text in texts]
        elif room < lines * _LINE and not alone:
            return
        for edge, text in zip(edges, texts, strict=True):
            (x0, y0), (x1, y1) = edge.begin, edge.end
            at = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
            self._text(*at, text, tone, size=8, weight="bold" if phase else "normal", on_paper=True)

    def _label(self, edge: Edge, phase: str) -> str:
        found = self.sweep["layers"][edge.layer - 1]
        weight, bias = brief(self._weight(edge)), edge.source is None
        delta = found["deltas"][edge.unit]
        slope = delta if bias else found["weight_slopes"][edge.source][edge.unit]
        if bias:
            signal = 1.0
        elif edge.layer == 1:
            signal = self.data["x"][edge.source]
        else:
            signal = self.sweep["layers"][edge.layer - 2]["signals"][edge.source]
        after = (
            found["updated_biases"][edge.unit]
            if bias
            else found["updated_weights"][edge.source][edge.unit]
        )
        return {
            "forward": weight if bias else f"{brief(signal)} × {weight}",
            "delta": f"{weight} × {brief(delta)}",
            "slopes": f"{brief(signal)} × {brief(delta)}\n= {brief(slope)}",
            "update": f"{weight}\n→ {brief(after)}",
        }.get(phase, weight)

    def _weight(self, edge: Edge) -> float:
        found = self.sweep["layers"][edge.layer - 1]
        if edge.source is None:
            return float(found["biases"][edge.unit])
        return float(found["weights"][edge.source][edge.unit])

    # ------------------------------------------------------------------ marks

    def _circle(
        self, x: float, y: float, radius: float, tone: str, width: float, dashed: bool = False
    ) -> None:
        from matplotlib.patches import Circle

        fill = self.colours.get(f"{tone} fill", self.colours["paper"])
        style = (0, (3, 2)) if dashed else "-"
        self.axes.add_patch(
            Circle(
                (x, y), radius, facecolor=fill, edgecolor=self.colours[tone], linewidth=width,
                linestyle=style, zorder=3,
            )
        )  # fmt: skip

    def _line(
        self,
        begin: tuple[float, float],
        end: tuple[float, float],
        tone: str,
        width: float,
        negative: bool = False,
        arrow: str = "",
        edge: Edge | None = None,
    ) -> None:
        style = (0, (6, 3)) if negative else "-"
        colour = self.colours[tone]
        if not arrow:
            xs, ys = zip(begin, end, strict=True)
            self.axes.plot(xs, ys, color=colour, linewidth=width, linestyle=style, zorder=1)
            return
        tail, head = (begin, end) if arrow == "forward" else (end, begin)
        small = edge is not None and edge.source is None and arrow == "back"
        self.axes.annotate(
            "", head, tail, zorder=2,
            arrowprops={
                "arrowstyle": "-|>", "color": colour, "linewidth": max(width, 1.2),
                "linestyle": style, "mutation_scale": 10, "shrinkA": 0,
                "shrinkB": 72 * _RADIUS * (0.6 if small else 1) + 1,
            },
        )  # fmt: skip

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        tone: str,
        *,
        size: float = 9,
        weight: str = "normal",
        on_paper: bool = False,
        framed: bool = False,
    ) -> None:
        box = None
        if on_paper or framed:
            box = {
                "boxstyle": "round,pad=0.35" if framed else "round,pad=0.12",
                "facecolor": self.colours["paper"],
                "edgecolor": self.colours["edge"] if framed else "none",
            }
        self.axes.text(
            x, y, text, ha="center", va="center", fontsize=size, fontweight=weight,
            color=self.colours[tone], zorder=4, bbox=box, linespacing=1.15,
        )  # fmt: skip


def _is_about(edge: Edge, step: dict[str, Any], last: int) -> bool:
    """Whether a step multiplies along this edge."""
    if step["phase"] == "update":
        return True
    if step["phase"] in ("forward", "slopes"):
        return edge.layer == step["layer"] and edge.unit in step["units"]
    if step["phase"] == "delta" and step["layer"] < last:
        return edge.layer == step["layer"] + 1 and edge.source in step["units"]
    return False


def brief(value: float, small: int = 3) -> str:
    """A number in a picture: three significant digits; `small` where it is below 0.01, two where
    it is below 0.001."""
    size = abs(value)
    text = f"{value:.{2 if size < 0.001 else small if size < 0.01 else 3}g}"
    if 1000 <= size < 1e6:
        text = f"{float(text):.0f}"
    mantissa, power, exponent = text.partition("e")
    text = f"{mantissa}·10{_raised(int(exponent))}" if power else text
    return text.replace("-", "−")


def _raised(power: int) -> str:
    return "".join("⁻" if sign == "-" else "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(sign)] for sign in str(power))
