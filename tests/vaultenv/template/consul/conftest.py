"""consul-template itself for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.vaultenv.template.consul.oracle import Oracle, running


@pytest.fixture(scope="session")
def consul_template() -> Iterator[Oracle]:
    """The oracle, running."""
    with running() as oracle:
        yield oracle
