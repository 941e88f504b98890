"""The parameters of a SecretProviderClass with `provider: vault`, a row each.

The names are those of vault-csi-provider (https://developer.hashicorp.com/vault/docs/platform/k8s/csi/configurations).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from vaultenv.basics.text import bounded
from vaultenv.references.fields import Fault
from vaultenv.references.grammar import normal_path
from vaultkube.problem import MOST_PROBLEMS, FieldPath, Problem
from vaultkube.provider_class.nodes import NotUsable
from vaultkube.provider_class.objects import SecretObject, parse_objects, unknown
from vaultkube.settings_table import Row, row_field, rows_of
from vaultkube.value_types import ADDRESS, BOOLEAN, LINE, ValueType, optional

PARAMETERS: FieldPath = ("spec", "parameters")
_OBJECTS = "objects"
_LONGEST = 1024
"""Characters of a parameter other than `objects`: a login is cached with them for each pod."""
_SHOWN = 120


def _mount(text: str) -> str:
    try:
        return normal_path(LINE.parse(text))
    except Fault:
        raise ValueError(text) from None


_MOUNT = ValueType("the path of an auth method, such as kubernetes", _mount)


def _parameter(name: str, type: ValueType, help: str, also: str = "") -> Any:
    names = (name, also) if also else (name,)
    return row_field(Row(type=optional(type), default="", help=help, settings=names))


@dataclass(frozen=True)
class ClassParameters:
    """The parameters of a class; None leaves a value to the provider's own settings."""

    role: str | None = _parameter("roleName", LINE, "the role to log in with; required")
    address: str | None = _parameter("vaultAddress", ADDRESS, "the address of Vault")
    mount: str | None = _parameter(
        "vaultAuthMountPath",
        _MOUNT,
        "the mount of the auth method, of type kubernetes or jwt; under one of both names",
        also="vaultKubernetesMountPath",
    )
    audience: str | None = _parameter(
        "audience",
        LINE,
        "the audience of the ServiceAccount's token; without it one of the driver's for `vault`, else for the API server, else a new one for the API server",
    )
    vault_namespace: str | None = _parameter(
        "vaultNamespace", LINE, "the namespace of Vault Enterprise or OpenBao"
    )
    skip_verify: bool | None = _parameter(
        "vaultSkipTLSVerify", BOOLEAN, "whether Vault's certificate is not verified"
    )
    ca_file: str | None = _parameter(
        "vaultCACertPath", LINE, "a PEM file with Vault's CA, in the provider's container"
    )
    ca_directory: str | None = _parameter(
        "vaultCADirectory", LINE, "a folder of such files, in the provider's container"
    )
    server_name: str | None = _parameter(
        "vaultTLSServerName", LINE, "the name that Vault's certificate must have"
    )
    client_certificate_file: str | None = _parameter(
        "vaultTLSClientCertPath", LINE, "a PEM file with a client certificate, in the provider's container"
    )
    client_key_file: str | None = _parameter(
        "vaultTLSClientKeyPath", LINE, "the key of the client certificate, in the provider's container"
    )
    objects: tuple[SecretObject, ...] = field(default=())


PARAMETER_ROWS = rows_of(ClassParameters, Row)
KNOWN = (*(name for row in PARAMETER_ROWS for name in row.settings), _OBJECTS)


def parse_class(parameters: Mapping[str, str]) -> tuple[ClassParameters, list[Problem]]:
    """Return the parameters of a class, and all problems; a class with any problem must not be used."""
    values: dict[str, Any] = {}
    problems = [*islice(_unknown(parameters), MOST_PROBLEMS), *_contradictions(parameters)]
    for row in PARAMETER_ROWS:
        name = next((name for name in row.settings if parameters.get(name)), row.settings[0])
        try:
            values[row.field] = _value(row, name, parameters.get(name, "").strip())
        except NotUsable as error:
            problems.append(Problem("csi-parameter", (*PARAMETERS, name), str(error)))
    objects, wrong = parse_objects(parameters.get(_OBJECTS, ""))
    return ClassParameters(**values, objects=objects), problems + wrong


def _value(row: Row, name: str, text: str) -> Any:
    if len(text) > _LONGEST:
        raise NotUsable(f"{name} is longer than {_LONGEST} characters")
    try:
        return row.type.parse(text)
    except ValueError:
        raise NotUsable(f"{name}: {bounded(text, _SHOWN)!r} is not {row.type.accepted}") from None


def _unknown(parameters: Mapping[str, str]) -> Iterator[Problem]:
    for name in parameters:
        if name not in KNOWN:
            yield Problem(
                "csi-unknown", (*PARAMETERS, name), unknown(name, KNOWN, "a parameter of provider vault")
            )


def _contradictions(parameters: Mapping[str, str]) -> Iterator[Problem]:
    if not parameters.get("roleName", "").strip():
        yield Problem(
            "csi-parameter",
            PARAMETERS,
            "roleName is missing: name the role of Vault that the pod's ServiceAccount has",
        )
    both = [
        name
        for row in PARAMETER_ROWS
        if row.field == "mount"
        for name in row.settings
        if parameters.get(name)
    ]
    if len(both) > 1:
        yield Problem(
            "csi-parameter", (*PARAMETERS, both[1]), f"{' and '.join(both)} are the same: set one of both"
        )
    pair = ("vaultTLSClientCertPath", "vaultTLSClientKeyPath")
    present = [name for name in pair if parameters.get(name)]
    if len(present) == 1:
        yield Problem(
            "csi-parameter", (*PARAMETERS, present[0]), f"{' and '.join(pair)} go together: set both, or none"
        )
