"""The command line of a container, by the pod, an annotation or the image, and images with which the launcher starts none."""

from collections.abc import Iterable, Mapping, Sequence

from vaultkube.expansion import double_dollars
from vaultkube.problem import Problem
from vaultkube.wire.containers import Container
from vaultkube.wire.pods import PodSpec
from webhook.config.annotations import Config
from webhook.pods.container import image_command
from webhook.pods.facts import Facts, Place
from webhook.pods.plan import Part
from webhook.pods.suspicion import unfit_warnings


def command_line(container: Container, image: str | None, config: Config, facts: Facts) -> list[str]:
    """Return the program with its arguments, as the kubelet reads them in a pod; empty where neither pod nor image names one."""
    args = container.get("args") or []
    if container.get("command"):
        return [*container["command"], *args]
    entry_point = (config.entry_points or {}).get(container.get("name") or "")
    if entry_point:
        return [*map(double_dollars, entry_point), *args]
    return image_command(facts.images[image or ""], args)


def image_fault(container: Container, image: str | None, words: Sequence[str], facts: Facts) -> str:
    """Return the reason for which the launcher cannot start the container; "" without one."""
    if image and facts.images[image].os == "windows":
        return (
            f"image {image} is for Windows, and vault-env runs on Linux; "
            "set `os.name: windows` in the pod, which is then left as it is"
        )
    if not words:
        return f"image {container.get('image')} has no entry point and no command; set `command` in the container"
    return ""


def find_unfit(
    pod_spec: PodSpec, parts: Iterable[Part], facts: Facts, unread: Mapping[Place, str]
) -> dict[Place, tuple[Problem, ...]]:
    """Return the warnings about each precaution that its image does not allow; `unread` has the reasons of images without facts."""
    unfit = {}
    for plan, config in ((part.plan, part.config) for part in parts):
        for place in plan.precautions & plan.images.keys():
            container, image = pod_spec[place[0]][place[1]], plan.images[place]
            reason = unread.get(place) or image_fault(
                container, image, command_line(container, image, config, facts), facts
            )
            if reason:
                path, prefix = ("spec", *place), f"container {container.get('name') or ''}: "
                found = unfit_warnings(plan.wrapped[place], reason)
                unfit[place] = tuple(warning.inside(path, prefix) for warning in found)
    return unfit
