"""Types of Secrets: data that the API server would refuse are refused before, with the missing key."""

import pytest

from vaultkube.sync_resources.destination import Destination
from vaultsync.content.types import check_type
from vaultsync.errors import DataUnusable


def typed(type_: str, *, create: bool = True) -> Destination:
    return Destination(name="d", create=create, type=type_)


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("", {}),
        ("example.com/own", {}),
        ("kubernetes.io/tls", {"tls.crt": b"", "tls.key": b""}),
        ("kubernetes.io/basic-auth", {"password": b"p"}),
        ("kubernetes.io/ssh-auth", {"ssh-privatekey": b"k"}),
        ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": b'{"auths":{}}'}),
        ("kubernetes.io/dockercfg", {".dockercfg": b"{}"}),
    ],
)
def test_data_with_the_keys_of_their_type_are_accepted(type_: str, data: dict[str, bytes]) -> None:
    check_type(typed(type_), data)


@pytest.mark.parametrize(
    ("type_", "data", "words"),
    [
        ("kubernetes.io/tls", {"certificate": b"s3cr3t"}, r"the key tls\.crt and tls\.key"),
        ("kubernetes.io/tls", {"tls.crt": b"s3cr3t"}, r"the key tls\.key:"),
        ("kubernetes.io/basic-auth", {"user": b"s3cr3t"}, "username or password"),
        ("kubernetes.io/ssh-auth", {}, "ssh-privatekey"),
        ("kubernetes.io/dockerconfigjson", {"config": b"s3cr3t"}, r"\.dockerconfigjson"),
        ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": b"s3cr3t"}, "a JSON object"),
        ("kubernetes.io/dockercfg", {".dockercfg": b"[]"}, "a JSON object"),
    ],
)
def test_a_missing_key_of_a_type_is_named_without_a_value(
    type_: str, data: dict[str, bytes], words: str
) -> None:
    with pytest.raises(DataUnusable, match=words) as raised:
        check_type(typed(type_), data)
    assert "s3cr3t" not in str(raised.value)
    check_type(typed(type_, create=False), data)
