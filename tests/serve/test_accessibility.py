"""No room has a serious problem that axe-core finds: names, roles, contrast, focus.

axe-core comes from the npm registry: `make axe` puts it into build/.
"""

from __future__ import annotations

from pathlib import Path

AXE = Path(__file__).parents[2] / "build" / "axe.min.js"
SIZES = {"phone": (360, 740), "laptop": (1280, 800)}
