"""Where a manifest that works with Bank-Vaults behaves differently here.

What that webhook does: https://bank-vaults.dev/docs/mutating-webhook/annotations/ and its source at v1.23.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from vaultenv.references.grammar import has_reference
from vaultkube import value_types
from webhook.admission.objects import OBJECT_KINDS
from webhook.config.annotations import ANNOTATIONS, Config, parse_config
from webhook.objects.references import find_references
from webhook.offline.checks.annotations import path_of
from webhook.offline.checks.finding import Problem
from webhook.offline.checks.objects import value_path
from webhook.offline.documents import YamlPath
from webhook.offline.operator_settings import Operator
from webhook.offline.reviewable import Reviewed, find_objects
from webhook.pods.pod import plan_pod

_ESCAPE = re.compile(r"\\\$\{(>>)?vault:")
_NUMBER = re.compile(r"\d+(\.\d+)?")
_SKIP_LABEL = "security.bank-vaults.io/mutate"
_WITH_OWN_RULE = frozenset(["client_timeout_s", "delay_s"])


def migration_problems(reviewed: Reviewed, operator: Operator) -> Iterator[Problem]:
    """Yield what changes for an object that works with Bank-Vaults."""
    config, _ = parse_config(reviewed.annotations, operator.defaults)
    yield from _fallbacks(reviewed)
    yield from _skip_label(reviewed)
    if "address" in config.annotated and not operator.known:
        yield _of_field(
            reviewed,
            "address",
            "address-list",
            f"{config.address} must be the operator's address or on the list",
        )
    kind = _pod if reviewed.resource == "pods" else _object
    yield from kind(reviewed, config)


def custom_object_problems(content: Any) -> Iterator[Problem]:
    """Yield the references of a document that is neither a workload nor a Secret nor a ConfigMap."""
    if isinstance(content, dict) and not list(find_objects(content, "")):
        for path in _references(content, ()):
            yield Problem("custom-object", path, "this reference stays as it is")


def _fallbacks(reviewed: Reviewed) -> Iterator[Problem]:
    for row in ANNOTATIONS:
        for key in row.full_keys():
            text = reviewed.annotations.get(key)
            if text is None:
                continue
            path: YamlPath = ("metadata", "annotations", key)
            if row.field in _WITH_OWN_RULE and _NUMBER.fullmatch(text):
                yield Problem("bare-number", path, f"{key}: {text!r} is {text} seconds here")
            elif not _accepted(row.type.parse, text):
                rule = "was-false" if row.type is value_types.BOOLEAN else "was-ignored"
                yield Problem(rule, path, f"{key}: {text!r} is refused here")


def _accepted(parse: Callable[[str], Any], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _skip_label(reviewed: Reviewed) -> Iterator[Problem]:
    labels = (reviewed.content.get("metadata") or {}).get("labels") or {}
    if labels.get(_SKIP_LABEL) == "skip":
        yield Problem("skip-label", ("metadata", "labels", _SKIP_LABEL), "the webhook looks at this object")


def _pod(reviewed: Reviewed, config: Config) -> Iterator[Problem]:
    spec = reviewed.content.get("spec") or {}
    plan = plan_pod(spec, config, {})
    if not plan.wrapped:
        return
    yield Problem("init-container", ("spec",), "the init container and the launcher's volume are stricter")
    if config.from_path and any(container.get("env") for container in spec.get("containers") or ()):
        yield _of_field(
            reviewed,
            "from_path",
            "precedence",
            "a variable of the container wins over a key of the same name",
        )
    if config.daemon:
        yield _of_field(reviewed, "daemon", "daemon-environment", "the launcher's variables are taken away")
    if config.token_mount:
        yield _of_field(
            reviewed, "token_mount", "token-mount", f"the file is /vault-token/{config.token_mount[1]}"
        )
    if config.registry_skip_verify and "registry_skip_verify" in config.annotated:
        yield _of_field(
            reviewed, "registry_skip_verify", "registry-verify", "ignored unless the operator allows it"
        )
    for key, index in plan.wrapped:
        for position, entry in enumerate(spec[key][index].get("env") or ()):
            if _ESCAPE.search(str(entry.get("value") or "")):
                path = ("spec", key, index, "env", position, "value")
                yield Problem("escape", path, f"variable {entry.get('name')}: the reference stays text")


def _object(reviewed: Reviewed, config: Config) -> Iterator[Problem]:
    values = OBJECT_KINDS[reviewed.resource].find_values(reviewed.content)
    references = find_references(values)
    if not references:
        return
    if reviewed.resource == "configmaps" and not reviewed.sent:
        yield Problem("config-map-annotation", ("metadata",), "its references stay as they are")
    elif not config.service_account:
        yield Problem(
            "identity-of-webhook",
            ("metadata", "annotations"),
            "there is no ServiceAccount to read its values as",
        )
    if config.ignore_missing:
        yield _of_field(
            reviewed, "ignore_missing", "missing-secrets", "a missing key no longer refuses the object"
        )
    for name in references.names():
        if _ESCAPE.search(values[name].decode("utf-8", "replace")):
            yield Problem("escape", value_path(reviewed, name), f"key {name}: the reference stays text")


def _of_field(reviewed: Reviewed, field: str, rule: str, message: str) -> Problem:
    return Problem(rule, path_of(field, reviewed.annotations), message)


def _references(content: Any, path: YamlPath) -> Iterator[YamlPath]:
    if isinstance(content, str):
        if has_reference(content.encode("utf-8", "surrogatepass")):
            yield path
        return
    parts: Iterable[tuple[str | int, Any]] = ()
    if isinstance(content, Mapping):
        parts = content.items()
    elif isinstance(content, list):
        parts = enumerate(content)
    for step, part in parts:
        yield from _references(part, (*path, step))
