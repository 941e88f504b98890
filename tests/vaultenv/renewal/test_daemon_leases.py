"""Daemon mode and a leased read: credentials of Vault's rabbitmq engine, on a permissive broker."""

import time

import pytest

from tests.servers.vault import Vault
from tests.vaultenv.broker import MAX_TTL_S, TTL_S
from tests.vaultenv.launcher import Begin, line
from vaultenv.template_sources import TemplateSource, sources_text

SCRIPT = "trap 'echo ended; exit 7' TERM; echo started $A $B; while :; do sleep 0.05; done"

pytestmark = pytest.mark.usefixtures("each_launcher")


TEMPLATE = '{{ with secret "rabbitmq/creds/app" }}A={{ .Data.username }}\nB={{ .Data.password }}{{ end }}'
READING = {
    "references": {"A": "vault:rabbitmq/creds/app#username", "B": "vault:rabbitmq/creds/app#password"},
    "template": {"VAULT_ENV_TEMPLATES": sources_text([TemplateSource("a", template=TEMPLATE)])},
}


@pytest.mark.timed
@pytest.mark.parametrize("reading", READING)
def test_a_lease_is_renewed_until_its_max_ttl_and_then_replaced(
    leasing: Vault, daemon: Begin, reading: str
) -> None:
    """The name and the password of one start belong together, as both come from one read."""
    began = time.monotonic()
    process = daemon(
        "/bin/sh",
        "-c",
        SCRIPT,
        VAULT_ADDR=leasing.address,
        VAULT_CACERT=str(leasing.ca_file),
        VAULT_TOKEN=leasing.token,
        **READING[reading],
    )
    first = line(process).split()
    assert (first[0], len(first)) == ("started", 3)
    assert line(process) == "ended"
    assert TTL_S + 1 < time.monotonic() - began < MAX_TTL_S + 1
    second = line(process).split()
    assert second[0] == "started"
    assert second[1] != first[1]
    assert second[2] != first[2]
