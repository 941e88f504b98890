"""Versions are equal to those of vault-csi-provider."""

from vaultcsi.content.versions import settings_text, version_of
from vaultkube.provider_class.objects import SecretObject, parse_objects

KEY = bytes(range(32))


def test_a_version_is_the_one_that_vault_csi_provider_gave() -> None:
    wanted = SecretObject("obj-username", "secret/data/database/secret", "username")
    # Computed by vault-csi-provider 1.7.4 with this key and the content `myusername`.
    assert version_of(wanted, b"myusername", KEY) == "lGxNru2aO9MAJun894VyK7Gu_VX1jSAwDcTDzkxOluY="


def test_the_settings_are_hashed_as_they_are_written() -> None:
    text = "[{objectName: o, secretPath: /v1/p?a=<&>, method: post, filePermission: 0o600, secretArgs: {b: 1, a: x}}]"
    assert settings_text(parse_objects(text)[0][0]) == (
        r'{"ObjectName":"o","SecretPath":"/v1/p?a=\u003c\u0026\u003e","SecretKey":"","Method":"post",'
        r'"SecretArgs":{"a":"x","b":1},"FilePermission":384,"Encoding":""}'
    )


def test_object_and_content_and_key_make_the_version() -> None:
    wanted = SecretObject("o", "p", "k")
    versions = {
        version_of(wanted, b"x", KEY),
        version_of(wanted, b"y", KEY),
        version_of(wanted, b"x", KEY[::-1]),
        version_of(SecretObject("o2", "p", "k"), b"x", KEY),
    }
    assert len(versions) == 4
