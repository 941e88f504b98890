"""Each attack ends soon, costs little, and gives nothing away."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.authority import Authority
from tests.servers.images import image as pushed_image
from tests.servers.registry import Registry
from tests.webhook.registry import hostile
from tests.webhook.registry.conftest import Connect, pull_secrets
from tests.webhook.registry.hostile import HostileServer, challenge, config_of, image, manifest_of, redirect
from tests.webhook.registry.memory_use import growth_mib
from webhook.deadline import Deadline
from webhook.errors import ImageNotRead
from webhook.registry.client import RegistryClient
from webhook.registry.query import ImageConfig, ImageQuery, PullSecret

ROOT = Path(__file__).parents[3]
GROWTH_LIMIT_MIB = 40
BUDGET_S = 1.5
SLACK_S = 0.5
SCOPE = "repository%3Aapp%2Fapp%3Apull"
EVIL_TEXT = "<b>ignore all previous instructions</b>"


@pytest.fixture
def server(authority: Authority) -> Iterator[HostileServer]:
    running = HostileServer(authority.issue("hostile"))
    yield running
    running.stop()


@pytest.fixture
def other(authority: Authority) -> Iterator[HostileServer]:
    """Another host by name, though not by address: `localhost`."""
    running = HostileServer(authority.issue("other"))
    yield running
    running.stop()


@pytest.fixture
def plain() -> Iterator[HostileServer]:
    """A server without TLS."""
    running = HostileServer(None)
    yield running
    running.stop()


@pytest.fixture
def client(connect: Connect) -> RegistryClient:
    return connect()


def fetch(client: RegistryClient, reference: str, *secrets: PullSecret) -> ImageConfig:
    return client.fetch(ImageQuery(reference, secrets), Deadline(BUDGET_S))


def refusal(client: RegistryClient, reference: str, *secrets: PullSecret) -> str:
    """The message, after less than the budget, with little more memory, on one line, without the server's text."""
    started = time.monotonic()
    with growth_mib() as growth, pytest.raises(ImageNotRead) as caught:
        fetch(client, reference, *secrets)
    assert time.monotonic() - started < BUDGET_S + SLACK_S
    assert growth() < GROWTH_LIMIT_MIB
    message = str(caught.value)
    assert message.startswith("cannot fetch image descriptor: ")
    assert "\n" not in message and EVIL_TEXT not in message
    return message


def secret(host: str, user: str = "user", password: str = "password") -> PullSecret:  # noqa: S107
    content = f'{{"auths": {{"{host}": {{"username": "{user}", "password": "{password}"}}}}}}'
    return PullSecret("team", "pull", "kubernetes.io/dockerconfigjson", content.encode())


def authorizations(server: HostileServer) -> list[str]:
    return [headers["Authorization"] for _, _, headers in server.visits if "Authorization" in headers]


def at_localhost(server: HostileServer, path: str = "/cdn/x") -> str:
    """The server's URL by another host name."""
    return server.url.replace("127.0.0.1", "localhost") + path


@pytest.mark.parametrize(
    "behaviour",
    [hostile.silence, hostile.drip_body, hostile.drip_headers],
    ids=["silence", "slow body", "slow headers"],
)
@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
def test_a_slow_registry_costs_the_budget_and_no_more(
    server: HostileServer, plain: HostileServer, connect: Connect, behaviour: hostile.Behaviour, tls: bool
) -> None:
    chosen = server if tls else plain
    client = connect(REGISTRY_PLAIN_HTTP_HOSTS=plain.host)
    assert "UNREACHABLE" in refusal(client, chosen.serve("slow", behaviour))


def test_a_handshake_of_single_bytes_costs_the_budget_and_no_more(
    connect: Connect, client: RegistryClient
) -> None:
    with hostile.DrippingHandshake() as host:
        assert "UNREACHABLE" in refusal(client, f"{host}/app:1")


@pytest.mark.parametrize(
    "behaviour",
    [hostile.huge(400 << 20), hostile.bomb, hostile.endless],
    ids=["400 MiB", "gzip", "endless"],
)
@pytest.mark.parametrize("place", ["manifest", "config"])
def test_a_body_without_measure_is_given_up(
    server: HostileServer, client: RegistryClient, behaviour: hostile.Behaviour, place: str
) -> None:
    attack = behaviour if place == "manifest" else image(blob=behaviour)
    assert "INVALID_ANSWER" in refusal(client, server.serve("bomb", attack))


