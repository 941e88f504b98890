"""The containers of an agent that writes files: an init container, a container beside the program, or a native sidecar.

Names, volumes and paths are those of HashiCorp's injector (vault-k8s 1.7), so that tools and people find them.
https://developer.hashicorp.com/vault/docs/deploy/kubernetes/injector
"""

from vaultkube.documents.quantity import fitting
from vaultkube.wire.containers import (
    Container,
    Probe,
    ResourceRequirements,
    SecurityContext,
    VolumeMount,
)
from vaultkube.wire.pods import PodSpec, Volume
from webhook.config.hashicorp.file_mode import FileMode
from webhook.config.hashicorp.table import AGENT_ANNOTATIONS, AMOUNTS, AgentConfig
from webhook.config.sidecar import LIVENESS, READINESS
from webhook.pods import launcher
from webhook.pods.agent_account import account_volumes, agent_mounts
from webhook.pods.agent_program import CACHE_PATH, CONFIG_PATH, HOME_PATH, hashicorps_program, own_program
from webhook.pods.agent_role import Agent, Role
from webhook.pods.agent_user import agent_user, has_security_context
from webhook.pods.facts import find_containers
from webhook.pods.launcher import IN_IMAGE
from webhook.pods.resources import is_guaranteed

INIT_AGENT, AGENT = "vault-agent-init", "vault-agent"
SECRETS_VOLUME = "vault-secrets"
_INIT_HOME, _HOME = "home-init", "home-sidecar"
_HOMES = {_INIT_HOME, _HOME}
_CACHE_VOLUME = "vault-agent-cache"
_CONFIG_VOLUME = "vault-config"
_COMMANDS = [role.command for role in Role]
_EXTRA_VOLUME, _EXTRA_PATH = "extra-secrets", "/vault/custom"
_TLS_VOLUME, _TLS_PATH = "vault-tls-secrets", "/vault/tls"
_SECRETS_SIZE, _HOME_SIZE = "64Mi", "4Mi"
_HASHICORPS = {"requests_cpu": "250m", "requests_memory": "64Mi"}
"""The requests that the injector sets, for HashiCorp's own program."""
_OURS = {row.field: row.default for row in AGENT_ANNOTATIONS if row.field in _HASHICORPS}
_PROBE_FIELDS = {READINESS: "readinessProbe", LIVENESS: "livenessProbe"}
_STATUS = {READINESS: "ready", LIVENESS: "live"}
_TIMEOUT_S = 5
_PERIOD_S = 10
_START_PERIOD_S = 1
_START_ATTEMPTS = 600


def is_agent(container: Container) -> bool:
    """Return whether the container is an agent's: this webhook's, or that of HashiCorp's injector.

    A JSON Patch may have changed its name; its home volume remains then.
    """
    homes = {mount.get("name") for mount in container.get("volumeMounts") or ()} & _HOMES
    if not (homes or container.get("name") in (AGENT, INIT_AGENT)):
        return False
    command = container.get("command") or [""]
    script = " ".join(map(str, container.get("args") or ()))
    return command in _COMMANDS or (command[0].rpartition("/")[2] == "sh" and "vault agent" in script)


def agent_container(agent: Agent, role: Role) -> Container:
    """Return the container for the agent's role."""
    mode = agent.mode
    program = hashicorps_program(agent, role) if mode.agent.configmap else own_program(agent, role)
    container: Container = {
        "name": INIT_AGENT if role is Role.INIT else AGENT,
        **program,
        "volumeMounts": role_mounts(agent, role),
        **_resources(mode.agent, agent.pod_spec),
    }
    if role is Role.NATIVE:
        container["restartPolicy"] = "Always"
        if mode.agent.pre_populate:
            container["startupProbe"] = _start_probe()
    if role is not Role.INIT and not mode.agent.configmap:
        for probe in mode.probes:
            container[_PROBE_FIELDS[probe]] = _probe(_STATUS[probe])  # type: ignore[literal-required]
    context = _security_context(mode.agent, agent.pod_spec)
    if context:
        container["securityContext"] = context
    return container


