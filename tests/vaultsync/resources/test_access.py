"""References between objects: the default one, and the namespaces allowed to use an object."""

import pytest

from vaultkube.sync_resources.references import Reference
from vaultsync.resources.access import is_allowed, refusal, resolved


def test_a_reference_means_an_object_of_its_own_namespace() -> None:
    assert resolved(Reference("", "auth"), "team", "operator") == Reference("team", "auth")
    assert resolved(Reference("other", "auth"), "team", "operator") == Reference("other", "auth")


def test_without_a_reference_the_default_of_the_operator_is_meant() -> None:
    assert resolved(None, "team", "operator") == Reference("operator", "default")


@pytest.mark.parametrize(
    ("allowed", "user", "answer"),
    [
        ((), "team", True),
        ((), "operator", True),
        ((), "other", False),
        (("other",), "other", True),
        (("other",), "third", False),
        (("*",), "third", True),
        (("oth*",), "other", False),
    ],
)
def test_an_object_is_for_its_own_the_operators_and_allowed_namespaces(
    allowed: tuple[str, ...], user: str, answer: bool
) -> None:
    assert is_allowed(allowed, Reference("team", "app"), user, "operator") is answer


def test_a_refusal_names_the_field_to_extend() -> None:
    assert "allowedNamespaces of team/auth" in refusal("VaultAuth", Reference("team", "auth"), "other")
