"""Annotations of the helper containers vault-agent and consul-template: contradictions, and values without effect.

https://bank-vaults.dev/docs/mutating-webhook/vault-agent-templating/
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vaultkube.problem import Problem
from webhook.config.annotation_table import Config

_AGENT_FIELDS = (
    "agent_once",
    "agent_share_processes",
    "agent_cpu",
    "agent_cpu_limit",
    "agent_cpu_request",
    "agent_memory",
    "agent_memory_limit",
    "agent_memory_request",
    "agent_variables",
    "agent_image",
    "agent_pull_policy",
)
_TEMPLATE_FIELDS = (
    "template_image",
    "template_pull_policy",
    "template_once",
    "template_in_init_containers",
    "template_share_processes",
    "template_cpu",
    "template_memory",
)
_SHARED_FIELDS = ("files_path", "template_files_path")
_SIDECAR_FIELDS = tuple(field for field in _AGENT_FIELDS if field not in ("agent_image", "agent_pull_policy"))
"""Fields for an agent beside the program; one that ends before the program starts does not use them."""
_NO_HELPERS = {"use_agent": False, "agent_configmap": "", "template_configmap": ""}


def writes_token(config: Config) -> bool:
    """Return whether an init container writes a token to /vault/.vault-token."""
    return not config.token_mount and bool(config.use_agent or config.template_configmap)


def has_agent_sidecar(config: Config) -> bool:
    """Return whether HashiCorp's agent runs in a container beside the program."""
    return bool(config.agent_configmap) and not (config.use_agent or config.template_configmap)


def files_path(config: Config) -> str:
    """Return the path at which the containers mount the files of a helper."""
    return config.files_path or config.template_files_path


def without_helpers(config: Config) -> Config:
    """Return the configuration of a pod without helpers."""
    return replace(config, **_NO_HELPERS)  # type: ignore[arg-type]


def two_families(config: Config) -> Iterator[Problem]:
    """Yield a problem for each annotation that requests a helper in a pod with HashiCorp's annotations."""
    for field in _NO_HELPERS:
        if field in config.annotated and getattr(config, field):
            message = (
                f"annotation {config.name_of(field)}: the pod has vault.hashicorp.com/agent-inject too, and either brings an "
                "agent: drop one of the two"
            )
            yield Problem("two-launchers", config.path_of(field), message)


def helper_problems(config: Config) -> Iterator[Problem]:
    """Yield a problem for annotations that request two helpers with one name, or a helper without an image."""
    if config.agent_configmap and config.template_configmap and not config.use_agent:
        message = (
            "annotation vault-agent-configmap: with vault-ct-configmap, the agent only logs in: add the annotation "
            'vault-agent: "true", or drop the ConfigMap'
        )
        yield Problem("helper", config.path_of("agent_configmap"), message)
    for configmap, image in (("agent_configmap", "agent_image"), ("template_configmap", "template_image")):
        if getattr(config, configmap) and not getattr(config, image):
            message = f"annotation {config.name_of(configmap)}: {config.name_of(image)} names no image"
            yield Problem("helper", config.path_of(image), message)


def helper_warnings(config: Config) -> Iterator[Problem]:
    """Yield a warning for each helper annotation without effect, and for an agent that would restart repeatedly."""
    yield from _token_warnings(config)
    yield from _agent_warnings(config)
    yield from _template_warnings(config)
    if not (config.agent_configmap or config.template_configmap):
        yield from _unused(
            config, _SHARED_FIELDS, "there is no vault-agent-configmap and no vault-ct-configmap"
        )
    elif config.files_path:
        yield from _unused(config, ("template_files_path",), "vault-configfile-path wins")


def _token_warnings(config: Config) -> Iterator[Problem]:
    if config.token_mount:
        fields = ("use_agent",) if has_agent_sidecar(config) else ("use_agent", "agent_configmap")
        yield from _unused(config, fields, "token-auth-mount brings the token")


def _agent_warnings(config: Config) -> Iterator[Problem]:
    if not config.agent_configmap:
        yield from _unused(config, _AGENT_FIELDS, "there is no vault-agent-configmap")
    elif not has_agent_sidecar(config):
        yield from _unused(config, _SIDECAR_FIELDS, "the agent ends before the program starts")
    elif config.agent_once:
        message = (
            "annotation vault-agent-once: the agent is a container beside the program, and is started again when it has ended "
            "unless the pod's restartPolicy says otherwise"
        )
        yield Problem("container", config.path_of("agent_once"), message)


def _template_warnings(config: Config) -> Iterator[Problem]:
    if not config.template_configmap:
        yield from _unused(config, _TEMPLATE_FIELDS, "there is no vault-ct-configmap")
    elif not config.template_once:
        why = "only with vault-ct-once are the files there before"
        yield from _unused(config, ("template_in_init_containers",), why)


def _unused(config: Config, fields: Iterable[str], why: str) -> Iterator[Problem]:
    for field in fields:
        if field in config.annotated and getattr(config, field):
            message = f"annotation {config.name_of(field)} has no effect: {why}"
            yield Problem("annotation-ignored", config.path_of(field), message)
