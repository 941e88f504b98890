"""Problems of pods: the webhook's own checks, each asked about one part at a time, so that its place is known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from webhook.config.annotations import Config, parse_config
from webhook.offline.checks.annotations import annotation_problems, path_of
from webhook.offline.checks.finding import Problem
from webhook.offline.documents import YamlPath
from webhook.offline.operator_settings import Operator
from webhook.offline.reviewable import Reviewed
from webhook.pods.facts import Source, Values, container_sources
from webhook.pods.frompath import read_from_paths
from webhook.pods.paths import find_asked
from webhook.pods.pod import Place, Plan, plan_pod
from webhook.pods.problems import config_problems, mount_problems, volume_problems
from webhook.pods.references import References
from webhook.pods.transit import transit_problems
from webhook.pods.warnings import container_warnings, pod_warnings

Container = Mapping[str, Any]


@dataclass(frozen=True)
class PodFacts:
    """What is known of the world around a pod: the sources of its variables, and whether images are asked."""

    sources: Mapping[Source, Values]
    unknown_sources: frozenset[Source]
    images_known: bool


def pod_problems(reviewed: Reviewed, operator: Operator, facts: PodFacts) -> Iterator[Problem]:
    """Yield what is wrong with the pod."""
    config, _ = parse_config(reviewed.annotations, operator.defaults)
    spec = reviewed.content.get("spec") or {}
    yield from annotation_problems(reviewed, operator, config)
    yield from _unknown_sources(spec, facts.unknown_sources)
    yield from _launcher_problems(reviewed, operator, config, plan_pod(spec, config, facts.sources))
    if not facts.images_known:
        yield from _unknown_images(plan_pod(spec, config, facts.sources))


def _launcher_problems(
    reviewed: Reviewed, operator: Operator, config: Config, plan: Plan
) -> Iterator[Problem]:
    spec = reviewed.content.get("spec") or {}
    if not plan.wrapped:
        yield from (Problem("pod", ("spec",), warning) for warning in plan.warnings)
        return
    paths = read_from_paths(config.from_path)
    for problem in config_problems(config, paths):
        field = "from_path" if "from-path" in problem else "token_audience"
        yield Problem("from-path", path_of(field, reviewed.annotations), problem)
    for problem in volume_problems(spec, config):
        yield Problem("volume", ("spec", "volumes"), problem)
    for warning in pod_warnings(spec, config, paths, plan.wrapped):
        yield Problem("pod", ("spec",), warning)
    for place, references in plan.wrapped.items():
        container = spec[place[0]][place[1]]
        yield from _container_problems(("spec", *place), container, references, config)
        alone = Plan({place: references}, {}, given={place: plan.given[place]})
        yield from _path_problems(reviewed, operator, config, place, alone)


def _container_problems(
    path: YamlPath, container: Container, references: References, config: Config
) -> Iterator[Problem]:
    name = container.get("name")
    broken = [
        *(("reference", problem) for problem in references.problems),
        *(("transit-key", problem) for problem in transit_problems(references, config)),
    ]
    for rule, problem in broken:
        yield Problem(rule, (*path, *_variable_path(container, problem)), f"container {name}: {problem}")
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        for problem in mount_problems({"name": name, "volumeMounts": [mount]}, config):
            yield Problem("mount", (*path, "volumeMounts", index), problem)
    for warning in container_warnings(container, references):
        yield Problem("container", path, warning)


def _path_problems(
    reviewed: Reviewed, operator: Operator, config: Config, place: Place, plan: Plan
) -> Iterator[Problem]:
    """Yield what the one container of `plan` asks for outside of the paths of its namespace."""
    policy, spec = operator.settings.path_policy(), reviewed.content["spec"]
    rule = "path-refused" if policy.enforced else "path-warned"
    for asked in find_asked(spec, plan, config, operator.defaults["vault_namespace"]):
        what = asked.where.partition(": ")[2]
        path: YamlPath = ("spec", *place, *_variable_path(spec[place[0]][place[1]], what + ":"))
        if what.startswith("annotation"):
            path = path_of("from_path", reviewed.annotations)
        yield from (
            Problem(rule, path, message) for message in policy.violations([asked], reviewed.namespace)
        )


def _variable_path(container: Container, problem: str) -> YamlPath:
    """Where the variable stands that a problem of a reference is about; `envFrom` if it comes from a source."""
    for index, entry in enumerate(container.get("env") or ()):
        if problem.startswith((f"variable {entry.get('name')}:", f"variable {entry.get('name')} of ")):
            return ("env", index, "value" if "value" in entry else "valueFrom")
    return ("envFrom",)


def _unknown_sources(spec: Mapping[str, Any], unknown: frozenset[Source]) -> Iterator[Problem]:
    for key in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(key) or ()):
            for field in ("envFrom", "env"):
                for source in sorted(unknown.intersection(container_sources({field: container.get(field)}))):
                    message = f"{source.kind} {source.name} is in none of the files: whether it holds references is unknown"
                    yield Problem("source-unknown", ("spec", key, index, field), message)


def _unknown_images(plan: Plan) -> Iterator[Problem]:
    for (key, index), image in plan.images.items():
        yield Problem(
            "entry-point-unknown",
            ("spec", key, index, "image"),
            f"the entry point of image {image} is not in the manifest",
        )
