"""The volumes of Bank-Vaults' helpers, named as by its webhook: their files, their ConfigMaps, an account token."""

from vaultkube.value_types import TOKEN_METHODS
from vaultkube.wire.containers import VolumeMount
from vaultkube.wire.pods import KeyToPath, PodSpec, Volume
from webhook.config.annotations import Config
from webhook.config.delivery import Delivery
from webhook.config.helpers import has_agent_sidecar, writes_token
from webhook.pods import launcher
from webhook.pods.agent_account import TOKEN_VOLUME, token_volume
from webhook.pods.facts import find_containers

AGENT_LOGIN_CONFIG = "vault-agent-config"
AGENT_SECRETS, AGENT_CONFIG = "agent-secrets", "agent-configmap"
TEMPLATE_SECRETS, TEMPLATE_CONFIG = "ct-secrets", "ct-configmap"
CONFIG_FILE = "config.hcl"
_SECRETS_SIZE = "64Mi"


def helper_volumes(config: Config, pod_spec: PodSpec) -> list[Volume]:
    """Return the volumes of helpers, and the launcher's, which is in memory, as the token is written to it too."""
    volumes = [launcher.launcher_volume(config, Delivery.INIT)]
    logs_in = writes_token(config)
    if logs_in and config.agent_configmap:
        volumes.append({"name": AGENT_LOGIN_CONFIG, "configMap": {"name": config.agent_configmap}})
    if config.template_configmap:
        volumes.append(launcher.memory_volume(TEMPLATE_SECRETS, _SECRETS_SIZE))
        volumes.append(_config(TEMPLATE_CONFIG, config.template_configmap))
    elif config.agent_configmap:
        volumes.append(launcher.memory_volume(AGENT_SECRETS, _SECRETS_SIZE))
    if has_agent_sidecar(config):
        volumes.append(_config(AGENT_CONFIG, config.agent_configmap))
    if (logs_in or has_agent_sidecar(config)) and _lacks_account(config, pod_spec):
        volumes.append(token_volume())
    return [*volumes, *launcher.login_volumes(config)]


def account_mount_of(config: Config, pod_spec: PodSpec) -> list[VolumeMount]:
    """Return the mount of a ServiceAccount token, as a container of the pod has it, for a login that uses one."""
    if not _needs_account(config):
        return []
    mount = _find_account_mount(config, pod_spec)
    name = mount["name"] if mount else TOKEN_VOLUME
    return [{"name": name, "mountPath": config.account_path, "readOnly": True}]


def _needs_account(config: Config) -> bool:
    """Return whether the login uses the token; the login in a ConfigMap may do so."""
    if config.agent_configmap:
        return True
    return config.auth_method in TOKEN_METHODS and not (config.jwt_file or config.token_audience)


def _lacks_account(config: Config, pod_spec: PodSpec) -> bool:
    return _needs_account(config) and _find_account_mount(config, pod_spec) is None


def _find_account_mount(config: Config, pod_spec: PodSpec) -> VolumeMount | None:
    for _, container in find_containers(pod_spec):
        for mount in container.get("volumeMounts") or ():
            if (mount.get("mountPath") or "").rstrip("/") == config.account_path:
                return mount
    return None


def _config(name: str, config_map: str) -> Volume:
    items: list[KeyToPath] = [{"key": CONFIG_FILE, "path": CONFIG_FILE}]
    return {"name": name, "configMap": {"name": config_map, "items": items, "defaultMode": 0o644}}
