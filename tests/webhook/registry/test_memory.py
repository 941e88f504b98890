"""The cache, with a real registry: entries are for one credential and for a time."""

import json
import threading
from collections import Counter

import pytest

from tests.servers.accounts import PULLER, PUSHER, Account
from tests.servers.images import image, index
from tests.servers.registry import Registry
from tests.webhook.registry.conftest import Connect, pull_secrets
from vaultkube.deadline import Deadline
from vaultkube.errors import ImageNotRead
from webhook.registry.client import RegistryClient
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.memory import AccessKey, CacheScope, Memory
from webhook.registry.platforms import DEFAULT_PLATFORMS
from webhook.registry.query import ImageConfig, ImageQuery, PullSecret


class Counted:
    """An observer that stores its notifications."""

    def __init__(self) -> None:
        self.outcomes: list[str] = []

    def image_lookup(self, outcome: str) -> None:
        self.outcomes.append(outcome)


@pytest.fixture
def counted() -> Counted:
    return Counted()


def fetch(client: RegistryClient, reference: str, *secrets: PullSecret, policy: str = "") -> ImageConfig:
    return client.fetch(ImageQuery(reference, secrets, policy), Deadline(10))


def secret_of(registry: Registry, account: Account) -> PullSecret:
    content = registry.pull_secret(account).encode()
    return PullSecret(account.name, "pull", "kubernetes.io/dockerconfigjson", content)


def test_a_tag_is_requested_once_in_its_life(registry: Registry, connect: Connect, counted: Counted) -> None:
    client, reference = connect(counted), registry.push("memory/tag:1", image(cmd=["one"]))
    for _ in range(3):
        assert fetch(client, reference, *pull_secrets(registry)).command == ("one",)
    assert counted.outcomes == ["read", "remembered", "remembered"]


@pytest.mark.parametrize(("tag", "policy"), [("latest", ""), ("1", "Always")])
def test_latest_and_always_are_confirmed_each_time_and_a_moved_tag_is_noticed(
    registry: Registry, connect: Connect, counted: Counted, tag: str, policy: str
) -> None:
    client, name = connect(counted), f"memory/moving-{tag}:{tag}"
    secrets = pull_secrets(registry)
    reference = registry.push(name, image(cmd=["old"]))
    assert fetch(client, reference, *secrets, policy=policy).command == ("old",)
    assert fetch(client, reference, *secrets, policy=policy).command == ("old",)
    registry.push(name, image(cmd=["new"]))
    assert fetch(client, reference, *secrets, policy=policy).command == ("new",)
    assert counted.outcomes == ["read", "confirmed", "read"]


def test_a_tag_that_moved_is_noticed_after_its_life(
    registry: Registry, connect: Connect, counted: Counted
) -> None:
    client, secrets = connect(counted, REGISTRY_TAG_LIFE="1ms"), pull_secrets(registry)
    reference = registry.push("memory/aged:1", index(image(cmd=["old"])))
    assert fetch(client, reference, *secrets).command == ("old",)
    registry.push("memory/aged:1", index(image(cmd=["new"])))
    assert fetch(client, reference, *secrets).command == ("new",)


@pytest.mark.parametrize("registry", ["basic", "bearer"], indirect=True)
@pytest.mark.parametrize("by_digest", [False, True], ids=["tag", "digest"])
def test_a_tenant_gets_nothing_from_the_cache_that_only_another_may_read(
    registry: Registry, connect: Connect, counted: Counted, by_digest: bool
) -> None:
    pushed = image(cmd=["private"])
    reference = registry.push("memory/private:1", pushed)
    if by_digest:
        reference = f"{reference}@{pushed.digest}"
    client = connect(counted)
    assert fetch(client, reference, secret_of(registry, PULLER)).command == ("private",)

    stranger = json.dumps({"auths": {registry.host: {"username": "stranger", "password": "guess"}}})
    for secrets in ((), (PullSecret("evil", "pull", "kubernetes.io/dockerconfigjson", stranger.encode()),)):
        with pytest.raises(ImageNotRead, match="UNAUTHORIZED"):
            fetch(client, reference, *secrets)
    assert fetch(client, reference, secret_of(registry, PUSHER)).command == ("private",)
    assert counted.outcomes == ["read", "unauthorized", "unauthorized", "confirmed"]


