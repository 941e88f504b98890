"""The configuration of an object: its annotations within the limits of the operator. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from vaultkube.errors import ForbiddenAddress
from vaultkube.kept.codec import ANNOTATIONS_BYTES
from vaultkube.policy.addresses import check_address
from vaultkube.problem import Problem
from vaultkube.value_types import TOKEN_METHODS
from webhook.config.annotation_keys import PREFIX, SUCCESSOR_PREFIX
from webhook.config.annotations import PODS, Config, Defaults, find_unknown, parse_config
from webhook.config.helpers import helper_problems, helper_warnings
from webhook.config.role import render_role
from webhook.config.settings import Settings
from webhook.config.unsupported import find_ineffective

_FOREIGN_IMAGES = ("ghcr.io/bank-vaults/", "ghcr.io/banzaicloud/", "banzaicloud/", "docker.io/banzaicloud/")
_SKIP_KEYS = (SUCCESSOR_PREFIX + "mutate", PREFIX + "mutate")


def is_skipped(annotations: Mapping[str, str]) -> bool:
    """Return whether the object opts out; if so, nothing else of it is read."""
    return next((annotations[key] for key in _SKIP_KEYS if key in annotations), "") == "skip"


def length_problems(annotations: Mapping[str, str]) -> list[Problem]:
    """Return the problem of annotations that are too long for the API server; nothing else of them is read then."""
    if sum([len(key) + len(text) for key, text in annotations.items()]) <= ANNOTATIONS_BYTES:
        return []
    message = (
        f"annotations come to more than the {ANNOTATIONS_BYTES} bytes that Kubernetes stores: shorten them"
    )
    return [Problem("annotations-too-long", ("metadata", "annotations"), message)]


_WITHOUT_PROGRAM: Mapping[str, Any] = {
    "from_path": "",
    "passthrough": "",
    "ignore_missing": False,
    "daemon": False,
    "reuse": False,
    "delay_s": None,
    "transit_key": "",
    "transit_path": "",
    "transit_batch_size": None,
    "use_agent": False,
}
"""Fields of `Config` for a program, with their values for an agent, which has no program."""


def without_program(config: Config) -> Config:
    """Return the configuration for an agent's container, without the fields for a program."""
    return replace(config, **_WITHOUT_PROGRAM, sources=())


class Configured(NamedTuple):
    """The configuration that the operator's settings allow, with the problems and warnings of the annotations.

    If there are problems, defaults replace the values that cannot be used.
    """

    config: Config
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def configure(
    annotations: Mapping[str, str], defaults: Defaults, settings: Settings, scope: str = PODS
) -> Configured:
    """Return the configuration of an object with these annotations; `scope` is whether the object is a pod."""
    config, problems = parse_config(annotations, defaults)
    allowed, ignored = within_limits(config, defaults, settings)
    refused, ineffective = list[Problem](), list[Problem]()
    if scope == PODS:
        if config.jwt_file and "token_audience" not in config.annotated:
            allowed = replace(allowed, token_audience="")
        refused = list(helper_problems(config))
        ineffective = [*find_ineffective(annotations), *helper_warnings(config)]
    elif "auth_method" in config.annotated and config.auth_method not in TOKEN_METHODS:
        ineffective = [_other_method(config)]
    return Configured(
        allowed,
        (*refused, *problems, *address_problems(config, defaults, settings)),
        (*find_unknown(annotations), *ineffective, *ignored),
    )


def _other_method(config: Config) -> Problem:
    message = (
        f"annotation {config.name_of('auth_method')} has no effect here: Vault is read with a token of the "
        "ServiceAccount, by the method kubernetes or jwt"
    )
    return Problem("annotation-ignored", config.path_of("auth_method"), message)


def address_problems(config: Config, defaults: Defaults, settings: Settings) -> Iterator[Problem]:
    """Yield a problem for an address of Vault that the operator does not allow."""
    operators = defaults["address"]
    if config.address == operators:
        return
    listed, allow_private = settings.address_allow_list, settings.allow_private_addresses
    try:
        check_address(config.address, operators, listed, allow_private=allow_private)
    except ForbiddenAddress as error:
        message = f"annotation {config.name_of('address')}: {error}"
        yield Problem("vault-address", config.path_of("address"), message)


def within_limits(config: Config, defaults: Defaults, settings: Settings) -> tuple[Config, list[Problem]]:
    """Return `config` without values that the operator does not allow, and a warning about each."""
    ignored = []
    if "skip_verify" in config.annotated and not settings.allow_skip_verify:
        if config.skip_verify != defaults["skip_verify"]:
            message = (
                f"annotation {config.name_of('skip_verify')} is ignored: the operator has not set "
                "VAULT_ALLOW_OBJECT_SKIP_VERIFY"
            )
            ignored.append(Problem("annotation-ignored", config.path_of("skip_verify"), message))
        config = replace(config, skip_verify=defaults["skip_verify"])
    if is_foreign_image(config.launcher_image):
        message = "annotation vault-env-image is ignored: that image's vault-env is another program"
        ignored.append(Problem("annotation-ignored", config.path_of("launcher_image"), message))
        config = replace(config, launcher_image="")
    config = replace(
        config,
        launcher_image=config.launcher_image or defaults["launcher_image"],
        trusted_variables=settings.trusted_variables,
    )
    return config, ignored


def with_role(
    config: Config, namespace: str, name: str, service_account: str, fallback: str
) -> tuple[Config, tuple[Problem, ...]]:
    """Return `config` with its role rendered, and the problem of a role that cannot be rendered.

    If neither annotation nor operator sets a role, it is `fallback`.
    """
    role = config.role or fallback
    if "{{" in config.role:
        fields = {
            "authmethod": config.auth_method,
            "name": name,
            "namespace": namespace,
            "path": config.path,
            "serviceaccount": service_account,
        }
        rendered, problem = render_role(config.role, fields)
        if problem:
            message = f"annotation {config.name_of('role')}: {problem}"
            return config, (Problem("role", config.path_of("role"), message),)
        role = rendered or fallback
    return (config if role == config.role else replace(config, role=role)), ()


def is_foreign_image(image: str) -> bool:
    """Return whether the image is the predecessor's, whose vault-env cannot install itself."""
    return image.startswith(_FOREIGN_IMAGES)
