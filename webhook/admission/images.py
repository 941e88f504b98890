"""The images whose entry point a pod's launcher needs, and the pull secrets for reading them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from vaultkube.errors import Refused
from vaultkube.wire.containers import Container
from vaultkube.wire.pods import PodSpec
from webhook.admission.needs import AccountPullSecrets, ImageConfigs, PullSecrets, Steps
from webhook.pods.facts import Place
from webhook.pods.nodes import pinned_architectures
from webhook.pods.plan import Plan
from webhook.registry.query import ImageConfig, ImageQuery, PullSecret

_DEFAULT_SERVICE_ACCOUNT = "default"


@dataclass(frozen=True)
class OperatorPullSecrets:
    """Pull secrets of the operator, which are tried after a pod's own.

    They are given by namespace and name, and as those of a ServiceAccount, if `account` names one.
    """

    names: tuple[tuple[str, str], ...]
    account_namespace: str
    account: str


class Images(NamedTuple):
    """The configuration of each image by its name, and the reason of each precaution whose image cannot be read."""

    configs: Mapping[str, ImageConfig]
    unread: Mapping[Place, str] = MappingProxyType({})


def find_images(
    spec: PodSpec, namespace: str, plan: Plan, skip_verify: bool, operators: OperatorPullSecrets
) -> Steps[Images]:
    """Return the images of the plan; ImageNotRead names every container without one, but no pod is refused for a precaution."""
    if not plan.images:
        return Images({})
    sure = {place: image for place, image in plan.images.items() if place not in plan.precautions}
    late = {place: image for place, image in sorted(plan.images.items()) if place not in sure}
    configs: Mapping[str, ImageConfig] = {}
    try:
        query = yield from _query(spec, namespace, skip_verify, operators)
        if sure:
            configs = yield ImageConfigs(_queries(query, spec, sure))
        if late:
            configs = {**configs, **(yield ImageConfigs(_queries(query, spec, late)))}
    except Refused as refusal:
        if sure and not configs:
            raise
        return Images(configs, dict.fromkeys(late, str(refusal)))
    return Images(configs)


def _query(
    spec: PodSpec, namespace: str, skip_verify: bool, operators: OperatorPullSecrets
) -> Steps[ImageQuery]:
    """Return what the queries for all images of the pod have in common."""
    named = yield from _pod_pull_secrets(spec, namespace)
    secrets = yield PullSecrets(tuple(named))
    defaults = yield PullSecrets((yield from _default_pull_secrets(operators)))
    return ImageQuery(
        image="",
        pull_secrets=secrets,
        architectures=pinned_architectures(spec),
        skip_verify=skip_verify,
        default_secrets=defaults,
        namespace=namespace,
        missing_secrets=_missing(named, secrets),
    )


def _queries(query: ImageQuery, spec: PodSpec, images: Mapping[Place, str]) -> dict[str, ImageQuery]:
    """Return the query for each of these images, by container."""
    return {
        str(container.get("name")): replace(
            query, image=image, pull_policy=container.get("imagePullPolicy") or ""
        )
        for container, image in _read_from_images(spec, images)
    }


def find_digests(spec: PodSpec, plan: Plan, images: Mapping[str, ImageConfig]) -> dict[str, str]:
    """Return the digest of each image whose entry point was read, by container."""
    digests = {
        str(container.get("name")): images[image].digest
        for container, image in _read_from_images(spec, plan.images)
    }
    return {name: digest for name, digest in digests.items() if digest}


def image_warnings(images: Mapping[str, ImageConfig]) -> list[str]:
    """Return the registry client's warnings, each with its image."""
    return [f"image {image}: {warning}" for image, config in images.items() for warning in config.warnings]


def _read_from_images(spec: PodSpec, images: Mapping[Place, str]) -> Iterator[tuple[Container, str]]:
    """Yield each container whose command is the image's own, with the image."""
    return ((spec[key][index], image) for (key, index), image in images.items())


def _pod_pull_secrets(spec: PodSpec, namespace: str) -> Steps[list[tuple[str, str]]]:
    """Return namespace and name of the pod's pull secrets; those of its ServiceAccount if the pod has none."""
    own = [(namespace, entry["name"]) for entry in spec.get("imagePullSecrets") or () if entry.get("name")]
    account = spec.get("serviceAccountName") or _DEFAULT_SERVICE_ACCOUNT
    return own or (yield AccountPullSecrets(namespace, account))


def _default_pull_secrets(operators: OperatorPullSecrets) -> Steps[tuple[tuple[str, str], ...]]:
    if not operators.account:
        return operators.names
    more = yield AccountPullSecrets(operators.account_namespace, operators.account)
    return (*operators.names, *more)


def _missing(named: Sequence[tuple[str, str]], found: Sequence[PullSecret]) -> tuple[str, ...]:
    found_names = {secret.name for secret in found}
    return tuple(dict.fromkeys(name for _, name in named if name not in found_names))
