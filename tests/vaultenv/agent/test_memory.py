"""The memory of a staying agent, as the static file, over ten thousand refreshes."""

import json
import signal
import subprocess
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from bench.launcher.memory import memory
from tests.servers.serving import QuietHandler, serving
from tests.vaultenv.agent.conftest import until
from vaultenv.agent_document import agent_text
from vaultenv.agent_settings import AgentFile, AgentSettings
from vaultenv.template_sources import TemplateSource

pytestmark = [pytest.mark.launcher, pytest.mark.timed]

_EACH = (
    '{{ with secret "secret/data/a%d" }}{{ range $k, $v := .Data.data }}{{ $k }}={{ $v }}\n{{ end }}{{ end }}'
)
_CHANGES_EVERY = 25
FILES = 4
FIRST, LAST = 1_000, 11_000


class Counting(QuietHandler):
    """A Vault that answers every read with a secret that changes now and then, and counts the reads."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    reads = 0

    def do_GET(self) -> None:
        kind = type(self)
        kind.reads += 1
        data = {f"key{i}": f"{kind.reads // _CHANGES_EVERY}-{i}" for i in range(20)}
        body = json.dumps({"data": {"data": data, "metadata": {"version": 1}}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """The stand-in, on a port of its own."""
    Counting.reads = 0
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Counting)) as made:
        yield made


def test_an_agent_is_small_and_does_not_grow(
    static_file: Path, server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    """The figures are in docs/agent.md."""
    files = tuple(
        AgentFile(TemplateSource(f"f{i}", template=_EACH % i), str(tmp_path / f"f{i}")) for i in range(FILES)
    )
    settings = AgentSettings(files, interval_s=0.001, home=str(tmp_path / "home"))
    environ = {
        "VAULT_ADDR": f"http://127.0.0.1:{server.server_port}",
        "VAULT_TOKEN": "t",
        "VAULT_LOG_LEVEL": "error",
        "VAULT_ENV_AGENT": agent_text(settings),
    }
    with subprocess.Popen([static_file, "--agent"], env=environ) as process:
        try:
            until(lambda: Counting.reads > FIRST, 120)
            first = memory(process.pid)
            until(lambda: Counting.reads > LAST, 300)
            last = memory(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
    print(
        f"private {first.private_mib:.1f} -> {last.private_mib:.1f} MiB, written {last.written_mib:.1f} MiB"
    )
    assert last.private_mib < 16
    assert last.written_mib < first.written_mib + 0.5
