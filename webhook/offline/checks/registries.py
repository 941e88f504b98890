"""Registries that Bank-Vaults' webhook reads without further settings, and this one only with them."""

import ipaddress
import re
from collections.abc import Iterator

from vaultkube.problem import Problem
from vaultkube.wire.pods import PodSpec
from webhook.offline.operator_settings import Operator
from webhook.pods.plan import Plan
from webhook.registry.addresses import AddressPolicy
from webhook.registry.failures import RegistryFailure
from webhook.registry.mirrors import mirrored
from webhook.registry.reference import DEFAULT_PORTS, Host, parse_reference

_CLOUD = re.compile(r"\d{12}\.dkr[.-]ecr.*|[^.]+\.(azurecr\.(io|cn|us)|pkg\.dev)|([a-z]+\.)?gcr\.io")


def registry_differences(spec: PodSpec, plan: Plan, operator: Operator) -> Iterator[Problem]:
    """Yield a problem for each image whose entry point must be read, from a registry that needs one of the settings."""
    settings = operator.registry()
    policy = AddressPolicy(settings.private_hosts, settings.plain_http_hosts, settings.cluster_domain)
    has_pull_secret = bool(spec.get("imagePullSecrets") or operator.settings.default_pull_secret)
    for place, image in plan.images.items():
        try:
            reference = mirrored(parse_reference(image), settings.mirrors)
        except RegistryFailure:
            continue  # the pod is refused with this reason anyway
        path = ("spec", *place, "image")
        if _CLOUD.fullmatch(reference.host) and not has_pull_secret:
            message = f"the webhook has no credentials for {reference.host} unless the pod's ServiceAccount has a pull secret"
            yield Problem("cloud-registry", path, message)
        elif not _may_connect(policy, reference.api):
            yield Problem("private-registry", path, f"the webhook does not connect to {reference.host}")


def _may_connect(policy: AddressPolicy, host: Host) -> bool:
    """Return whether the webhook connects to the host, as far as its name tells."""
    port = DEFAULT_PORTS[policy.scheme(host)]
    try:
        return policy.allows(host, port, ipaddress.ip_address(host.name))
    except ValueError:
        return policy.allows_name(host, port)
