"""The login of exec mode and of an agent, from HashiCorp's annotations: fields of `Config` and launcher variables."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from vaultenv.errors import InvalidSetting
from vaultkube.problem import FieldPath, Problem
from webhook.config.annotation_table import ANNOTATIONS, CA_FILES
from webhook.config.annotations import check_start
from webhook.config.hashicorp.annotations import agent_key, agent_path
from webhook.config.hashicorp.auth import KUBERNETES, METHODS, OPERATORS_MOUNT, SUPPORTED, AuthMethod
from webhook.config.hashicorp.table import AGENT_ANNOTATIONS, AgentConfig

_TLS_FOLDER, _CUSTOM_FOLDER = "/vault/tls/", "/vault/custom/"
"""Folders where HashiCorp's agent mounts the Secrets `tls-secret` and `agent-extra-secret`."""
_TLS_KEY = re.compile(r"(?!\.\.?$)[-._a-zA-Z0-9]{1,253}")
_CERTIFICATES = {
    "ca_cert": "VAULT_CACERT",
    "client_cert": "VAULT_CLIENT_CERT",
    "client_key": "VAULT_CLIENT_KEY",
}
_CA = _CERTIFICATES["ca_cert"]
_CA_DIRECTORY = "VAULT_CAPATH"
_CA_BYTES = "VAULT_CACERT_BYTES"
_FIELDS = {row.field: row.variable or row.field for row in ANNOTATIONS}
"""The fields of `Config` that a setting may set, each with its variable."""


class Origin(NamedTuple):
    """The annotation of a setting: its field in `AgentConfig`, and its NAME."""

    field: str
    name: str = ""


class _Setting(NamedTuple):
    """A field of `Config` or a variable of the launcher, with its value."""

    target: str
    value: Any
    origin: Origin


class Login(NamedTuple):
    """The settings of a login, and its problems; `annotated` has the full keys of the annotations, by field."""

    fields: Mapping[str, Any]
    variables: Mapping[str, str]
    tls_files: Mapping[str, str]
    annotated: Mapping[str, str]
    problems: tuple[Problem, ...]


def about(origin: Origin, message: str) -> tuple[FieldPath, str]:
    """Return the path and the message of a problem with one annotation; `message` follows its key."""
    return agent_path(*origin), f"annotation {agent_key(*origin)}{message}"


def read_login(agent: AgentConfig, operators_tls_secret: str, operators_ca: str) -> Login:
    """Return the login that the annotations request.

    If they name no CA, it is that of the operator's Secret, else the operator's PEM text.

    A later setting replaces an earlier one: `role` wins over `auth-config-role`.
    """
    found = _found(agent, "exec mode")
    settings = {each.target: each for each in found if isinstance(each, _Setting)}
    files, problems = _tls_files(settings.values(), agent.tls_secret or operators_tls_secret)
    if agent.tls_secret and not files:
        problems.append(_unused_secret())
    if not (agent.tls_secret or _CA in settings):
        files = {**CA_FILES, **files}
    values = {target: each.value for target, each in settings.items() if target not in files}
    if operators_ca and not (operators_tls_secret or _CA in settings):
        values[_CA_BYTES] = operators_ca
    if not files:
        values["tls_secret"] = ""
    return _login(agent, settings, values, files, [*_problems(found), *problems])


def read_agent_login(agent: AgentConfig, operators_tls_secret: str, operators_ca: str) -> Login:
    """Return the login of an agent.

    It mounts the files of the Secret `tls_secret`, a field of the result, at /vault/tls.
    """
    found = _found(agent, "the agent")
    if agent.ca_key:
        found.append(_Setting(_CA_DIRECTORY, agent.ca_key, Origin("ca_key")))
    settings = {each.target: each for each in found if isinstance(each, _Setting)}
    values = {target: each.value for target, each in settings.items()}
    names_ca = bool({_CA, _CA_DIRECTORY} & settings.keys())
    names_files = any(str(value).startswith(_TLS_FOLDER) for value in values.values())
    secret = agent.tls_secret or ("" if names_ca and not names_files else operators_tls_secret)
    values["tls_secret"] = secret
    if secret and not (names_ca or agent.tls_secret):
        values.update({variable: _TLS_FOLDER + key for variable, key in CA_FILES.items()})
    if operators_ca and not (operators_tls_secret or names_ca):
        values[_CA_BYTES] = operators_ca
    problems = [*_problems(found), *_unmounted(settings.values(), secret, agent.extra_secret)]
    names_files |= any(path.startswith(_TLS_FOLDER) for path in agent.template_files.values())
    if agent.tls_secret and not (names_files or agent.configmap):
        problems.append(_unused_secret())
    return _login(agent, settings, values, {}, problems)


def _found(agent: AgentConfig, user: str) -> list[_Setting | Problem]:
    """Return all settings of the login, the stronger ones later, and its problems; `user` is what logs in, for messages."""
    return [
        *_method(agent),
        *_parameters(agent, user),
        *_plain(agent),
        *_mount(agent),
        *_certificates(agent),
    ]


def _login(
    agent: AgentConfig,
    settings: Mapping[str, _Setting],
    values: Mapping[str, Any],
    files: Mapping[str, str],
    problems: Iterable[Problem],
) -> Login:
    fields = {target: value for target, value in values.items() if target in _FIELDS}
    return Login(
        fields=fields,
        variables={target: str(value) for target, value in values.items() if target not in _FIELDS},
        tls_files=files,
        annotated={
            target: agent_key(*settings[target].origin)
            for target in fields
            if target in settings and settings[target].origin.field in agent.annotated
        },
        problems=(*problems, *(() if agent.configmap else _unusable(settings.values()))),
    )


