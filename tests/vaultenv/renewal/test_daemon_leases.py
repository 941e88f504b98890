"""Daemon mode and a leased read: credentials that Vault's rabbitmq engine makes, on a broker that agrees to all."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.servers.vault import Vault
from tests.vaultenv.launcher import Begin, line
from vaultenv.template_sources import TemplateSource, sources_text

TTL_S, MAX_TTL_S = 3, 7
SCRIPT = "trap 'echo ended; exit 7' TERM; echo started $A $B; while :; do sleep 0.05; done"

pytestmark = pytest.mark.usefixtures("each_launcher")


class Broker(BaseHTTPRequestHandler):
    """RabbitMQ's management API as far as Vault uses it: users and their permissions come and go."""

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.send_response(204)
        self.end_headers()

    do_DELETE = do_PUT

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture(scope="module")
def leasing(secrets: Vault) -> Iterator[Vault]:
    """Vault with a rabbitmq engine whose leases are short."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Broker) as broker:
        thread = Thread(target=broker.serve_forever)
        thread.start()
        connection = {"connection_uri": f"http://127.0.0.1:{broker.server_port}", "verify_connection": False}
        secrets.mount("rabbitmq", "rabbitmq")
        secrets.write("rabbitmq/config/connection", {**connection, "username": "u", "password": "p"})
        secrets.write("rabbitmq/config/lease", {"ttl": TTL_S, "max_ttl": MAX_TTL_S})
        secrets.write("rabbitmq/roles/app", {"vhosts": '{"/": {"read": ".*"}}'})
        yield secrets
        secrets.write("sys/leases/revoke-prefix/rabbitmq", {})
        broker.shutdown()
        thread.join()


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
