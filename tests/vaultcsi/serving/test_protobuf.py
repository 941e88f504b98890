"""Messages on the wire: those of a protobuf library are read, and ours are read by it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultcsi.serving.messages import MOUNT_REQUEST, MOUNT_RESPONSE, VERSION_REQUEST
from vaultcsi.serving.protobuf import NotProtobuf, decode, encode

FILES = st.lists(
    st.fixed_dictionaries(
        {"path": st.text(), "mode": st.integers(-(1 << 31), (1 << 31) - 1), "contents": st.binary()}
    )
)
VERSIONS = st.lists(st.fixed_dictionaries({"id": st.text(), "version": st.text()}))


def test_bytes_are_those_of_the_specification() -> None:
    # https://protobuf.dev/programming-guides/encoding/: "testing" in field 2, 150 in field 1
    assert encode(MOUNT_REQUEST, {"secrets": "testing"}) == bytes.fromhex("12 07 74 65 73 74 69 6e 67")
    file = {"path": "a", "mode": 150, "contents": b"b"}
    assert encode(MOUNT_RESPONSE, {"files": [file]}) == bytes.fromhex("1a 09 0a0161 10 9601 1a0162")


@given(st.fixed_dictionaries({"files": FILES, "object_version": VERSIONS}))
def test_a_message_is_read_as_it_was_written(message: dict[str, object]) -> None:
    assert decode(MOUNT_RESPONSE, encode(MOUNT_RESPONSE, message)) == {**message, "error": None}


def test_absent_fields_have_the_defaults_of_proto3() -> None:
    assert decode(MOUNT_REQUEST, b"") == {
        "attributes": "",
        "secrets": "",
        "target_path": "",
        "permission": "",
        "current_object_version": [],
    }


@pytest.mark.parametrize("unknown", ["78 01", "7a 02 6869", "79 0000000000000000", "7d 00000000"])
def test_fields_of_later_versions_are_skipped(unknown: str) -> None:
    data = bytes.fromhex(unknown) + encode(VERSION_REQUEST, {"version": "v1"})
    assert decode(VERSION_REQUEST, data) == {"version": "v1"}


@pytest.mark.parametrize("data", ["0a", "0a 05 61", "0a ff", "0a 01 ff", "08 01", "0b", "0a" + "ff" * 11])
def test_half_and_wrong_messages_are_refused(data: str) -> None:
    with pytest.raises(NotProtobuf):
        decode(VERSION_REQUEST, bytes.fromhex(data))


@given(st.binary(max_size=64))
def test_any_bytes_are_a_message_or_none(data: bytes) -> None:
    with contextlib.suppress(NotProtobuf):
        decode(MOUNT_REQUEST, data)
