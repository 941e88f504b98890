"""Kept references at admission: only the webhook itself can write their annotation."""

import json
from typing import Any

import pytest

from tests.vaultkube.kept.samples import KEY
from tests.webhook.admission.deciding import decided
from vaultkube.deadline import Deadline
from vaultkube.documents.base64 import encoded
from vaultkube.documents.jsonpatch import apply
from vaultkube.kept.codec import mark_of, read_annotation, sealed
from vaultkube.kept.values import ANNOTATION, LABEL, KeptLogin, KeptReferences, KeptValue, Place
from vaultkube.vault.login import Resolution
from webhook.admission.admission import Admission
from webhook.admission.needs import AccessReview, SecretObject
from webhook.admission.review import AdmissionRequest, Decision
from webhook.config.annotation_keys import PREFIX
from webhook.config.annotations import read_defaults
from webhook.config.settings import read_settings

PLACE = Place("configmaps", "shop", "c")
LOGIN = KeptLogin("https://vault.example.com", "kubernetes", "default", "reader")
KEYED = {SecretObject: {"data": {"key": encoded(KEY)}}}
ANSWERS = {**KEYED, AccessReview: True, Resolution: lambda need: dict.fromkeys(need.values, b"s3cr3t")}


class NoServices:
    """No client, because a decision with given facts needs none."""

    own_namespace = "vault-webhook"
    default_pull_secrets = ()


def config_map(
    *, after: str = "5m", labels: dict[str, str] | None = None, references: str = "", **data: str
) -> Any:
    annotations = {PREFIX + "vault-serviceaccount": "reader", PREFIX + "vault-refresh-after": after}
    return {
        "metadata": {
            "name": "c",
            "annotations": {
                key: text for key, text in {**annotations, ANNOTATION: references}.items() if text
            },
            "labels": labels or {},
        },
        "data": data,
    }


def review(
    new: Any, old: Any = None, facts: dict[type, Any] | None = None, *, name: str = "c", **operator: str
) -> tuple[Any, Decision, list[Any]]:
    """Return the stored object, the decision and its needs."""
    environ = {"VAULT_ADDR": "https://vault.example.com", "VAULT_ENV_IMAGE": "vault-env:1", **operator}
    admission = Admission(read_settings(environ), read_defaults(environ), NoServices())  # type: ignore[arg-type]
    operation = "UPDATE" if old else "CREATE"
    request = AdmissionRequest(
        "u", "", "shop", name, operation, "", new, old, False, user_info={"username": "bob"}
    )
    steps = admission.begin("configmaps", request, Deadline(5))
    decision, needs = decided(steps, ANSWERS if facts is None else facts)
    return apply(new, decision.patch), decision, needs


def references_of(stored: Any) -> dict[str, str] | None:
    """Return the kept references of a stored object by their names; None without the annotation."""
    text = stored["metadata"]["annotations"].get(ANNOTATION)
    assert (text is None) == (LABEL not in stored["metadata"]["labels"])
    if text is None:
        return None
    found = read_annotation(text)
    assert isinstance(found, KeptReferences)
    assert sealed(found, PLACE, KEY) == text
    return {name: value.text for name, value in found.values.items()}


def seal(login: KeptLogin = LOGIN, key: bytes = KEY, **values: tuple[str, str]) -> str:
    """Return an annotation; each value is a reference and its resolved text."""
    marked = {
        name: KeptValue(text, mark_of(value.encode(), name, PLACE, key))
        for name, (text, value) in values.items()
    }
    return sealed(KeptReferences(login, 300, marked), PLACE, key)


STORED = review(config_map(a="vault:a/b#c", b="plain"))[0]


def test_the_annotation_of_a_refreshed_object_has_references_and_login_and_no_value() -> None:
    assert references_of(STORED) == {"a": "vault:a/b#c"}
    assert STORED["metadata"]["labels"] == {LABEL: "true"}
    text = STORED["metadata"]["annotations"][ANNOTATION]
    assert read_annotation(text) == KeptReferences(
        LOGIN, 300, {"a": KeptValue("vault:a/b#c", mark_of(b"s3cr3t", "a", PLACE, KEY))}
    )
    assert "s3cr3t" not in text


def test_an_object_without_refresh_has_no_kept_references_and_needs_no_key() -> None:
    stored, _, needs = review(config_map(after="0", a="vault:a/b#c"))
    assert references_of(stored) is None
    assert SecretObject not in [type(need) for need in needs]


def test_the_operators_setting_refreshes_all_objects() -> None:
    assert references_of(review(config_map(after="", a="vault:a/b#c"), VAULT_REFRESH_AFTER="1h")[0]) == {
        "a": "vault:a/b#c"
    }


def test_the_same_manifest_applied_again_changes_nothing() -> None:
    assert review(config_map(a="vault:a/b#c", b="plain"), STORED)[0] == STORED


