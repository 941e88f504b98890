"""Resources whose kept references are refreshed, as a setting names them."""

import pytest

from vaultkube.errors import InvalidSetting
from vaultsync.settings import read_settings


def test_a_resource_is_secrets_configmaps_or_a_full_name() -> None:
    found = read_settings(
        [], {"REFRESHED_RESOURCES": "secrets, configmaps,databases.v1.example.com"}
    ).refreshed
    assert [(one.name, one.resource.path(), one.api_kind) for one in found] == [
        ("secrets", "/api/v1/secrets", "Secret"),
        ("configmaps", "/api/v1/configmaps", "ConfigMap"),
        ("databases.example.com", "/apis/example.com/v1/databases", ""),
    ]


@pytest.mark.parametrize("text", ["pods", "databases.example", "databases..example.com", "Secret"])
def test_a_text_that_names_no_resource_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match="REFRESHED_RESOURCES"):
        read_settings([], {"REFRESHED_RESOURCES": text})