def agent_volumes(agent: Agent) -> list[Volume]:
    """Return the volumes of the agent, in the injector's order; volumes in memory have a size limit."""
    mode = agent.mode
    added = [launcher.memory_volume(_home_volume(role), _HOME_SIZE) for role in agent.roles]
    added += [launcher.memory_volume(name, _SECRETS_SIZE) for name, _ in secret_places(mode)]
    if mode.agent.extra_secret:
        added.append({"name": _EXTRA_VOLUME, "secret": {"secretName": mode.agent.extra_secret}})
    if mode.tls_secret:
        added.append({"name": _TLS_VOLUME, "secret": {"secretName": mode.tls_secret}})
    if agent.has_shared_cache:
        added.append(launcher.memory_volume(_CACHE_VOLUME, _HOME_SIZE))
    if mode.agent.configmap:
        added.append({"name": _CONFIG_VOLUME, "configMap": {"name": mode.agent.configmap}})
    config = agent.launcher.config
    return [*added, *launcher.login_volumes(config), *account_volumes(config, mode, agent.pod_spec)]


def secret_places(mode: FileMode) -> list[tuple[str, str]]:
    """Return the name and the mount path of each volume with files."""
    names = (SECRETS_VOLUME, *(f"{SECRETS_VOLUME}-custom-{index}" for index in range(len(mode.volume_paths))))
    return list(zip(names, mode.volume_paths, strict=False))


def role_mounts(agent: Agent, role: Role) -> list[VolumeMount]:
    """Return the volume mounts of the container for the agent's role."""
    mode = agent.mode
    mounts: list[VolumeMount] = [{"name": _home_volume(role), "mountPath": HOME_PATH}]
    mounts += [{"name": name, "mountPath": path} for name, path in secret_places(mode)]
    if mode.agent.extra_secret:
        mounts.append({"name": _EXTRA_VOLUME, "mountPath": _EXTRA_PATH, "readOnly": True})
    if mode.tls_secret:
        mounts.append({"name": _TLS_VOLUME, "mountPath": _TLS_PATH, "readOnly": True})
    if agent.has_shared_cache:
        mounts.append({"name": _CACHE_VOLUME, "mountPath": CACHE_PATH})
    if mode.agent.configmap:
        mounts.append({"name": _CONFIG_VOLUME, "mountPath": CONFIG_PATH, "readOnly": True})
    mounts += launcher.login_mounts(agent.launcher.config)
    return mounts + agent_mounts(agent.launcher.config, mode, agent.pod_spec, mounts)


def _home_volume(role: Role) -> str:
    return _INIT_HOME if role is Role.INIT else _HOME


def _resources(agent: AgentConfig, pod_spec: PodSpec) -> Container:
    """Return `resources` of the agent.

    Of a request above the limit, the one without annotation gives way. A request without annotation equals the limit in a
    pod of class Guaranteed.
    """
    is_equal = is_guaranteed(pod_spec, (container for _, container in find_containers(pod_spec)))
    limits: dict[str, str] = {}
    requests: dict[str, str] = {}
    for name, limit_field, request_field in AMOUNTS:
        limit, request = getattr(agent, limit_field), getattr(agent, request_field)
        if agent.configmap and request_field not in agent.annotated and request == _OURS.get(request_field):
            request = _HASHICORPS.get(request_field)
        is_annotated = (request_field in agent.annotated, limit_field in agent.annotated)
        if limit and request and is_equal and not is_annotated[0]:
            request = limit
        elif limit and request:
            request, limit = fitting(request, limit, is_set=is_annotated)
        limits |= {name: limit} if limit else {}
        requests |= {name: request} if request else {}
    found: ResourceRequirements = {}
    if limits:
        found["limits"] = limits
    if requests:
        found["requests"] = requests
    return {"resources": found} if found else {}


def _probe(status: str) -> Probe:
    return {
        "exec": {"command": [IN_IMAGE, "--agent-status", status]},
        "periodSeconds": _PERIOD_S,
        "timeoutSeconds": _TIMEOUT_S,
    }


def _start_probe() -> Probe:
    """Return the probe that delays the program's start until the files are written."""
    return {
        **_probe(_STATUS[READINESS]),
        "periodSeconds": _START_PERIOD_S,
        "failureThreshold": _START_ATTEMPTS,
    }


def _security_context(agent: AgentConfig, pod_spec: PodSpec) -> SecurityContext | None:
    """Return a security context that PodSecurity `restricted` admits, unless the annotations request root."""
    if not has_security_context(agent):
        return None
    user, group = agent_user(agent, pod_spec)
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsGroup": group,
        "runAsNonRoot": user != 0,
        "runAsUser": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
