"""Why does a network see a cat here? Explains scikit-image's photo `chelsea`; run by `make demo`.

The network is EfficientNet-Lite0 with the weights it was published with, from an installed
package; nothing is downloaded. Same as `backlight explain chelsea.png --out demo --force`.
"""

import importlib.util
import sys
from pathlib import Path

from backlight.cli import main


def sample_photo(name: str) -> Path:
    """A photo that comes with scikit-image."""
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        sys.exit("the photo comes with scikit-image: pip install 'backlight[demo]'")
    return Path(spec.origin).parent / "data" / name


if __name__ == "__main__":
    sys.exit(main(["explain", str(sample_photo("chelsea.png")), "--out", "demo", "--force"]))
