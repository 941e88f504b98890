"""Pods for decisions, and the decision by the webhook's own functions."""

import copy
from typing import Any

from vaultkube.problem import messages
from webhook.config.annotation_keys import PREFIX
from webhook.config.annotations import Config, parse_config, read_defaults
from webhook.config.delivery import Delivery
from webhook.config.settings import read_settings
from webhook.pods.facts import Facts, Source, Values
from webhook.pods.launcher import Launcher
from webhook.pods.plan import Part, Plan
from webhook.pods.pod import mutate_pod_spec, plan_pod
from webhook.registry.query import ImageConfig

OPERATOR = {"VAULT_ADDR": "https://vault.example.com", "VAULT_ENV_IMAGE": "vault-env:1"}


REFERENCE = "vault:secret/data/app#password"


CONFIG_MAP = Source("ConfigMap", "settings")


SECRET = Source("Secret", "credentials")


CIPHERTEXT = "vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w=="


def config_of(**annotations: str) -> Config:
    named = {PREFIX + key.replace("_", "-"): text for key, text in annotations.items()}
    config, problems = parse_config(named, read_defaults(OPERATOR))
    assert not problems
    return config


def part_of(plan: Plan, config: Config) -> Part:
    return Part(plan, Launcher(config, read_settings(OPERATOR)))


def mutate(
    spec: dict[str, Any],
    config: Config | None = None,
    sources: dict[Source, Values] | None = None,
    images: dict[str, ImageConfig] | None = None,
    delivery: Delivery = Delivery.INIT,
) -> tuple[dict[str, Any], tuple[str, ...], Plan]:
    before = copy.deepcopy(spec)
    config = config or config_of()
    plan = plan_pod(spec, config, sources or {})
    facts = Facts(sources or {}, images or {}, delivery)
    new, problems = mutate_pod_spec(spec, [part_of(plan, config)], facts)
    assert spec == before, "the object that was sent must not change"
    return dict(new), messages(problems), plan


def container(**fields: Any) -> dict[str, Any]:
    return {"name": "app", "image": "app:1", "command": ["/app"], **fields}


def referring(**fields: Any) -> dict[str, Any]:
    return container(env=[{"name": "PASSWORD", "value": REFERENCE}], **fields)


def spec_of(*containers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"containers": list(containers), **fields}
