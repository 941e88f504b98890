"""Ownership: a Secret of somebody else is never written, and others' fields are never touched."""

from typing import Any

import pytest

from tests.vaultsync.content.specs import resource
from vaultkube.sync_resources.destination import Destination
from vaultsync.content.ownership import (
    OWNER_LABELS,
    UID_LABEL,
    Write,
    applied_secret,
    data_in,
    decide_write,
    owner_labels,
)
from vaultsync.errors import NotOwner

OWNER = resource()
CREATED = Destination(name="kv", create=True, labels={"team": "a"}, annotations={"note": "b"})
OVERWRITING = Destination(name="kv", create=True, overwrite=True)


def secret(labels: dict[str, str] | None = None, type: str = "Opaque", **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": "kv", "labels": labels, **metadata}, "type": type}


@pytest.mark.parametrize(
    ("destination", "existing", "write"),
    [
        (CREATED, None, Write.CREATE),
        (CREATED, secret(owner_labels(OWNER)), Write.OWN),
        (CREATED, secret({**owner_labels(OWNER), "other": "x"}, ownerReferences=[]), Write.OWN),
        (CREATED, secret(owner_labels(OWNER), type="kubernetes.io/tls"), Write.RECREATE),
        (OVERWRITING, secret({"app": "theirs"}), Write.ADOPT),
        (OVERWRITING, secret(), Write.ADOPT),
        (OVERWRITING, secret(type="kubernetes.io/tls"), Write.RECREATE),
        (Destination(name="kv"), secret({"app": "theirs"}), Write.REPLACE),
        (Destination(name="kv"), secret(owner_labels(OWNER)), Write.REPLACE),
    ],
)
def test_the_write_depends_on_existence_and_owner_of_the_secret(
    destination: Destination, existing: dict[str, Any] | None, write: Write
) -> None:
    assert decide_write(OWNER, destination, existing) is write


@pytest.mark.parametrize(
    ("destination", "existing", "message"),
    [
        (Destination(name="kv"), None, r"create it, or set destination\.create"),
        (CREATED, secret(), r"destination\.overwrite: true"),
        (CREATED, secret({**OWNER_LABELS, UID_LABEL: "u2"}), "not of VaultStaticSecret team/one"),
        (OVERWRITING, secret({**OWNER_LABELS, UID_LABEL: "u2"}), "another object's"),
        (Destination(name="kv"), secret({**OWNER_LABELS, UID_LABEL: "u2"}), "another object's"),
        (
            OVERWRITING,
            secret(ownerReferences=[{"kind": "Certificate", "controller": True}]),
            "another object's",
        ),
    ],
)
def test_a_secret_of_others_stays(
    destination: Destination, existing: dict[str, Any] | None, message: str
) -> None:
    with pytest.raises(NotOwner, match=message):
        decide_write(OWNER, destination, existing)


def test_an_own_secret_has_labels_and_one_owner() -> None:
    made = applied_secret(OWNER, CREATED, {"b": b"2", "a": b"1"})
    assert made["metadata"]["labels"] == {"team": "a", **OWNER_LABELS, UID_LABEL: "u1"}
    assert made["metadata"]["annotations"] == {"note": "b"}
    assert [(each["kind"], each["uid"]) for each in made["metadata"]["ownerReferences"]] == [
        ("VaultStaticSecret", "u1")
    ]
    assert (made["type"], list(made["data"])) == ("Opaque", ["a", "b"])


def test_labels_of_the_author_do_not_hide_the_owner() -> None:
    disguised = Destination(name="kv", create=True, labels={UID_LABEL: "u2"})
    assert applied_secret(OWNER, disguised, {})["metadata"]["labels"][UID_LABEL] == "u1"


def test_a_secret_of_others_gets_only_data() -> None:
    made = applied_secret(OWNER, Destination(name="kv", labels={"a": "b"}), {"a": b"1"})
    assert made["metadata"] == {"name": "kv", "namespace": "team"}
    assert "type" not in made


def test_data_come_back_as_they_were_written() -> None:
    data = {"a": bytes(range(256)), "b": b""}
    assert data_in(applied_secret(OWNER, CREATED, data)) == data
    assert data_in({}) == {}