def test_a_refusal_is_remembered_for_that_credential_only(
    basic_registry: Registry, connect: Connect, counted: Counted
) -> None:
    client, reference = connect(counted), basic_registry.push("memory/refused:1", image(cmd=["x"]))
    for _ in range(2):
        with pytest.raises(ImageNotRead, match="UNAUTHORIZED"):
            fetch(client, reference)
    assert fetch(client, reference, secret_of(basic_registry, PULLER)).command == ("x",)


def test_equal_requests_at_once_cost_the_registry_one_read(
    bearer_registry: Registry, connect: Connect, counted: Counted
) -> None:
    client, secrets = connect(counted), pull_secrets(bearer_registry)
    reference = bearer_registry.push("memory/rollout:latest", index(image(cmd=["x"])))
    start = threading.Barrier(20)

    def read() -> None:
        start.wait()
        fetch(client, reference, *secrets)

    threads = [threading.Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = Counter(counted.outcomes)
    assert counts["read"] == 1
    assert counts["read"] + counts["shared"] + counts["confirmed"] == 20


def test_two_tenants_in_eight_threads_never_get_each_others_answers(
    bearer_registry: Registry, connect: Connect
) -> None:
    """320 pulls: each of 20 repositories has its own command; one tenant has a credential, the other has none."""
    assert bearer_registry.tokens
    references = {
        number: bearer_registry.push(f"memory/many-{number}:latest", image(cmd=[f"command-{number}"]))
        for number in range(20)
    }
    client, secrets = connect(), pull_secrets(bearer_registry)
    wrong: list[str] = []

    def pull(thread: int) -> None:
        for step in range(40):
            number = (step * 7 + thread * 3) % 20
            if (step + thread) % 2:
                found = fetch(client, references[number], *secrets, policy="Always")
                if found.command != (f"command-{number}",):
                    wrong.append(f"{number}: {found.command}")
                continue
            try:
                wrong.append(f"{number}: stranger got {fetch(client, references[number])}")
            except ImageNotRead as error:
                if "UNAUTHORIZED" not in str(error):
                    wrong.append(str(error))

    threads = [threading.Thread(target=pull, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


PLACE = CacheScope("registry", "team/app", b"", True)


def key(number: int) -> AccessKey:
    return AccessKey(PLACE, f"tag-{number}", DEFAULT_PLATFORMS)


def test_a_registry_that_limits_pulls_gets_no_requests_but_its_earlier_answers_hold() -> None:
    memory = Memory(1 << 20, tag_life_s=60)
    config = ImageConfig((), ("x",), f"sha256:{1:064x}", "linux")
    memory.store_answer(key(1), config)
    memory.store_failure(key(2), RegistryFailure(Kind.TOO_MANY_REQUESTS, "", retry_after_s=30))
    assert memory.answer(key(1), fresh=False) == config
    for wanted, fresh in ((key(1), True), (key(3), False)):
        with pytest.raises(RegistryFailure, match="TOOMANYREQUESTS"):
            memory.answer(wanted, fresh=fresh)


def test_memory_is_bounded_by_bytes() -> None:
    memory = Memory(max_bytes=64 * 1024, tag_life_s=60)
    for number in range(1000):
        memory.store_answer(key(number), ImageConfig(("x" * 100,), (), f"sha256:{number:064x}", "linux"))
    remembered = [number for number in range(1000) if memory.answer(key(number), fresh=False)]
    assert remembered and remembered[-1] == 999
    assert len(remembered) * 1024 <= 64 * 1024


def test_a_tag_lives_shorter_than_a_digest() -> None:
    now = [0.0]
    memory = Memory(1 << 20, tag_life_s=60, clock=lambda: now[0])
    config = ImageConfig((), ("x",), f"sha256:{1:064x}", "linux")
    by_digest = AccessKey(PLACE, config.digest, DEFAULT_PLATFORMS)
    memory.store_answer(key(1), config)
    memory.store_answer(by_digest, config)
    now[0] = 61.0
    assert memory.answer(key(1), fresh=False) is None
    assert memory.answer(by_digest, fresh=False) == config
    now[0] = 601.0
    assert memory.answer(by_digest, fresh=False) is None
    assert memory.content(by_digest, config.digest) == config