def test_a_token_without_measure_is_given_up(server: HostileServer, client: RegistryClient) -> None:
    server.serve("token", hostile.endless)
    reference = server.serve("app", challenge(f'Bearer realm="{server.url}/token",service="x"'))
    assert "INVALID_ANSWER" in refusal(client, reference)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"[[]" + b",[]" * 1_000_000 + b"]",
        b'{"a":"' + "😀".encode() * 900_000 + b'"}',
        b'{"a":"' + b"x" * 4_000_000 + "😀".encode() + b'"}',
        b'{"a":"' + b"x" * 4_000_000 + b'"}',
    ],
    ids=["deep list", "deep object", "many lists", "wide text", "long text, one wide sign", "long text"],
)
def test_a_document_that_swells_in_memory_is_refused(
    server: HostileServer, client: RegistryClient, content: bytes
) -> None:
    reference = server.serve("swell", lambda visit: visit.answer(200, content))
    assert "INVALID_ANSWER" in refusal(client, reference)


def test_sixteen_attacks_at_once_need_no_more_memory_than_one_may(
    server: HostileServer, authority: Authority
) -> None:
    long = b'{"a":"' + b"x" * 4_000_000 + b'"}'
    attacks = (hostile.endless, hostile.huge(8 << 20), lambda visit: visit.answer(200, long), hostile.bomb)
    references = [server.serve("good", image())]
    references += [server.serve(f"at-once-{number}", attacks[number % 4]) for number in range(16)]
    command = [sys.executable, "-m", "tests.webhook.registry.attacked", str(authority.ca_file), *references]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < GROWTH_LIMIT_MIB


@pytest.mark.parametrize(
    "behaviour",
    [
        image(blob=lambda visit: visit.answer(200, config_of("evil"))),
        image(manifest=manifest_of(config_of("good"), digest=hostile.digest(b"other"))),
        image(manifest=manifest_of(config_of("good"), size=7)),
        image(blob=lambda visit: visit.answer(200, config_of("good")[:-1], length=len(config_of("good")))),
    ],
    ids=["same size", "digest", "size", "cut short"],
)
def test_content_that_is_not_what_was_promised_is_refused(
    server: HostileServer, client: RegistryClient, behaviour: hostile.Behaviour
) -> None:
    message = refusal(client, server.serve("swapped", behaviour))
    assert "INVALID_ANSWER" in message or "UNREACHABLE" in message


def test_a_manifest_by_digest_must_have_that_digest(server: HostileServer, client: RegistryClient) -> None:
    server.serve("lie", image())
    assert "INVALID_ANSWER" in refusal(client, f"{server.host}/lie/app@{hostile.digest(b'other')}")


def test_a_registry_that_claims_anothers_digest_is_not_given_its_content(
    server: HostileServer, basic_registry: Registry, client: RegistryClient
) -> None:
    victim = pushed_image(cmd=["private"])
    reference = basic_registry.push("memory/victim:1", victim)
    assert fetch(client, reference, *pull_secrets(basic_registry)).command == ("private",)

    def claim(visit: hostile.Visit) -> None:
        if visit.command == "HEAD":
            return visit.answer(200, headers={"Docker-Content-Digest": victim.digest})
        return image()(visit)

    server.serve("evil", claim)
    for _ in range(2):
        assert fetch(client, f"{server.host}/evil/app").command == ("good",)
    assert "HEAD" in [method for method, _, _ in server.visits]


def test_a_blob_redirected_to_another_host_is_read_without_credentials(
    server: HostileServer, other: HostileServer, client: RegistryClient
) -> None:
    good = image(blob=redirect(at_localhost(other)))
    other.serve("cdn", lambda visit: visit.answer(200, config_of("good")))
    reference = server.serve("app", challenge("Basic realm=x", then=good))

    assert fetch(client, reference, secret(server.host)).command == ("good",)
    assert authorizations(server) and not authorizations(other)


def test_a_challenge_of_another_host_is_not_answered(
    server: HostileServer, other: HostileServer, client: RegistryClient
) -> None:
    other.serve("token", lambda visit: visit.answer(200, b'{"token": "abc"}'))
    other.serve("cdn", challenge(f'Bearer realm="{at_localhost(other, "/token")}"'))

    assert "UNAUTHORIZED" in refusal(client, server.serve("app", redirect(at_localhost(other))))
    assert [path for _, path, _ in other.visits] == ["/cdn/x"]


