"""Differences for a manifest that works with Bank-Vaults.

That webhook: https://bank-vaults.dev/docs/mutating-webhook/annotations/ and its source at v1.23.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from vaultkube import value_types
from vaultkube.problem import Problem
from webhook.config.annotation_keys import annotation_path
from webhook.config.annotations import ANNOTATIONS, Config
from webhook.config.helpers import writes_token
from webhook.objects.paths import value_path
from webhook.objects.references import References
from webhook.offline.checks.registries import registry_differences
from webhook.offline.operator_settings import Operator
from webhook.offline.reviewable import ReviewableObject
from webhook.pods.plan import Plan

_ESCAPE = re.compile(r"\\\$\{(>>)?vault:")
_NUMBER = re.compile(r"\d+(\.\d+)?")
_SKIP_LABEL = "security.bank-vaults.io/mutate"
_WITH_OWN_RULE = frozenset(["client_timeout_s", "delay_s"])


def pod_migration(
    reviewable: ReviewableObject, operator: Operator, config: Config, plan: Plan
) -> Iterator[Problem]:
    """Yield the differences for a pod that works with Bank-Vaults; `plan` is this webhook's plan for it."""
    yield from _common(reviewable, operator, config)
    yield from _helpers(config, plan)
    if not plan.wrapped:
        return
    spec = reviewable.content["spec"]
    yield Problem("init-container", ("spec",), "the init container and the launcher's volume are stricter")
    yield from registry_differences(spec, plan, operator)
    if config.from_path and any(container.get("env") for container in spec.get("containers") or ()):
        message = "a variable of the container wins over a key of the same name"
        yield Problem("precedence", config.path_of("from_path"), message)
    if config.daemon:
        message = "the launcher's variables are removed"
        yield Problem("daemon-environment", config.path_of("daemon"), message)
    if config.token_mount:
        message = f"the file is /vault-token/{config.token_mount[1]}"
        yield Problem("token-mount", config.path_of("token_mount"), message)
    if config.registry_skip_verify and "registry_skip_verify" in config.annotated:
        message = "ignored unless the operator allows it"
        yield Problem("registry-verify", config.path_of("registry_skip_verify"), message)
    for key, index in plan.wrapped:
        for position, entry in enumerate(spec[key][index].get("env") or ()):
            if _ESCAPE.search(str(entry.get("value") or "")):
                path = ("spec", key, index, "env", position, "value")
                yield Problem("escape", path, f"variable {entry.get('name')}: the reference stays text")


def _helpers(config: Config, plan: Plan) -> Iterator[Problem]:
    field = "use_agent" if config.use_agent else "template_configmap"
    if (
        writes_token(config)
        and not config.agent_configmap
        and (plan.logging_in() or config.template_configmap)
    ):
        yield Problem("agent-login", config.path_of(field), "the token comes from vault-env")
    if config.run_as_non_root:
        for field in ("agent_configmap", "template_configmap"):
            if getattr(config, field):
                yield Problem("helper-user", config.path_of(field), "the program does not begin as root")


def object_migration(
    reviewable: ReviewableObject,
    operator: Operator,
    config: Config,
    references: References,
    values: Mapping[str, bytes],
) -> Iterator[Problem]:
    """Yield the differences for a Secret or ConfigMap that works with Bank-Vaults."""
    yield from _common(reviewable, operator, config)
    if not references:
        return
    if reviewable.resource == "configmaps" and not reviewable.sent:
        yield Problem("config-map-annotation", ("metadata",), "its references stay as they are")
    elif not config.service_account:
        message = "there is no ServiceAccount to read its values as"
        yield Problem("identity-of-webhook", ("metadata", "annotations"), message)
    if config.ignore_missing:
        message = "a missing key no longer refuses the object"
        yield Problem("missing-secrets", config.path_of("ignore_missing"), message)
    for name in references.names():
        if _ESCAPE.search(values[name].decode("utf-8", "replace")):
            path = value_path(reviewable.content, name)
            yield Problem("escape", path, f"key {name}: the reference stays text")


def _common(reviewable: ReviewableObject, operator: Operator, config: Config) -> Iterator[Problem]:
    yield from _fallbacks(reviewable)
    yield from _skip_label(reviewable)
    if "address" in config.annotated and not operator.known:
        message = f"{config.address} must be the operator's address or on the list"
        yield Problem("address-list", config.path_of("address"), message)


def _fallbacks(reviewable: ReviewableObject) -> Iterator[Problem]:
    for row in ANNOTATIONS:
        for key in row.full_keys():
            text = reviewable.annotations.get(key)
            if text is None:
                continue
            path = annotation_path(key)
            if row.field in _WITH_OWN_RULE and _NUMBER.fullmatch(text):
                yield Problem("bare-number", path, f"{key}: {text!r} is {text} seconds here")
            elif not _accepted(row.type.parse, text):
                is_boolean = row.type is value_types.BOOLEAN
                yield Problem(
                    "was-false" if is_boolean else "was-ignored", path, f"{key}: {text!r} is refused here"
                )


def _accepted(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _skip_label(reviewable: ReviewableObject) -> Iterator[Problem]:
    labels = (reviewable.content.get("metadata") or {}).get("labels") or {}
    if labels.get(_SKIP_LABEL) == "skip":
        yield Problem("skip-label", ("metadata", "labels", _SKIP_LABEL), "the webhook looks at this object")
