"""`python -m backlight`: the command line."""

import sys

from backlight.cli import main

sys.exit(main())