def _unused_secret() -> Problem:
    message = f" has no effect without {_TLS_FOLDER}FILE in ca-cert or client-cert"
    return Problem("annotation-ignored", *about(Origin("tls_secret"), message))


def _problems(found: Iterable[_Setting | Problem]) -> Iterator[Problem]:
    return (each for each in found if isinstance(each, Problem))


def _unmounted(settings: Iterable[_Setting], tls_secret: str, extra_secret: str) -> Iterator[Problem]:
    """Yield a problem for each file in a Secret that the agent does not mount."""
    folders = {_TLS_FOLDER: (tls_secret, "tls-secret"), _CUSTOM_FOLDER: (extra_secret, "agent-extra-secret")}
    for _, path, origin in settings:
        for folder, (secret, key) in folders.items():
            if str(path).startswith(folder) and not secret:
                yield Problem("annotation-value", *about(origin, f": {path!r} needs the annotation {key}"))


def _plain(agent: AgentConfig) -> Iterator[_Setting]:
    """Yield the setting of each row with one, if an annotation or the operator sets it."""
    for row in AGENT_ANNOTATIONS:
        target, value = row.sets or row.variable, getattr(agent, row.field)
        if target and (row.field in agent.annotated or value != row.type.parse(row.default)):
            yield _Setting(target, value == "json" if target == "json_log" else value, Origin(row.field))


def _mount(agent: AgentConfig) -> Iterator[_Setting]:
    """Yield the mount of an annotated method without an annotated path: the operator's `kubernetes` is not its own."""
    is_annotated = "auth_type" in agent.annotated and "auth_path" not in agent.annotated
    if is_annotated and agent.auth_type not in OPERATORS_MOUNT and agent.auth_path in ("", KUBERNETES):
        yield _Setting("path", agent.auth_type, Origin("auth_type"))


def _method(agent: AgentConfig) -> Iterator[_Setting | Problem]:
    method, origin = METHODS[agent.auth_type], Origin("auth_type")
    if not method.names:
        message = f": vault-env cannot log in by {agent.auth_type}; it can by {', '.join(SUPPORTED)}"
        yield Problem("annotation-refused", *about(origin, message))
        return
    kind = agent.auth_config.get("type", "") if "type" in method.parameters else ""
    if kind not in method.names:
        message = f": {agent.auth_type} needs auth-config-type: {' or '.join(method.names)}"
        yield Problem("annotation-value", *about(origin, message))
    elif method.names[kind]:
        yield _Setting("auth_method", method.names[kind], origin)
    elif "token-file-path" not in agent.auth_config:
        yield Problem(
            "annotation-value", *about(origin, f": {agent.auth_type} needs auth-config-token-file-path")
        )


def _parameters(agent: AgentConfig, user: str) -> Iterator[_Setting | Problem]:
    method = METHODS[agent.auth_type]
    for name, text in sorted(agent.auth_config.items()):
        yield from _parameter(method, agent.auth_type, name, text, user)


def _parameter(
    method: AuthMethod, auth_type: str, name: str, text: str, user: str
) -> Iterator[_Setting | Problem]:
    origin, known = Origin("auth_config", name), method.parameters.get(name.replace("-", "_"))
    if known is None:
        yield Problem(
            "annotation-ignored", *about(origin, f" has no effect: {auth_type} has no such parameter")
        )
    elif known.refused and text != known.only:
        yield Problem("annotation-refused", *about(origin, f": {user} cannot use it: {known.why}"))
    elif known.why and text != known.only:
        yield Problem("annotation-ignored", *about(origin, f" has no effect in {user}: {known.why}"))
    elif known.sets or known.variable:
        yield _Setting(known.sets or known.variable, text, origin)


def _certificates(agent: AgentConfig) -> Iterator[_Setting]:
    for field, variable in _CERTIFICATES.items():
        if getattr(agent, field):
            yield _Setting(variable, getattr(agent, field), Origin(field))


def _tls_files(settings: Iterable[_Setting], secret: str) -> tuple[dict[str, str], list[Problem]]:
    """Return the key in `secret` for each variable with a path below the agent's folders, and the problems of those."""
    files: dict[str, str] = {}
    problems = []
    for variable, path, origin in settings:
        if variable not in _CERTIFICATES.values() or not path.startswith((_TLS_FOLDER, _CUSTOM_FOLDER)):
            continue
        key = path.removeprefix(_TLS_FOLDER)
        if not _TLS_KEY.fullmatch(key):
            message = f": exec mode has no {path!r}: name {_TLS_FOLDER}KEY of tls-secret, or a file of the container"
            problems.append(Problem("annotation-refused", *about(origin, message)))
        elif not secret:
            problems.append(Problem("annotation-value", *about(origin, f": {path!r} needs a tls-secret")))
        files[variable] = key
    return files, problems


def _unusable(settings: Iterable[_Setting]) -> Iterator[Problem]:
    """Yield a problem for each value with which the launcher cannot start."""
    for target, value, origin in settings:
        try:
            check_start(_FIELDS.get(target, target), value)
        except InvalidSetting as error:
            yield Problem("annotation-value", *about(origin, f": vault-env cannot start with it: {error}"))
