"""How long the mountain's page works in each frame, with a hundred climbers, in Chromium."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import backlight as bl
from backlight.networks.landscapes.offers import find_offer
from benchmarks.lines import Line
from benchmarks.pages import opening

_FRAME = 1000 / 60  # milliseconds
_OFFERS = ("wrong-dip", "two-weights")  # a slice, a plane

# The page's own work in each frame, whatever the screen's rhythm is.
_WATCHED = """() => {
  window.worked = [];
  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (run) => ask((now) => {
    const began = performance.now();
    run(now);
    window.worked.push(performance.now() - began);
  });
}"""


def run() -> Iterator[Line]:
    """The 95th percentile of the frames of a whole climb, against a frame's time."""
    with opening("climbing") as opened:
        if opened is None:
            return
        for name in _OFFERS:
            tab = opened(bl.show.mountain(find_offer(name).make(), climbers=100).html())
            tab.evaluate(_WATCHED)
            tab.get_by_role("button", name="Play").click()
            tab.get_by_role("button", name="Play again").wait_for(timeout=120_000)
            worked = tab.evaluate("window.worked")
            usual, late = statistics.median(worked), statistics.quantiles(worked, n=20)[-1]
            print(
                f"climbing on {name}: {len(worked)} frames, {usual:.1f} ms of work in each, 95 % "
                f"of them below {late:.1f} ms"
            )
            yield Line(f"work in a frame of {name}, 95th percentile / 16.7 ms", late / _FRAME, 1.0)
            tab.close()
