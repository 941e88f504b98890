"""The operator's settings about registries."""

from pathlib import Path

import pytest

from vaultkube.errors import InvalidSetting
from webhook.registry.hosts import HostPattern
from webhook.registry.mirrors import Mirror, mirrored
from webhook.registry.platforms import Platform
from webhook.registry.reference import parse_reference
from webhook.registry.settings import SETTINGS, RegistrySettings


def test_without_variables_the_defaults_hold() -> None:
    assert RegistrySettings.from_environ({}) == RegistrySettings()


def test_lists_are_read(tmp_path: Path) -> None:
    found = RegistrySettings.from_environ(
        {
            "REGISTRY_PRIVATE_HOSTS": "harbor.example.com, *.corp:5000",
            "REGISTRY_MIRRORS": "docker.io=mirror.example.com/hub",
            "CLUSTER_PLATFORMS": "linux/amd64,linux/arm/v7",
            "REGISTRY_REALMS": "r.example.com=auth.example.com:8443",
        }
    )
    assert found.private_hosts == (HostPattern("harbor.example.com"), HostPattern("*.corp", 5000))
    assert found.mirrors == (Mirror("docker.io", "mirror.example.com", "hub"),)
    assert found.platforms == (Platform(), Platform("linux", "arm", "v7"))
    assert found.realms[0].realm == HostPattern("auth.example.com", 8443)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("REGISTRY_CA_FILE", "/does/not/exist"),
        ("REGISTRY_CA_FILE", "/dev/null"),
        ("REGISTRY_CA_FILE", __file__),
        ("REGISTRY_CA_FILE", "/"),
        ("REGISTRY_PRIVATE_HOSTS", "https://a"),
        ("REGISTRY_PLAIN_HTTP_HOSTS", "a/b"),
        ("REGISTRY_MIRRORS", "docker.io"),
        ("REGISTRY_MIRRORS", "docker.io=docker.io"),
        ("REGISTRY_MIRRORS", "a.b/c=d.e"),
        ("REGISTRY_REALMS", "a"),
        ("REGISTRY_ALLOW_SKIP_VERIFY", "maybe"),
        ("CLUSTER_PLATFORMS", "amd64"),
        ("CLUSTER_DOMAIN", "a b"),
        ("REGISTRY_TIMEOUT", "soon"),
        ("REGISTRY_TIMEOUT", "0"),
        ("REGISTRY_MAX_MANIFEST_BYTES", "-1"),
        ("REGISTRY_MAX_MANIFEST_BYTES", "0"),
        ("REGISTRY_MAX_CONFIG_BYTES", "0"),
        ("REGISTRY_CONCURRENCY", "0"),
    ],
)
def test_an_unusable_value_is_refused_with_variable_and_accepted_form(variable: str, text: str) -> None:
    accepted = next(row.type.accepted for row in SETTINGS if row.settings == (variable,))
    with pytest.raises(InvalidSetting) as caught:
        RegistrySettings.from_environ({variable: text})
    assert variable in str(caught.value) and accepted in str(caught.value)


@pytest.mark.parametrize(
    ("image", "read"),
    [
        ("alpine", "mirror.example.com/hub/library/alpine"),
        ("team/app", "mirror.example.com/hub/team/app"),
        ("quay.io/team/app", "quay.io/team/app"),
        ("ghcr.io/team/app", "mirror.example.com:5000/team/app"),
    ],
)
def test_a_mirror_replaces_its_registry(image: str, read: str) -> None:
    mirrors = RegistrySettings.from_environ(
        {"REGISTRY_MIRRORS": "docker.io=mirror.example.com/hub,ghcr.io=mirror.example.com:5000"}
    ).mirrors
    assert mirrored(parse_reference(image), mirrors).name == read
