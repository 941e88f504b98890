"""`vault-webhook image IMAGE`: show the image config that the webhook would read, or the reason why it cannot."""

import argparse
import json
import logging
from collections.abc import Mapping
from os import environ
from pathlib import Path
from typing import Any

import yaml

from vaultkube.deadline import Deadline
from vaultkube.errors import InvalidSetting
from vaultkube.printable import printable
from webhook.config.settings import read_settings
from webhook.offline.context import with_string_data
from webhook.registry.client import RegistryClient
from webhook.registry.credentials import DOCKER_CFG, DOCKER_CONFIG_JSON, read_pull_secret
from webhook.registry.query import ImageConfig, ImageQuery, PullSecret
from webhook.registry.settings import RegistrySettings


def run(argv: list[str]) -> int:
    """Print the image's entry point and return 0; log the cause and raise ImageNotRead when it cannot be read."""
    options = new_parser().parse_args(argv)
    logging.basicConfig(format="%(message)s")
    settings = RegistrySettings.from_environ(environ)
    secrets = tuple(_pull_secret(file) for file in options.pull_secret)
    query = ImageQuery(options.image, secrets, architectures=tuple(options.architecture))
    client = RegistryClient(settings, strict_tls=read_settings(environ).tls_strict)
    try:
        config = client.fetch(query, Deadline(settings.budget_s))
    finally:
        client.close()
    print(_report(options.image, config))
    return 0


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="vault-webhook image",
        description="Show what an image runs, as the webhook reads it from its registry. Settings are the webhook's environment "
        "variables REGISTRY_… and TLS_STRICT (docs/registry.md).",
        epilog="Exit status: 0 shown; 1 the image cannot be read; 2 wrong usage.",
    )
    parser.add_argument("image", metavar="IMAGE", help="as in the pod")
    parser.add_argument(
        "--pull-secret",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="a Secret as a manifest, or the content of its .dockerconfigjson or .dockercfg; may be repeated",
    )
    parser.add_argument(
        "--architecture",
        metavar="NAME",
        action="append",
        default=[],
        help="as pinned by the pod, e.g. arm64; default: all of CLUSTER_PLATFORMS; may be repeated",
    )
    return parser


def _pull_secret(file: Path) -> PullSecret:
    try:
        content = file.read_bytes()
        document = yaml.safe_load(content.expandtabs(1))  # docker indents with tabs, which YAML forbids
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise InvalidSetting(f"--pull-secret {file}: {type(error).__name__}: it cannot be read") from None
    if isinstance(document, Mapping) and document.get("kind") == "Secret":
        return _pull_secret_in_manifest(file, document)
    wrapped = isinstance(document, Mapping) and "auths" in document
    return PullSecret("", str(file), DOCKER_CONFIG_JSON if wrapped else DOCKER_CFG, content)


def _pull_secret_in_manifest(file: Path, document: Mapping[str, Any]) -> PullSecret:
    secret = read_pull_secret({**document, "data": with_string_data(document)})
    if secret is None:
        raise InvalidSetting(
            f"--pull-secret {file}: the Secret is not of type {DOCKER_CONFIG_JSON} with its key"
        )
    return secret


def _report(image: str, config: ImageConfig) -> str:
    rows = {
        "image": image,
        "digest": config.digest,
        "os": config.os,
        "entrypoint": json.dumps(config.entrypoint, ensure_ascii=False),
        "command": json.dumps(config.command, ensure_ascii=False),
    }
    lines = [f"{name:<11} {value}" for name, value in rows.items()]
    lines += [f"{'warning':<11} {warning}" for warning in config.warnings]
    if not (config.entrypoint or config.command):
        lines.append("warning     it has neither: a pod needs `command` or `args`")
    return "\n".join(map(printable, lines))
