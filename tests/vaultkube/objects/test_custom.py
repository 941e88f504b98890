"""References in custom objects: their places, and the fields that stay."""

import copy
import tracemalloc
from typing import Any

import pytest

from vaultkube.errors import NotResolved
from vaultkube.objects.custom import find_values, pointer_path, replace_values, values_at
from webhook.objects.paths import value_path

REFERENCE = "vault:a/b#c"
DATABASE: Any = {
    "apiVersion": "example.com/v1",
    "kind": REFERENCE,
    "metadata": {"name": "shop", "annotations": {"note": REFERENCE}},
    "spec": {
        "users": [{"name": "me", "password": REFERENCE}, {"a/b~c": [1, None, True, f"x ${{{REFERENCE}}}"]}],
        REFERENCE: "a key",
        "0": {"0": REFERENCE},
    },
    "status": {"seen": REFERENCE},
}
PLACES = ["/spec/users/0/password", "/spec/users/1/a~1b~0c/3", "/spec/0/0"]


def test_every_text_but_of_metadata_status_and_keys_is_a_value() -> None:
    assert list(find_values(DATABASE)) == PLACES


def test_only_the_resolved_values_change_and_the_original_stays() -> None:
    before = copy.deepcopy(DATABASE)
    expected = copy.deepcopy(DATABASE)
    expected["spec"]["users"][0]["password"] = "of-vault"
    expected["spec"]["0"]["0"] = "too"
    assert replace_values(DATABASE, {PLACES[0]: b"of-vault", PLACES[2]: b"too"}) == expected
    assert before == DATABASE


def test_a_pointer_leads_to_its_value() -> None:
    paths = [value_path(DATABASE, place) for place in PLACES]
    assert paths == [
        ("spec", "users", 0, "password"),
        ("spec", "users", 1, "a/b~c", 3),
        ("spec", "0", "0"),
    ]
    assert pointer_path(DATABASE, PLACES[0]) == paths[0]


def test_bytes_that_are_no_text_are_refused_with_their_place() -> None:
    with pytest.raises(NotResolved, match=r"key /spec/users/0/password: the value in Vault is not UTF-8"):
        replace_values(DATABASE, {PLACES[0]: b"\xff"})


def test_many_values_below_long_or_deep_keys_are_refused_before_their_names_fill_memory() -> None:
    deep: Any = [REFERENCE] * 50_000
    for _ in range(900):
        deep = [deep]
    for spec in (deep, {"k" * 100_000: [REFERENCE] * 50_000}):
        tracemalloc.start()
        try:
            with pytest.raises(NotResolved, match="divide the object"):
                find_values({"spec": spec})  # type: ignore[typeddict-unknown-key]
            assert tracemalloc.get_traced_memory()[1] < 16 << 20
        finally:
            tracemalloc.stop()


def test_values_are_found_by_their_place_and_missing_places_are_left_out() -> None:
    resolved = replace_values(DATABASE, dict.fromkeys(PLACES, b"of-vault"))
    assert values_at(resolved, PLACES) == dict.fromkeys(PLACES, b"of-vault")
    elsewhere = [
        "/spec/users/2/password",
        "/spec/users/x",
        "/spec/none/0",
        "/spec/users/0/name/0",
        "/spec/users/1/a~1b~0c/0",
        "/spec",
    ]
    assert values_at(resolved, elsewhere) == {}
