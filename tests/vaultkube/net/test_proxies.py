"""A proxy in the environment is not used, and a log line names its variable."""

import logging

import pytest

from vaultkube.net.proxies import warn_of_proxies


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, []),
        ({"HTTPS_PROXY": "", "NO_PROXY": "*"}, []),
        (
            {"https_proxy": "http://user:hunter2@proxy", "HTTP_PROXY": "http://proxy"},
            [
                "HTTP_PROXY, https_proxy: no proxy is used: Vault, API server and registries are connected to directly"
            ],
        ),
    ],
)
def test_the_variables_are_named_without_their_values(
    environ: dict[str, str], said: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        warn_of_proxies(environ)
    assert [record.getMessage() for record in caplog.records] == said
