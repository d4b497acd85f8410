"""How long a step of the sweep's page takes, layout included, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import backlight as bl
from benchmarks.lines import Line
from benchmarks.pages import opening

_SIZES = ((2, 2, 2), (4, 7, 3), (8, 8, 8, 8))
_ROUNDS = 15

# For every step the median of the rounds; of these the median and the longest.
_STEPPED = """rounds => {
  const press = (key) =>
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const steps = Number(document.querySelector("input[type=range]").max);
  const taken = Array.from({ length: steps }, () => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let step = 0; step < steps; step += 1) {
      const begin = performance.now();
      press("ArrowRight");
      document.body.getBoundingClientRect();
      taken[step].push(performance.now() - begin);
    }
    for (let step = 0; step < steps; step += 1) press("ArrowLeft");
  }
  const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  const each = taken.map(median);
  return [median([...each]), Math.max(...each)];
}"""


def run() -> Iterator[Line]:
    """The longest step of a page, each taken as the median of several, against a frame's time."""
    with opening("stepping") as opened:
        if opened is None:
            return
        for sizes in _SIZES:
            network = bl.Network(sizes, "tanh", "softmax")
            x, t = np.linspace(-1, 1, sizes[0]), np.eye(sizes[-1])[0]
            tab = opened(bl.show.sweep(network, network.start(0), x, t, updates=1).html())
            usual, longest = tab.evaluate(_STEPPED, _ROUNDS)
            name = "-".join(map(str, sizes))
            print(f"stepping through {name}: {usual:.1f} ms a step, the longest {longest:.1f} ms")
            yield Line(f"longest step of the sweep of {name} / 16 ms", longest / 16, 1.0)
            tab.close()
