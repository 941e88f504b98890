"""The log of the process that runs the tests, as `vault-webhook serve` writes it."""

import io
import logging
from collections.abc import Iterator

import pytest

from vaultkube.log import JsonFormatter


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Yield the log lines of level "info" and above."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("webhook")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
