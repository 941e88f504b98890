"""Custom objects as values: the table of their kinds, and the parser of one object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from vaultkube.problem import MOST_PROBLEMS, FieldPath, Problem
from vaultkube.sync_resources.auth import AuthGlobalSpec, AuthSpec
from vaultkube.sync_resources.connection import ConnectionSpec
from vaultkube.sync_resources.destination import TransformationSpec
from vaultkube.sync_resources.kinds import RULE
from vaultkube.sync_resources.patterns import pattern_problems
from vaultkube.sync_resources.secrets import DynamicSecretSpec, PkiSecretSpec, StaticSecretSpec
from vaultkube.sync_resources.table import read_table

GROUP, VERSION = "secrets.hashicorp.com", "v1beta1"
API_VERSION = f"{GROUP}/{VERSION}"
SPEC: FieldPath = ("spec",)

Spec = (
    ConnectionSpec
    | AuthSpec
    | AuthGlobalSpec
    | StaticSecretSpec
    | DynamicSecretSpec
    | PkiSecretSpec
    | TransformationSpec
)


@dataclass(frozen=True)
class Column:
    """A column of `kubectl get`: its title, the JSON path of its value, and its type."""

    title: str
    path: str
    type: str = "string"


def _condition(title: str, condition: str) -> Column:
    return Column(title, f'.status.conditions[?(@.type=="{condition}")].status')


AGE = Column("Age", ".metadata.creationTimestamp", "date")
_REASON = Column("Reason", '.status.conditions[?(@.type=="Ready")].reason')
_SECRET_COLUMNS = (
    Column("Secret", ".spec.destination.name"),
    _condition("Synced", "SecretSynced"),
    _condition("Healthy", "Healthy"),
    _condition("Ready", "Ready"),
    _REASON,
    AGE,
)
_READY = _condition("Ready", "Ready")


@dataclass(frozen=True)
class ResourceKind:
    """A kind of custom object: its names, the table of its spec, the columns of `kubectl get`, and its purpose."""

    kind: str
    plural: str
    short: str
    table: type[Any]
    columns: tuple[Column, ...]
    help: str


KINDS = (
    ResourceKind(
        "VaultConnection",
        "vaultconnections",
        "vconn",
        ConnectionSpec,
        (Column("Address", ".spec.address"), _READY, _REASON, AGE),
        "where Vault is, and how it is spoken to",
    ),
    ResourceKind(
        "VaultAuth",
        "vaultauths",
        "vauth",
        AuthSpec,
        (Column("Method", ".spec.method"), Column("Mount", ".spec.mount"), _READY, _REASON, AGE),
        "how to log in, and which namespaces may",
    ),
    ResourceKind(
        "VaultAuthGlobal",
        "vaultauthglobals",
        "vauthg",
        AuthGlobalSpec,
        (Column("Method", ".spec.defaultAuthMethod"), _READY, _REASON, AGE),
        "the common fields of several VaultAuths",
    ),
    ResourceKind(
        "VaultStaticSecret",
        "vaultstaticsecrets",
        "vss",
        StaticSecretSpec,
        _SECRET_COLUMNS,
        "a secret of a KV engine, kept in step as a Secret",
    ),
    ResourceKind(
        "VaultDynamicSecret",
        "vaultdynamicsecrets",
        "vds",
        DynamicSecretSpec,
        _SECRET_COLUMNS,
        "credentials with a lease, renewed or made anew in a Secret",
    ),
    ResourceKind(
        "VaultPKISecret",
        "vaultpkisecrets",
        "vps",
        PkiSecretSpec,
        _SECRET_COLUMNS,
        "a certificate, issued anew before its end, in a Secret",
    ),
    ResourceKind(
        "SecretTransformation",
        "secrettransformations",
        "sectrans",
        TransformationSpec,
        (_READY, _REASON, AGE),
        "templates and filters that several destinations share",
    ),
)
BY_KIND: Mapping[str, ResourceKind] = {row.kind: row for row in KINDS}


@dataclass(frozen=True)
class Resource:
    """A custom object: its identity, and its spec, or None if a problem makes the spec unusable.

    `problems` has all its faults, and its ignored fields.
    """

    kind: str
    namespace: str
    name: str
    uid: str
    generation: int
    spec: Spec | None
    problems: tuple[Problem, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Return the problems that make the spec unusable."""
        return errors_of(self.problems)


def errors_of(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the problems that make a spec unusable."""
    return tuple(problem for problem in problems if problem.rule == RULE)


def is_resource(document: Mapping[str, Any]) -> bool:
    """Return whether a document is a custom object of one of the kinds, in any version of the group."""
    group, kind = str(document.get("apiVersion") or "").partition("/")[0], document.get("kind")
    return group == GROUP and isinstance(kind, str) and kind in BY_KIND


def read_resource(document: Mapping[str, Any]) -> Resource:
    """Return the custom object in a document for which `is_resource` is true; its problems have paths in the document."""
    row = BY_KIND[document["kind"]]
    problems: list[Problem] = []
    content = document.get("spec")
    spec = read_table(row.table, {} if content is None else content, SPEC, problems)
    if not problems or not errors_of(problems):
        problems += islice(pattern_problems(spec, SPEC), MOST_PROBLEMS)
    found = document.get("metadata")
    metadata: Mapping[str, Any] = found if isinstance(found, dict) else {}
    return Resource(
        row.kind,
        str(metadata.get("namespace") or ""),
        str(metadata.get("name") or ""),
        str(metadata.get("uid") or ""),
        int(metadata.get("generation") or 0),
        None if errors_of(problems) else spec,
        tuple(problems),
    )
