"""Each attack ends soon, costs little, and gives nothing away."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.servers.authority import Authority
from tests.servers.images import image as pushed_image
from tests.servers.registry import Registry
from tests.webhook.registry import hostile
from tests.webhook.registry.attacks import (
    BUDGET_S,
    EVIL_TEXT,
    GROWTH_LIMIT_MIB,
    fetch,
    refusal,
)
from tests.webhook.registry.conftest import Connect, pull_secrets
from tests.webhook.registry.hostile import challenge, config_of, image, manifest_of
from tests.webhook.registry.hostile_server import Behaviour, DrippingHandshake, HostileServer, Visit
from webhook.registry.client import RegistryClient

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "behaviour",
    [hostile.silence, hostile.drip_body, hostile.drip_headers],
    ids=["silence", "slow body", "slow headers"],
)
@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
def test_a_slow_registry_takes_no_more_than_the_budget(
    server: HostileServer, plain: HostileServer, connect: Connect, behaviour: Behaviour, tls: bool
) -> None:
    chosen = server if tls else plain
    client = connect(REGISTRY_PLAIN_HTTP_HOSTS=plain.host)
    assert "UNREACHABLE" in refusal(client, chosen.serve("slow", behaviour))


def test_a_handshake_of_single_bytes_takes_no_more_than_the_budget(
    connect: Connect, client: RegistryClient
) -> None:
    with DrippingHandshake() as host:
        assert "UNREACHABLE" in refusal(client, f"{host}/app:1")


@pytest.mark.parametrize(
    "behaviour",
    [hostile.huge(400 << 20), hostile.bomb, hostile.endless],
    ids=["400 MiB", "gzip", "endless"],
)
@pytest.mark.parametrize("place", ["manifest", "config"])
def test_an_endless_body_is_given_up(
    server: HostileServer, client: RegistryClient, behaviour: Behaviour, place: str
) -> None:
    attack = behaviour if place == "manifest" else image(blob=behaviour)
    assert "INVALID_ANSWER" in refusal(client, server.serve("bomb", attack))


@pytest.mark.parametrize(
    "behaviour",
    [
        hostile.headers(b"X: y"),
        hostile.headers(b'WWW-Authenticate: a b="c",'),
        hostile.trailers,
        hostile.extensions,
        hostile.continues,
    ],
    ids=["headers", "challenges", "trailers", "chunk extensions", "interim answers"],
)
def test_endless_headers_chunks_and_trailers_are_given_up_at_once(
    server: HostileServer, client: RegistryClient, behaviour: Behaviour
) -> None:
    started = time.monotonic()
    assert "INVALID_ANSWER" in refusal(client, server.serve("around", behaviour))
    assert time.monotonic() - started < BUDGET_S / 2


def test_an_endless_token_is_given_up(server: HostileServer, client: RegistryClient) -> None:
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
def test_content_that_does_not_match_its_digest_is_refused(
    server: HostileServer, client: RegistryClient, behaviour: Behaviour
) -> None:
    message = refusal(client, server.serve("swapped", behaviour))
    assert "INVALID_ANSWER" in message or "UNREACHABLE" in message


def test_an_image_with_a_missing_part_is_not_a_missing_image(
    server: HostileServer, client: RegistryClient
) -> None:
    part = image(blob=lambda visit: visit.answer(404))
    assert "INVALID_ANSWER" in refusal(client, server.serve("part", part))


def test_an_answer_that_is_not_http_fails_at_once(server: HostileServer, client: RegistryClient) -> None:
    answers = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"SSH-2.0-x\r\n",
    )

    def behave(visit: Visit) -> None:
        visit.close_connection = True
        visit.wfile.write(answers[len(server.visits) - 1])

    for number in range(len(answers)):
        server.serve("app", behave)
        assert "INVALID_ANSWER" in refusal(client, f"{server.host}/app/app:{number}")
    assert len(server.visits) == len(answers)


def test_a_manifest_by_digest_must_have_that_digest(server: HostileServer, client: RegistryClient) -> None:
    server.serve("lie", image())
    assert "INVALID_ANSWER" in refusal(client, f"{server.host}/lie/app@{hostile.digest(b'other')}")


def test_a_registry_that_claims_anothers_digest_gets_no_credit_for_its_content(
    server: HostileServer, basic_registry: Registry, client: RegistryClient
) -> None:
    victim = pushed_image(cmd=["private"])
    reference = basic_registry.push("memory/victim:1", victim)
    assert fetch(client, reference, *pull_secrets(basic_registry)).command == ("private",)

    def claim(visit: Visit) -> None:
        if visit.command == "HEAD":
            return visit.answer(200, headers={"Docker-Content-Digest": victim.digest})
        return image()(visit)

    server.serve("evil", claim)
    for _ in range(2):
        assert fetch(client, f"{server.host}/evil/app").command == ("good",)
    assert "HEAD" in [method for method, _, _ in server.visits]


def test_an_image_that_is_both_index_and_manifest_is_refused(
    server: HostileServer, client: RegistryClient
) -> None:
    both = manifest_of(config_of("x"))[:-1] + b', "manifests": []}'
    assert "INVALID_ANSWER" in refusal(client, server.serve("both", image(manifest=both)))


def test_text_of_the_registry_is_not_quoted(server: HostileServer, client: RegistryClient) -> None:
    body = f'{{"errors": [{{"code": "DENIED", "message": "{EVIL_TEXT}"}}]}}'.encode()
    reference = server.serve("app", lambda visit: visit.answer(403, body, {"X-Evil": EVIL_TEXT}))
    assert "UNAUTHORIZED" in refusal(client, reference)
