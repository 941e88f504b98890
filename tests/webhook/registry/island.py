"""A private network in which forbidden addresses answer: `unshare … python -m tests.webhook.registry.island`.

Every address of `ADDRESSES` is this machine; whatever is dialled there is served and noted. Nothing leaves. For
each scenario a line of JSON tells what the client said and which addresses were dialled.
"""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.servers.authority import Authority
from tests.webhook.registry.hostile import challenge, image, redirect
from tests.webhook.registry.hostile_server import HostileServer, Visit
from tests.webhook.registry.names import NameServer
from tests.webhook.registry.scenarios import ADDRESSES, NAMES, SCENARIOS, SILENT, Scenario
from vaultkube.deadline import Deadline
from vaultkube.errors import ImageNotRead
from webhook.registry.client import RegistryClient
from webhook.registry.query import ImageQuery, PullSecret
from webhook.registry.settings import RegistrySettings

BUDGET_S = 1.5


def main(folder: Path) -> int:
    """Run all scenarios; returns the exit status."""
    _prepare(folder)
    NameServer(NAMES, SILENT)
    authority = Authority(folder)
    identities = [*NAMES, *(address for address, _ in ADDRESSES), "127.0.0.1", "::1"]
    servers = [_serve(authority, identities, port) for port in (443, 8200)]
    for scenario in SCENARIOS:
        for server in servers:
            server.dialled.clear()
        started = time.monotonic()
        outcome = _run(scenario, authority)
        dialled = sorted({address for server in servers for address in server.dialled})
        duration_s = time.monotonic() - started
        print(
            json.dumps({"name": scenario.name, "outcome": outcome, "dialled": dialled, "s": duration_s}),
            flush=True,
        )
    return 0


def _prepare(folder: Path) -> None:
    commands = [
        "ip link set lo up",
        *(f"ip address add {address}/{bits} dev lo" for address, bits in ADDRESSES),
    ]
    for command in commands:
        subprocess.run(command.split(), check=True)
    resolver = folder / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\nsearch svc.cluster.local\noptions ndots:5 timeout:5\n")
    subprocess.run(["mount", "--bind", str(resolver), "/etc/resolv.conf"], check=True)


def _serve(authority: Authority, identities: list[str], port: int) -> HostileServer:
    server = HostileServer(authority.issue(f"island-{port}", *identities), "::", port)
    good = image()
    server.serve("app", good)
    server.serve("to-metadata", redirect("https://169.254.169.254/app/x"))
    server.serve("to-metadata-name", redirect("https://metadata.example.com/app/x"))
    server.serve("to-loopback", redirect("https://127.0.0.1/app/x"))
    server.serve("to-inner", redirect("https://inner.example.com/app/x"))
    server.serve("realm-metadata", challenge('Bearer realm="https://169.254.169.254/token"', then=good))
    server.serve("realm-inner", challenge('Bearer realm="https://inner.example.com/token"', then=good))
    server.serve("token", _token)
    return server


def _token(visit: Visit) -> None:
    visit.answer(200, b'{"token": "abc"}')


def _run(scenario: Scenario, authority: Authority) -> str:
    if scenario.image == "":
        socket.create_connection(("169.254.169.254", 443), 1).close()
        time.sleep(0.1)
        return "connected"
    environ = {"REGISTRY_CA_FILE": str(authority.ca_file), "REGISTRY_PRIVATE_HOSTS": scenario.private_hosts}
    auths = {"auths": {"public.example.com": {"username": "user", "password": "password"}}}
    secret = PullSecret("team", "pull", "kubernetes.io/dockerconfigjson", json.dumps(auths).encode())
    query = ImageQuery(scenario.image, (secret,) if scenario.with_secret else ())
    outcome = ""
    for _ in range(scenario.times):
        client = RegistryClient(RegistrySettings.from_environ(environ))
        try:
            outcome = " ".join(client.fetch(query, Deadline(BUDGET_S)).command)
        except ImageNotRead as error:
            outcome = str(error)
        client.close()
    return outcome


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
