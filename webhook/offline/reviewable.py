"""The parts of a manifest that the webhook reviews, also in a List: pod templates, Secrets, ConfigMaps and others."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vaultkube.problem import FieldPath, Problem
from vaultkube.wire.objects import KubernetesObject
from webhook.config.annotation_keys import PREFIX, SUCCESSOR_PREFIX
from webhook.offline.lists import objects_in
from webhook.pods.facts import CONTAINER_LISTS

SKIP_LABEL = "security.banzaicloud.io/mutate"
"""The label with which an object opts out of the webhook."""

EXCEPT_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease", "vault-webhook")
NEVER_SENT = ("kubernetes.io/service-account-token", "helm.sh/release.v1", "bootstrap.kubernetes.io/token")
"""Types of Secrets that the webhook does not review; all as in webhook/commands/webhook-configuration.yaml."""

_LISTS = ("command", "args", "env", "envFrom", "volumeMounts")
_INDENTATION = "check the indentation of it and of what stands before"

_TEMPLATE: FieldPath = ("spec", "template")
_POD_TEMPLATES: Mapping[tuple[str, str], FieldPath] = {
    ("", "Pod"): (),
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("apps", "DaemonSet"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", *_TEMPLATE),
}
_RESOURCES = {("", "Secret"): "secrets", ("", "ConfigMap"): "configmaps"}
_KNOWN = frozenset([*_POD_TEMPLATES, *_RESOURCES])


@dataclass(frozen=True)
class ReviewableObject:
    """A part of a document that the webhook reviews when the part, or its pods, are created.

    `content` is the pod, Secret, ConfigMap or custom object, at `path` in the document. `name` is its own name, or that
    of the pods' owner, which is at `owner`.
    """

    resource: str
    path: FieldPath
    content: KubernetesObject
    kind: str
    namespace: str
    name: str
    owner: FieldPath = ()
    is_known_kind: bool = True

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def annotations(self) -> dict[str, str]:
        """Return the annotations whose values are text."""
        return _texts(self.content, "annotations")

    @property
    def sent(self) -> bool:
        """Return whether the API server sends the object to the webhook: the shipped configuration excludes some."""
        skipped = _texts(self.content, "labels").get(SKIP_LABEL) == "skip"
        if skipped or self.namespace in EXCEPT_NAMESPACES:
            return False
        if self.resource in ("configmaps", "objects"):
            return any(key.startswith((PREFIX, SUCCESSOR_PREFIX)) for key in self.annotations)
        return self.resource != "secrets" or self.content.get("type") not in NEVER_SENT


def find_untyped(reviewable: ReviewableObject) -> Iterator[Problem]:
    """Yield a problem for each value that must be text, or a list, and is not: the API server refuses the object.

    Numbers and booleans result from missing quotes in YAML, mappings and lists from wrong indentation. Only values that
    the webhook reads are checked.
    """
    for path in _malformed_lists(reviewable) if reviewable.resource == "pods" else ():
        yield Problem("not-list", path, "the API server takes only a list here: write each entry behind a -")
    for path, value in (
        _texts_of_pod(reviewable) if reviewable.resource == "pods" else _texts_of_object(reviewable)
    ):
        if isinstance(value, dict | list):
            kind = "a mapping" if isinstance(value, dict) else "a list"
            yield Problem(
                "not-text", path, f"the API server accepts only text here, and this is {kind}: {_INDENTATION}"
            )
        elif value is not None and not isinstance(value, str):
            yield Problem("not-text", path, "the API server accepts only text here: put the value in quotes")


def _malformed_lists(reviewable: ReviewableObject) -> Iterator[FieldPath]:
    """Yield the path of each field of a container that must be a list and is not."""
    for key in CONTAINER_LISTS:
        for index, container in enumerate(_list(reviewable.content, ("spec", key))):
            yield from (
                ("spec", key, index, field)
                for field in _LISTS
                if not isinstance(follow(container, (field,)), list | None)
            )


def _texts_of_object(reviewable: ReviewableObject) -> Iterator[tuple[FieldPath, object]]:
    for field in ("data", "stringData", "binaryData") if reviewable.resource != "objects" else ():
        yield from _entries(reviewable.content, (field,))
    yield from _texts_of_metadata(reviewable)


def _texts_of_metadata(reviewable: ReviewableObject) -> Iterator[tuple[FieldPath, object]]:
    for field in ("name", "namespace", "generateName"):
        yield ("metadata", field), follow(reviewable.content, ("metadata", field))
    yield from _entries(reviewable.content, ("metadata", "annotations"))
    yield from _entries(reviewable.content, ("metadata", "labels"))


def _texts_of_pod(reviewable: ReviewableObject) -> Iterator[tuple[FieldPath, object]]:
    yield from _texts_of_metadata(reviewable)
    for key in CONTAINER_LISTS:
        for index, container in enumerate(_list(reviewable.content, ("spec", key))):
            place: FieldPath = ("spec", key, index)
            yield (*place, "image"), follow(container, ("image",))
            for words in ("command", "args"):
                yield from (
                    ((*place, words, number), word) for number, word in enumerate(_list(container, (words,)))
                )
            for number, entry in enumerate(_list(container, ("env",))):
                yield from (
                    ((*place, "env", number, field), follow(entry, (field,))) for field in ("name", "value")
                )


def _entries(content: object, path: FieldPath) -> Iterator[tuple[FieldPath, object]]:
    found = follow(content, path)
    return (((*path, key), value) for key, value in (found.items() if isinstance(found, dict) else ()))


def _list(content: object, path: FieldPath) -> list[object]:
    found = follow(content, path)
    return found if isinstance(found, list) else []


def find_objects(
    content: object, namespace: str, custom_kinds: Collection[str] = ()
) -> Iterator[ReviewableObject]:
    """Yield the parts that the webhook reviews; `namespace` is that of objects that name none.

    `custom_kinds` are those that the operator has registered, each RESOURCE.GROUP.
    """
    for path, each in objects_in(content):
        found = _reviewable(path, each, namespace, custom_kinds)
        if found:
            yield found


def _reviewable(
    path: FieldPath, content: Mapping[str, object], namespace: str, custom_kinds: Collection[str]
) -> ReviewableObject | None:
    kind, group = str(content.get("kind") or ""), _group(content)
    inner = _POD_TEMPLATES.get((group, kind), _TEMPLATE if _has_pods(content) else None)
    resource = _RESOURCES.get((group, kind)) if inner is None else "pods"
    if resource is None and any(f"{name}.{group}" in custom_kinds for name in _resource_names(kind)):
        resource = "objects"
    part: KubernetesObject | None = follow(content, inner or ())
    if not resource or not isinstance(part, dict):
        return None
    metadata = content.get("metadata")
    own = metadata if isinstance(metadata, dict) else {}
    return ReviewableObject(
        resource,
        (*path, *(inner or ())),
        part,
        kind,
        namespace=str(own.get("namespace") or namespace),
        name=str(own.get("name") or own.get("generateName") or ""),
        owner=path,
        is_known_kind=(group, kind) in _KNOWN,
    )


def _resource_names(kind: str) -> tuple[str, ...]:
    """Return the possible names of a kind's resource: singular, and plural by English rules, as in kubectl."""
    name = kind.lower()
    return name, f"{name}s", f"{name}es", f"{name[:-1]}ies"


def _has_pods(content: Mapping[str, object]) -> bool:
    """Return whether a kind outside the table has a pod template, like Rollouts and Knative's Services."""
    return isinstance(follow(content, (*_TEMPLATE, "spec", "containers")), list)


def follow(content: Any, path: FieldPath) -> Any:
    """Return the part at `path`, or None."""
    for step in path:
        if isinstance(content, dict):
            content = content.get(step)
        elif isinstance(content, list) and isinstance(step, int) and step < len(content):
            content = content[step]
        else:
            return None
    return content


def replace_part(content: Any, path: FieldPath, part: Any) -> Any:
    """Return `content` with another `part` at `path`; the rest is shared."""
    if not path:
        return part
    step, *rest = path
    new = replace_part(content[step], tuple(rest), part)
    if isinstance(content, list):
        return [new if index == step else item for index, item in enumerate(content)]
    return {**content, step: new}


def _group(content: Mapping[str, object]) -> str:
    group, slash, _ = str(content.get("apiVersion") or "").partition("/")
    return group if slash else ""


def _texts(content: Mapping[str, object], key: str) -> dict[str, str]:
    found = follow(content, ("metadata", key))
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: text for name, text in pairs if isinstance(text, str)}
