"""The OpenAPI document kept: schemathesis asks for everything in it, in all ways that it allows and
some that it does not, and never gets a 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from backlight.serve.app import create_app

from .conftest import running

schema = schemathesis.openapi.from_dict(create_app().openapi())


@pytest.fixture(scope="module")
def alone() -> Iterator[str]:
    """An app of its own: what is begun here is in nobody's way."""
    with running() as address:
        yield address


@schema.parametrize()
@settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_nothing_that_is_asked_is_too_much_for_it(case: Any, alone: str) -> None:
    response = case.call(base_url=alone)
    case.validate_response(response, checks=[not_a_server_error, response_schema_conformance])
