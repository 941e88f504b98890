"""Nothing of the process's surroundings gets into a request, and nothing of an answer stays."""

from pathlib import Path

import pytest

from tests.webhook.registry.attacks import authorizations, refusal, secret
from tests.webhook.registry.hostile import challenge
from tests.webhook.registry.hostile_server import HostileServer, Visit
from webhook.registry.client import RegistryClient

pytestmark = pytest.mark.timed


def test_nothing_ambient_is_used(
    server: HostileServer, client: RegistryClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path
    (home / ".netrc").write_text("machine 127.0.0.1 login netrc password netrc\n")
    (home / ".docker").mkdir()
    (home / ".docker/config.json").write_text(secret(server.host, "docker", "docker").data.decode())
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("HOME", str(home))

    reference = server.serve("app", challenge("Basic realm=x"))
    assert "UNAUTHORIZED" in refusal(client, reference)
    assert server.visits and not authorizations(server)


def test_cookies_are_not_stored(server: HostileServer, client: RegistryClient) -> None:
    def with_cookie(visit: Visit) -> None:
        visit.answer(404, headers={"Set-Cookie": "a=b"})

    refusal(client, server.serve("app", with_cookie))
    refusal(client, f"{server.host}/app/other:2")
    assert not [headers for _, _, headers in server.visits if "Cookie" in headers]