def test_an_update_of_other_fields_keeps_the_references_without_reading_vault() -> None:
    labelled = {**STORED, "metadata": {**STORED["metadata"], "labels": {LABEL: "true", "x": "y"}}}
    stored, decision, needs = review(labelled, STORED, KEYED)
    assert (stored, decision.warnings, [type(need) for need in needs]) == (labelled, (), [SecretObject])


def test_a_value_changed_to_a_literal_loses_its_reference_with_a_warning() -> None:
    two = review(config_map(a="vault:a/b#c", d="vault:a/b#d"))[0]
    stored, decision, _ = review({**two, "data": {"a": "literal", "d": "s3cr3t"}}, two, KEYED)
    assert references_of(stored) == {"d": "vault:a/b#d"}
    assert "key a is no longer kept" in decision.warnings[0]


def test_an_object_without_refresh_any_more_loses_annotation_and_label() -> None:
    text = STORED["metadata"]["annotations"][ANNOTATION]
    stored, _, needs = review(
        config_map(after="", references=text, labels={LABEL: "true"}, a="s3cr3t"), STORED, {}
    )
    assert (references_of(stored), needs) == (None, [])


def test_an_immutable_object_has_no_kept_references() -> None:
    stored, decision, _ = review({**config_map(a="vault:a/b#c"), "immutable": True})
    assert (references_of(stored), stored["data"]) == (None, {"a": "s3cr3t"})
    assert "because it is immutable" in decision.warnings[0]
    assert references_of(review({**STORED, "immutable": True}, STORED, KEYED)[0]) is None


def test_a_value_refreshed_by_the_operator_keeps_its_reference() -> None:
    refreshed = config_map(
        references=seal(a=("vault:a/b#c", "new")), labels={LABEL: "true"}, a="new", b="plain"
    )
    stored, decision, _ = review(refreshed, STORED, KEYED)
    assert (stored, decision.patch) == (refreshed, ())


@pytest.mark.parametrize(
    "forged",
    [
        seal(key=b"x" * 32, a=("vault:a/other#c", "s3cr3t")),
        STORED["metadata"]["annotations"][ANNOTATION].replace("vault:a/b#c", "vault:a/other#c"),
        STORED["metadata"]["annotations"][ANNOTATION].replace("reader", "admin"),
        "{}",
    ],
)
@pytest.mark.parametrize("old", [None, STORED])
def test_a_forged_annotation_is_removed(forged: str, old: Any) -> None:
    new = config_map(references=forged, labels={LABEL: "true"}, a="s3cr3t", b="plain")
    stored, decision, needs = review(new, old, KEYED)
    assert (references_of(stored), [type(need) for need in needs]) == (None, [SecretObject])
    assert decision.warnings


def test_a_valid_seal_is_not_accepted_on_a_new_object_or_from_an_earlier_state() -> None:
    earlier = seal(a=("vault:a/b#c", "s3cr3t"), b=("vault:a/b#d", "plain"))
    new = config_map(references=earlier, labels={LABEL: "true"}, a="s3cr3t", b="plain")
    assert references_of(review(new, None, KEYED)[0]) is None
    assert references_of(review(new, STORED, KEYED)[0]) == {"a": "vault:a/b#c"}
    other = seal(KeptLogin(LOGIN.address, "kubernetes", "default", "admin"), a=("vault:a/b#c", "s3cr3t"))
    assert references_of(review(config_map(references=other, a="s3cr3t"), STORED, KEYED)[0]) is None


def test_references_of_another_login_replace_the_earlier_ones() -> None:
    two = review(config_map(a="vault:a/b#c", d="vault:a/b#d"))[0]
    new = json.loads(json.dumps(two))
    new["metadata"]["annotations"][PREFIX + "vault-role"] = "other"
    new["data"]["a"] = "vault:a/b#c"
    assert references_of(review(new, two)[0]) == {"a": "vault:a/b#c"}
    del new["metadata"]["annotations"][PREFIX + "vault-role"]
    assert references_of(review(new, two)[0]) == {"a": "vault:a/b#c", "d": "vault:a/b#d"}


def test_an_object_without_a_name_or_a_key_is_not_refreshed_with_a_warning() -> None:
    for facts, name, words in (({SecretObject: None}, "c", "vault-webhook-kept"), ({}, "", "generateName")):
        new = config_map(a="vault:a/b#c")
        if not name:
            del new["metadata"]["name"]
        stored, decision, _ = review(new, None, {**ANSWERS, **facts}, name=name)
        assert (references_of(stored), stored["data"]["a"]) == (None, "s3cr3t")
        assert words in decision.warnings[0]


def test_annotations_that_would_be_too_long_for_the_api_server_are_not_written() -> None:
    new = config_map(a="vault:a/b#c")
    new["metadata"]["annotations"]["other"] = "x" * ((256 << 10) - 300)
    stored, decision, _ = review(new)
    assert (references_of(stored), stored["data"]["a"]) == (None, "s3cr3t")
    assert "bytes" in decision.warnings[0]
