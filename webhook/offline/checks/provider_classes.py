"""SecretProviderClasses of provider vault: problems for `vault-webhook csi-provider`, and differences of it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from vaultkube.policy.paths import PathPolicy, RequestedPath, foreign_namespace
from vaultkube.problem import FieldPath, Problem
from vaultkube.provider_class.object_table import READS
from vaultkube.provider_class.objects import OBJECTS, SecretObject, unknown
from vaultkube.provider_class.parameters import PARAMETERS, ClassParameters, parse_class
from webhook.offline.lists import objects_in
from webhook.offline.reviewable import follow

_GROUP, _KIND = "secrets-store.csi.x-k8s.io", "SecretProviderClass"
_SECRETS: FieldPath = ("spec", "secretObjects")


class ProviderClass(NamedTuple):
    """A SecretProviderClass of provider vault, at `path` in a document."""

    path: FieldPath
    namespace: str
    name: str
    parameters: Mapping[str, Any]
    secrets: Any
    """`secretObjects`, from which the driver makes Secrets."""

    def __str__(self) -> str:
        return f"{_KIND} {self.namespace}/{self.name}"


def find_classes(content: Any, namespace: str) -> Iterator[ProviderClass]:
    """Yield the classes of a document, also in a List; `namespace` is that of classes that name none."""
    for path, each in objects_in(content):
        is_class = each.get("kind") == _KIND and str(each.get("apiVersion")).startswith(f"{_GROUP}/")
        if not is_class or follow(each, ("spec", "provider")) != "vault":
            continue
        parameters = follow(each, PARAMETERS)
        name, own = (follow(each, ("metadata", key)) for key in ("name", "namespace"))
        found = parameters if isinstance(parameters, dict) else {}
        secrets = follow(each, _SECRETS)
        yield ProviderClass(path, str(own or namespace), str(name or ""), found, secrets)


def class_problems(found: ProviderClass, policy: PathPolicy, *, migration: bool) -> Iterator[Problem]:
    """Yield the problems of the class; with `migration`, also its differences from vault-csi-provider."""
    texts = {name: value for name, value in found.parameters.items() if isinstance(value, str)}
    for name, value in found.parameters.items():
        if value is not None and not isinstance(value, str):
            yield Problem(
                "not-text",
                (*PARAMETERS, name),
                "the API server accepts only text here: put the value in quotes, or behind |",
            )
            texts[name] = _PLACEHOLDERS.get(name, "")
    parameters, problems = parse_class(texts)
    yield from (problem for problem in problems if problem.path[: len(PARAMETERS) + 1] not in _untyped(found))
    yield from policy.violations(requested_paths(parameters), found.namespace)
    yield from _secrets(found.secrets, [each.name for each in parameters.objects if each.name])
    if migration:
        yield from _differences(parameters.objects)


def _secrets(secrets: Any, files: list[str]) -> Iterator[Problem]:
    """Yield a problem for each key of a Secret that is to be made from a file that the class does not have."""
    for number, secret in enumerate(secrets if files and isinstance(secrets, list) else ()):
        entries = follow(secret, ("data",))
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            name = follow(entry, ("objectName",))
            if isinstance(name, str) and name not in files:
                path: FieldPath = (*_SECRETS, number, "data", index, "objectName")
                where = f"secretObjects[{number}].data[{index}].objectName"
                yield Problem(
                    "csi-secret", path, f"{where}: {unknown(name, files, 'an objectName of objects')}"
                )


_PLACEHOLDERS = {"roleName": "role"}
"""Replacements for values that are not text, so that no other problem is reported for them."""


def _untyped(found: ProviderClass) -> set[FieldPath]:
    return {(*PARAMETERS, name) for name, value in found.parameters.items() if not isinstance(value, str)}


def requested_paths(parameters: ClassParameters) -> Iterator[RequestedPath]:
    """Yield the path of each object of a class."""
    namespace = foreign_namespace(parameters.vault_namespace or "", "")
    for number, secret_object in enumerate(parameters.objects):
        if secret_object.path:
            yield RequestedPath(
                (*OBJECTS, number, "secretPath"), f"objects[{number}]", secret_object.request.path, namespace
            )


def _differences(objects: tuple[SecretObject, ...]) -> Iterator[Problem]:
    arguments: dict[tuple[str, str], str] = {}
    for number, secret_object in enumerate(objects):
        path: FieldPath = (*OBJECTS, number)
        if not secret_object.path:
            continue
        if not secret_object.key:
            yield Problem(
                "csi-whole-answer", path, f"objects[{number}]: request_id is empty in {secret_object.name}"
            )
        if secret_object.request.method not in READS:
            yield Problem(
                "csi-kept", (*path, "method"), f"objects[{number}]: the answer is cached between mounts"
            )
        known = arguments.setdefault((secret_object.path, secret_object.method), secret_object.arguments)
        if known != secret_object.arguments:
            yield Problem(
                "csi-arguments", (*path, "secretArgs"), f"objects[{number}] has an answer of its own"
            )
