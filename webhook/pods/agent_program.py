"""The programs of an agent's container: the launcher, or HashiCorp's own with a ConfigMap of the pod's author.

HashiCorp's program has the image, command and variables that vault-k8s 1.7 sets.
"""

from collections.abc import Mapping

from vaultkube.expansion import double_dollars
from vaultkube.wire.containers import Container, EnvVar
from webhook.config.hashicorp.file_mode import FileMode
from webhook.pods.agent_role import Agent, Role
from webhook.pods.cloud_identity import identity_variables

HOME_PATH = "/home/vault"
CACHE_PATH = "/vault/agent-cache"
CONFIG_PATH = "/vault/configs"
_SHARED_HANDOVER, _OWN_HANDOVER = f"{CACHE_PATH}/leases", f"{HOME_PATH}/.vault-env-leases"
"""The file with the login and the leases: for the next agent of the pod, or for the same one after a restart."""
AGENT_VARIABLE = "VAULT_ENV_AGENT"
_HOST_IP = "HOST_IP"
_FIELD_PATHS = {"NAMESPACE": "metadata.namespace", _HOST_IP: "status.hostIP", "POD_IP": "status.podIP"}
"""Variables that the injector sets for its agent, and that templates read with `env`."""
_HASHICORP_VARIABLES = (
    "VAULT_CLIENT_TIMEOUT",
    "VAULT_MAX_RETRIES",
    "VAULT_ADDR",
    "VAULT_CACERT",
    "VAULT_CAPATH",
    "VAULT_CLIENT_CERT",
    "VAULT_CLIENT_KEY",
    "VAULT_SKIP_VERIFY",
    "VAULT_TLS_SERVER_NAME",
    "VAULT_CACERT_BYTES",
)


def own_program(agent: Agent, role: Role) -> Container:
    """Return the image, command, variables and hook of a container with the launcher as the agent."""
    config, annotated = agent.launcher.config, agent.mode.agent
    handover = _SHARED_HANDOVER if agent.has_shared_cache else _OWN_HANDOVER
    text = agent.mode.text(stays=role is not Role.INIT, handover=handover)
    variables = {**agent.launcher.variables(""), AGENT_VARIABLE: double_dollars(text)}
    program: Container = {
        "image": config.launcher_image,
        "imagePullPolicy": config.launcher_pull_policy,
        "command": role.command,
        "env": _env(_own_fields(agent.mode), variables, agent),
    }
    if role is Role.SIDECAR and annotated.revoke_on_shutdown and annotated.revoke_grace_s:
        program["lifecycle"] = {"preStop": {"sleep": {"seconds": annotated.revoke_grace_s}}}
    return program


def _own_fields(mode: FileMode) -> dict[str, str]:
    """Return the variables for templates, without HOST_IP if none needs it.

    With it, no container starts on a node without an address, such as one that a cloud's own controller has yet to set.
    """
    needs_host = any(file.template_file or _HOST_IP in file.source.template for file in mode.files)
    return {name: path for name, path in _FIELD_PATHS.items() if needs_host or name != _HOST_IP}


def hashicorps_program(agent: Agent, role: Role) -> Container:
    """Return the image, command, variables and hook of a container with `vault agent`; its image has a shell."""
    annotated = agent.mode.agent
    file = "config-init.hcl" if role is Role.INIT else "config.hcl"
    program: Container = {
        "image": annotated.image,
        "command": ["/bin/sh", "-ec"],
        "args": [f"touch {HOME_PATH}/.vault-token && vault agent -config={CONFIG_PATH}/{file}"],
        "env": _env(_FIELD_PATHS, _hashicorps_variables(agent), agent),
    }
    if role is not Role.INIT and annotated.revoke_on_shutdown:
        script = f"/bin/sleep {annotated.revoke_grace_s} && /bin/vault token revoke -self"
        program["lifecycle"] = {"preStop": {"exec": {"command": ["/bin/sh", "-c", script]}}}
    return program


def _hashicorps_variables(agent: Agent) -> dict[str, str]:
    annotated, ours = agent.mode.agent, agent.launcher.variables("")
    variables = {} if annotated.go_max_procs is None else {"GOMAXPROCS": str(annotated.go_max_procs)}
    variables |= {"VAULT_LOG_LEVEL": annotated.log_level, "VAULT_LOG_FORMAT": annotated.log_format}
    if annotated.proxy_address:
        variables["HTTPS_PROXY"] = double_dollars(annotated.proxy_address)
    return variables | {name: ours[name] for name in _HASHICORP_VARIABLES if name in ours}


def _env(field_paths: Mapping[str, str], variables: Mapping[str, str], agent: Agent) -> list[EnvVar]:
    fields: list[EnvVar] = [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in field_paths.items()
    ]
    texts: list[EnvVar] = [{"name": name, "value": value} for name, value in variables.items()]
    identity = identity_variables(agent.launcher.config, agent.pod_spec)
    return fields + [entry for entry in identity if entry["name"] not in variables] + texts
