"""The Explain room as a person uses it; its numbers are those of the library, computed here."""

import pytest

# What differs is told where an assertion of these helpers fails, as where one of a test does.
pytest.register_assert_rewrite(f"{__name__}.reading")
