"""From annotations to what is done: the operator's limits applied to what the object asks for. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from vaultkube.errors import ForbiddenAddress, InvalidAnnotation
from webhook.config.annotation_keys import PREFIX, SUCCESSOR_PREFIX
from webhook.config.annotations import PODS, Config, Defaults, find_unknown, parse_config
from webhook.config.role import render_role
from webhook.config.settings import Settings
from webhook.config.unsupported import find_ineffective, find_refused
from webhook.policy.addresses import check_address

_FOREIGN_IMAGES = ("ghcr.io/bank-vaults/", "ghcr.io/banzaicloud/", "banzaicloud/", "docker.io/banzaicloud/")
_SKIP_KEYS = (SUCCESSOR_PREFIX + "mutate", PREFIX + "mutate")


def is_skipped(annotations: Mapping[str, str]) -> bool:
    """Whether the object asks to be left alone; nothing else of it is looked at then."""
    return next((annotations[key] for key in _SKIP_KEYS if key in annotations), "") == "skip"


def configure(
    annotations: Mapping[str, str], defaults: Defaults, settings: Settings, scope: str = PODS
) -> tuple[Config, tuple[str, ...]]:
    """Return the configuration that the operator's settings allow, and warnings about what they do not.

    `scope` says whether the annotations are a pod's. Raises InvalidAnnotation with all problems at once, and
    ForbiddenAddress for a Vault address that is not the operator's.
    """
    config, problems = parse_config(annotations, defaults)
    problems = [*(find_refused(annotations) if scope == PODS else ()), *problems]
    try:
        _check_address(config, defaults, settings)
    except ForbiddenAddress as error:
        if not problems:
            raise
        problems.append(str(error))
    if problems:
        raise InvalidAnnotation("; ".join(problems))
    warnings = [*find_unknown(annotations), *(find_ineffective(annotations) if scope == PODS else ())]
    if "path" in config.annotated and config.path.strip("/").startswith("auth/"):
        warnings.append(f"annotation vault-path: login will be at auth/{config.path}/login; leave auth/ out")
    config, ignored = _within_limits(config, defaults, settings)
    return config, (*warnings, *ignored)


def _check_address(config: Config, defaults: Defaults, settings: Settings) -> None:
    operators = defaults["address"]
    if config.address != operators:
        listed, allow_private = settings.address_allow_list, settings.allow_private_addresses
        check_address(config.address, operators, listed, allow_private=allow_private)


def _within_limits(config: Config, defaults: Defaults, settings: Settings) -> tuple[Config, list[str]]:
    """Return `config` without what the operator does not allow, and a warning about each."""
    warnings = []
    if "skip_verify" in config.annotated and not settings.allow_skip_verify:
        if config.skip_verify != defaults["skip_verify"]:
            warnings.append(
                "annotation vault-skip-verify is ignored: the operator has not set VAULT_ALLOW_OBJECT_SKIP_VERIFY"
            )
        config = replace(config, skip_verify=defaults["skip_verify"])
    if is_foreign_image(config.launcher_image):
        warnings.append("annotation vault-env-image is ignored: that image's vault-env is another program")
        config = replace(config, launcher_image="")
    config = replace(config, launcher_image=config.launcher_image or defaults["launcher_image"])
    return config, warnings


def with_role(config: Config, namespace: str, name: str, service_account: str, fallback: str) -> Config:
    """Return `config` with its role as text; without a role of the annotation or operator it is `fallback`."""
    fields = {
        "authmethod": config.auth_method,
        "name": name,
        "namespace": namespace,
        "path": config.path,
        "serviceaccount": service_account,
    }
    role = render_role(config.role, fields) or fallback
    return config if role == config.role else replace(config, role=role)


def is_foreign_image(image: str) -> bool:
    """Whether the image is the predecessor's, whose vault-env cannot install itself."""
    return image.startswith(_FOREIGN_IMAGES)
