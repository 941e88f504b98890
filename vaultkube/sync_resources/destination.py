"""Destinations: the Secret that is written, the parts of Vault's answer in it, and the workloads that are restarted after
a change."""

from dataclasses import dataclass

from vaultkube.sync_resources.kinds import FILLED, FLAG, NAME, NAMED, TEXT, TEXT_MAP, TEXTS, choice
from vaultkube.sync_resources.table import group, group_map, groups, item


@dataclass(frozen=True)
class Template:
    """A Go template, whose output is the value of one key."""

    text: str = item(
        "text", FILLED, "the template, in the language of Go with Sprig's functions", required=True
    )
    name: str = item(
        "name", TEXT, "the name of the template; the key that it makes, where it has one of its own"
    )


@dataclass(frozen=True)
class TemplateRef:
    """A template of a SecretTransformation, by name."""

    name: str = item("name", FILLED, "the key of the template in the SecretTransformation", required=True)
    key: str = item("keyOverride", TEXT, "the key of the Secret; without it that of the template")


@dataclass(frozen=True)
class TransformationRef:
    """A SecretTransformation that is applied."""

    name: str = item("name", NAMED, "the name of the SecretTransformation", required=True)
    namespace: str = item("namespace", NAME, "its namespace; without it that of this object")
    templates: tuple[TemplateRef, ...] = groups(
        "templateRefs", TemplateRef, "those of its templates that are applied; without it all of them"
    )
    ignore_includes: bool = item("ignoreIncludes", FLAG, "whether its `includes` are left out")
    ignore_excludes: bool = item("ignoreExcludes", FLAG, "whether its `excludes` are left out")


@dataclass(frozen=True)
class Transformation:
    """The parts of Vault's answer that go into the Secret, and their keys."""

    templates: dict[str, Template] = group_map(
        "templates",
        Template,
        "templates by the key that each makes; they win over those of `transformationRefs`",
    )
    refs: tuple[TransformationRef, ...] = groups(
        "transformationRefs", TransformationRef, "SecretTransformations that are applied"
    )
    includes: tuple[str, ...] = item(
        "includes",
        TEXTS,
        "regular expressions (RE2) for the keys of Vault's answer that are kept, after `excludes`",
    )
    excludes: tuple[str, ...] = item(
        "excludes", TEXTS, "regular expressions (RE2) for the keys of Vault's answer that are left out"
    )
    exclude_raw: bool = item(
        "excludeRaw", FLAG, "whether the key `_raw`, which holds the whole answer, is left out"
    )


@dataclass(frozen=True)
class Destination:
    """The Secret that is written."""

    name: str = item("name", NAMED, "the name of the Secret", required=True)
    create: bool = item(
        "create",
        FLAG,
        "whether the Secret is made, and owned; else it must be there, and all its data is replaced",
        default=False,
    )
    overwrite: bool = item(
        "overwrite",
        FLAG,
        "whether the operator takes over an existing Secret that nobody owns",
        default=False,
    )
    labels: dict[str, str] = item("labels", TEXT_MAP, "labels of a Secret that is created")
    annotations: dict[str, str] = item("annotations", TEXT_MAP, "annotations of a Secret that is created")
    type: str = item("type", TEXT, "the type of a Secret that is created; without it Opaque")
    transformation: Transformation | None = group(
        "transformation", Transformation, "the keys of the Secret, and their contents"
    )


@dataclass(frozen=True)
class RestartTarget:
    """A workload that is restarted after a change of the Secret."""

    kind: str = item(
        "kind",
        choice("Deployment", "DaemonSet", "StatefulSet", "argo.Rollout"),
        "the kind of the workload",
        required=True,
    )
    name: str = item("name", NAMED, "its name, in the namespace of this object", required=True)


@dataclass(frozen=True)
class TransformationSpec:
    """SecretTransformation: templates and filters for several destinations."""

    templates: dict[str, Template] = group_map("templates", Template, "templates by the key that each makes")
    sources: tuple[Template, ...] = groups(
        "sourceTemplates", Template, "templates that others insert by name, and that make no key of their own"
    )
    includes: tuple[str, ...] = item(
        "includes", TEXTS, "regular expressions (RE2) for the keys that are kept"
    )
    excludes: tuple[str, ...] = item(
        "excludes", TEXTS, "regular expressions (RE2) for the keys that are left out"
    )