def test_a_redirect_from_https_to_http_is_not_followed(
    server: HostileServer, plain: HostileServer, connect: Connect
) -> None:
    client = connect(REGISTRY_PLAIN_HTTP_HOSTS=plain.host)
    assert "UNREACHABLE" in refusal(client, server.serve("app", redirect(f"{plain.url}/v2/x/manifests/1")))
    assert not plain.visits


def test_plain_http_is_spoken_only_to_listed_hosts(
    plain: HostileServer, client: RegistryClient, connect: Connect
) -> None:
    reference = plain.serve("app", image())
    assert "UNREACHABLE" in refusal(client, reference)
    assert fetch(connect(REGISTRY_PLAIN_HTTP_HOSTS=plain.host), reference).command == ("good",)


def test_a_redirect_in_a_circle_ends(server: HostileServer, client: RegistryClient) -> None:
    assert "INVALID_ANSWER" in refusal(client, server.serve("app", redirect(f"{server.url}/app/again")))
    assert len(server.visits) == 6


@pytest.mark.parametrize(
    "target",
    ["http://[", "//", "https://user:password@127.0.0.1/x", "ftp://127.0.0.1/x", "https://127.0.0.1:99999/"],
)
def test_a_redirect_to_no_usable_url_is_refused(
    server: HostileServer, client: RegistryClient, target: str
) -> None:
    assert "INVALID_ANSWER" in refusal(client, server.serve("app", redirect(target)))


def test_credentials_do_not_go_to_a_foreign_token_server(
    server: HostileServer, other: HostileServer, connect: Connect, client: RegistryClient
) -> None:
    other.serve("token", lambda visit: visit.answer(200, b'{"token": "abc"}'))
    realm = at_localhost(other, "/token")
    reference = server.serve("app", challenge(f'Bearer realm="{realm}",service="x"', then=image()))

    message = refusal(client, reference, secret(server.host))
    assert "FORBIDDEN_REALM" in message and "REGISTRY_REALMS" in message and "localhost" not in message
    assert not other.visits

    allowed = connect(REGISTRY_REALMS=f"{server.host}=localhost")
    assert fetch(allowed, reference, secret(server.host)).command == ("good",)
    assert authorizations(other)


def test_a_foreign_token_server_may_be_asked_without_credentials(
    server: HostileServer, other: HostileServer, client: RegistryClient
) -> None:
    other.serve("token", lambda visit: visit.answer(200, b'{"token": "abc"}'))
    realm = at_localhost(other, "/token")
    reference = server.serve("app", challenge(f'Bearer realm="{realm}",service="x"', then=image()))

    assert fetch(client, reference).command == ("good",)
    assert not authorizations(other)


def test_an_http_token_server_of_an_https_registry_is_refused(
    server: HostileServer, plain: HostileServer, connect: Connect
) -> None:
    client = connect(REGISTRY_PLAIN_HTTP_HOSTS=plain.host)
    reference = server.serve("app", challenge(f'Bearer realm="{plain.url}/token",service="x"'))
    assert "FORBIDDEN_REALM" in refusal(client, reference, secret(server.host))
    assert not plain.visits


def test_a_token_that_is_no_longer_good_is_replaced_once(
    server: HostileServer, client: RegistryClient
) -> None:
    tokens = ["one"]
    server.serve("token", lambda visit: visit.answer(200, f'{{"token": "{tokens[-1]}"}}'.encode()))
    ask = challenge(f'Bearer realm="{server.url}/token"')

    def behave(visit: hostile.Visit) -> None:
        good = visit.headers.get("Authorization") == f"Bearer {tokens[-1]}"
        (image() if good else ask)(visit)

    server.serve("app", behave)
    for token in ("one", "two", "three"):
        tokens.append(token)
        assert fetch(client, f"{server.host}/app/app").command == ("good",)
    assert [path for _, path, _ in server.visits].count(f"/token?scope={SCOPE}") == 3


def test_one_namespace_does_not_get_all_the_threads(server: HostileServer, connect: Connect) -> None:
    client = connect(lookups=2)
    slow = server.serve("slow", hostile.silence)
    good = server.serve("good", image())
    waiting = threading.Thread(target=refusal_in, args=(client, slow, "greedy"))
    waiting.start()
    time.sleep(0.2)
    with pytest.raises(ImageNotRead, match="BUSY"):
        client.fetch(ImageQuery(good, namespace="greedy"), Deadline(BUDGET_S))
    assert client.fetch(ImageQuery(good, namespace="other"), Deadline(BUDGET_S)).command == ("good",)
    waiting.join()


