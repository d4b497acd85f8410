"""Landscapes of a cost as matplotlib figures: a slice with its basins, a plane from above and as a
surface, and climbers on them.

What is drawn is what `Landscape.story` of `backlight.networks` tells: a map and climbs, plain data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from backlight.errors import InputError, did_you_mean
from backlight.show.curves import figure_class

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS: Final = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#f0e442", "#0072b2")
_NOWHERE: Final = "#9a9da3"
_RAMP: Final = ("#1c3464", "#346798", "#79a4b8", "#c8d3cb", "#f7f1e2")
_LEVELS: Final = 14
_VIEWS: Final = ("contours", "surface")


def slice_figure(here: Mapping[str, Any], climbs: Mapping[str, Any] | None = None) -> Figure:
    """The cost along one axis, its minima and maxima named, plateaus hatched, climbers' steps.

    Args:
        here: the map of a slice.
        climbs: climbs on it, or none.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure = _figure(7.4, 4.4)
    axes = figure.subplots()
    (axis,) = here["axes"]
    heights = np.asarray(here["heights"])
    x = np.linspace(axis["low"], axis["high"], len(heights))
    low, high = heights.min(), heights.max()
    axes.fill_between(x, heights, low - 0.3 * (high - low), color="#e4e9f1", zorder=0)
    axes.plot(x, heights, color="#1d1f24", linewidth=2, zorder=2)
    flat = np.asarray(here["plateau"], bool)
    axes.fill_between(
        x, low - 0.3 * (high - low), high + 0.3 * (high - low), where=flat,
        facecolor="none", edgecolor="0.75", hatch="///", linewidth=0, zorder=1,
    )  # fmt: skip
    colours = place_colours(here["places"])
    if climbs is not None:
        for path, costs, ended in zip(
            climbs["paths"], climbs["heights"], climbs["ended"], strict=True
        ):
            colour = end_colour(ended, colours)
            axes.plot(np.ravel(path), costs, color=colour, linewidth=0.8, alpha=0.6, zorder=3)
            axes.plot(path[-1][0], costs[-1], "o", color=colour, mec="black", ms=5, zorder=4)
    for place in here["places"]:
        below = place["kind"] == "minimum"
        text = f"{_sign(place)} · {place['name']} {place['height']:.3g}"
        axes.annotate(
            text, (place["at"][0], place["height"]), (0, -20 if below else 20),
            textcoords="offset points", ha="center", va="center", fontsize=8, zorder=5,
            bbox={"boxstyle": "round", "facecolor": colours[place["label"]]},
            arrowprops={"arrowstyle": "-", "color": colours[place["label"]]},
        )  # fmt: skip
    axes.set(
        xlim=(axis["low"], axis["high"]),
        ylim=(low - 0.2 * (high - low), high + 0.16 * (high - low)),
        xlabel=axis["name"],
        ylabel="cost",
    )
    axes.spines[["top", "right"]].set_visible(False)
    _title(axes, here, climbs)
    return figure


def plane_figure(
    here: Mapping[str, Any], climbs: Mapping[str, Any] | None = None, view: str = ""
) -> Figure:
    """The cost over two axes, as contours, as a surface, or both beside each other.

    Args:
        here: the map of a plane.
        climbs: climbs on it, or none.
        view: `contours`, `surface`, or empty for both.

    Raises:
        InputError: there is no such view.
        MissingExtraError: matplotlib is not installed.
    """
    if view and view not in _VIEWS:
        hint = did_you_mean(view, _VIEWS) or f"; there are {' and '.join(_VIEWS)}"
        raise InputError(f"no view {view!r} of a plane{hint}")
    shown = (view,) if view else _VIEWS
    figure = _figure(6.2 * len(shown), 5.2)
    for place, name in enumerate(shown, 1):
        if name == "contours":
            _draw_contours(figure.add_subplot(1, len(shown), place), here, climbs)
        else:
            axes = figure.add_subplot(1, len(shown), place, projection="3d", computed_zorder=False)
            _draw_surface(axes, here, climbs)
    return figure


def place_colours(places: Any) -> dict[str, str]:
    """A colour for each place by its label; minima and maxima begin at different ends."""
    colours, minima, maxima = {}, 0, 0
    for place in places:
        if place["kind"] == "minimum":
            index, minima = minima, minima + 1
        else:
            index, maxima = len(_COLOURS) - 3 - maxima, maxima + 1
        colours[place["label"]] = _COLOURS[index % len(_COLOURS)]
    return colours


def end_colour(ended: Mapping[str, Any], colours: Mapping[str, str]) -> str:
    """The colour of a climber by how it ended: that of its place, or grey."""
    goes = ended["how"] in ("reached", "underway")
    return colours.get(ended["place"], _NOWHERE) if goes else _NOWHERE