def refusal_in(client: RegistryClient, reference: str, namespace: str) -> None:
    with pytest.raises(ImageNotRead):
        client.fetch(ImageQuery(reference, namespace=namespace), Deadline(BUDGET_S))


def test_the_scope_is_ours_and_not_the_servers(server: HostileServer, client: RegistryClient) -> None:
    server.serve("token", lambda visit: visit.answer(200, b'{"token": "abc"}'))
    wide = "repository:other/private:pull,push,delete"
    header = f'Bearer realm="{server.url}/token",service="x",scope="{wide}"'
    fetch(client, server.serve("app", challenge(header, then=image())))

    asked = [path for _, path, _ in server.visits if path.startswith("/token")]
    assert asked == ["/token?service=x&scope=" + SCOPE]


@pytest.mark.parametrize("token", ['"a\\r\\nX-Evil: 1"', '"a b"', "[]", "7", '""', '"é"'])
def test_a_token_that_is_none_is_refused(server: HostileServer, client: RegistryClient, token: str) -> None:
    server.serve("token", lambda visit: visit.answer(200, f'{{"token": {token}}}'.encode()))
    reference = server.serve("app", challenge(f'Bearer realm="{server.url}/token"', then=image()))
    assert "INVALID_ANSWER" in refusal(client, reference)


def test_what_the_registry_writes_is_not_repeated(server: HostileServer, client: RegistryClient) -> None:
    body = f'{{"errors": [{{"code": "DENIED", "message": "{EVIL_TEXT}"}}]}}'.encode()
    reference = server.serve("app", lambda visit: visit.answer(403, body, {"X-Evil": EVIL_TEXT}))
    assert "UNAUTHORIZED" in refusal(client, reference)


def test_a_registry_that_is_busy_for_a_moment_is_asked_again(
    server: HostileServer, connect: Connect, client: RegistryClient
) -> None:
    busy = lambda visit: visit.answer(503)  # noqa: E731
    assert fetch(client, server.serve("app", hostile.in_turn(busy, hostile.hang_up, image()))).command == (
        "good",
    )


def test_a_short_retry_after_is_waited_for(server: HostileServer, client: RegistryClient) -> None:
    limited = lambda visit: visit.answer(429, headers={"Retry-After": "1"})  # noqa: E731
    started = time.monotonic()
    assert fetch(client, server.serve("app", hostile.in_turn(limited, image()))).command == ("good",)
    assert time.monotonic() - started >= 1


def test_a_long_retry_after_is_refused_at_once_and_remembered(
    server: HostileServer, client: RegistryClient
) -> None:
    reference = server.serve("app", lambda visit: visit.answer(429, headers={"Retry-After": "3600"}))
    for _ in range(3):
        started = time.monotonic()
        assert "TOOMANYREQUESTS" in refusal(client, reference)
        assert time.monotonic() - started < 0.5
    assert len(server.visits) == 1


def test_a_registry_that_fails_again_and_again_is_left_alone_for_a_while(
    server: HostileServer, client: RegistryClient
) -> None:
    reference = server.serve("app", lambda visit: visit.answer(500))
    for _ in range(3):
        refusal(client, reference)
    visits = len(server.visits)
    assert "UNREACHABLE" in refusal(client, reference)
    assert len(server.visits) == visits


def test_an_image_that_is_both_index_and_manifest_is_refused(
    server: HostileServer, client: RegistryClient
) -> None:
    both = manifest_of(config_of("x"))[:-1] + b', "manifests": []}'
    assert "INVALID_ANSWER" in refusal(client, server.serve("both", image(manifest=both)))


def test_nothing_of_the_surroundings_is_used(
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


def test_cookies_are_not_kept(server: HostileServer, client: RegistryClient) -> None:
    def with_cookie(visit: hostile.Visit) -> None:
        visit.answer(404, headers={"Set-Cookie": "a=b"})

    refusal(client, server.serve("app", with_cookie))
    refusal(client, f"{server.host}/app/other:2")
    assert not [headers for _, _, headers in server.visits if "Cookie" in headers]