def _draw_contours(axes: Any, here: Mapping[str, Any], climbs: Mapping[str, Any] | None) -> None:
    x, y, heights, levels, ramp = _ground(here)
    drawn = axes.contourf(x, y, heights.T, levels, cmap=ramp, norm=_norm(heights))
    axes.contour(x, y, heights.T, levels, colors="#0a1428", linewidths=0.4, alpha=0.5)
    axes.contourf(
        x, y, np.asarray(here["plateau"]).T, [-0.5, 0.5, 1.5], colors="none", hatches=[None, "///"]
    )
    axes.figure.colorbar(drawn, ax=axes, label="cost", shrink=0.85, format="%.3g")
    colours = place_colours(here["places"])
    for path, ended, _ in _each(climbs):
        colour = end_colour(ended, colours)
        axes.plot(*path.T, color=colour, linewidth=0.8, alpha=0.8)
        axes.plot(*path[-1], "o", color=colour, mec="black", ms=4)
    for place in here["places"]:
        axes.text(
            *place["at"], _sign(place), ha="center", va="center", fontsize=8, weight="bold",
            bbox={"boxstyle": "round,pad=0.25", "facecolor": colours[place["label"]]},
            clip_on=True,
        )  # fmt: skip
    axes.set(xlabel=here["axes"][0]["name"], ylabel=here["axes"][1]["name"])
    axes.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    _title(axes, here, climbs)


def _draw_surface(axes: Any, here: Mapping[str, Any], climbs: Mapping[str, Any] | None) -> None:
    from matplotlib.ticker import MaxNLocator

    x, y, heights, _, ramp = _ground(here)
    axes.plot_surface(
        *np.meshgrid(x, y, indexing="ij"), heights, cmap=ramp, norm=_norm(heights),
        rcount=80, ccount=80, linewidth=0, antialiased=True, zorder=1,
    )  # fmt: skip
    colours = place_colours(here["places"])
    for path, ended, costs in _each(climbs):
        colour = end_colour(ended, colours)
        axes.plot(*path.T, costs, color=colour, linewidth=0.8, zorder=2)
        axes.plot(*path[-1:].T, costs[-1:], "o", color=colour, mec="black", ms=4, zorder=3)
    for place in here["places"]:
        axes.text(
            *place["at"], place["height"] + 0.06 * np.ptp(heights), _sign(place), ha="center",
            fontsize=8, weight="bold", zorder=4,
            bbox={"boxstyle": "round,pad=0.25", "facecolor": colours[place["label"]]},
        )  # fmt: skip
    axes.set(xlabel=here["axes"][0]["name"], ylabel=here["axes"][1]["name"], zlabel="cost")
    axes.zaxis.labelpad = 10
    axes.zaxis.set_major_locator(MaxNLocator(5))
    axes.view_init(elev=38, azim=-58)
    axes.set_box_aspect((1, 1, 0.62), zoom=0.88)


def _ground(here: Mapping[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
    from matplotlib.colors import LinearSegmentedColormap

    heights = np.asarray(here["heights"])
    x, y = (np.linspace(axis["low"], axis["high"], len(heights)) for axis in here["axes"])
    # Closer together where the cost is low: there the basins are.
    levels = heights.min() + np.ptp(heights) * np.linspace(0, 1, _LEVELS + 2) ** 2
    return x, y, heights, levels, LinearSegmentedColormap.from_list("heights", _RAMP)


def _norm(heights: Any) -> Any:
    from matplotlib.colors import PowerNorm

    return PowerNorm(0.5, heights.min(), heights.max())


def _each(climbs: Mapping[str, Any] | None) -> Any:
    if climbs is None:
        return []
    paths = map(np.asarray, climbs["paths"])
    return zip(paths, climbs["ended"], climbs["heights"], strict=True)


def _sign(place: Mapping[str, Any]) -> str:
    return str(place["label"]).rpartition(" ")[2]


def _title(axes: Any, here: Mapping[str, Any], climbs: Mapping[str, Any] | None) -> None:
    title = here["title"]
    if climbs is not None:
        gait = climbs["gait"]
        momentum = f", momentum {gait['momentum']:g}" if gait["momentum"] else ""
        noise = f", noise {gait['noise']:g}" if gait["noise"] else ""
        title += (
            f"\n{len(climbs['paths'])} climbers {gait['direction']}, learning rate "
            f"{gait['rate']:g}{momentum}{noise}, {gait['steps']} steps"
        )
    axes.set_title(title, fontsize=9)


def _figure(width: float, height: float) -> Figure:
    return figure_class()(figsize=(width, height), layout="constrained")
