"""`vault-webhook serve`: serve admission requests. Settings are environment variables: docs/operator-settings.md."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from vaultkube.allocator import give_back_large_blocks
from vaultkube.apiserver.kubeconfig import Connection, find_connection
from vaultkube.errors import InvalidSetting
from vaultkube.log import configure_logging
from vaultkube.metrics import shared_directory
from vaultkube.net.proxies import warn_of_proxies
from vaultkube.value_types import ADDRESS
from webhook.config.annotations import Defaults, read_defaults
from webhook.config.configure import is_foreign_image
from webhook.config.settings import Settings, read_settings
from webhook.registry.settings import RegistrySettings
from webhook.serving.callers import PathSegments

_SWITCH_INTERVAL_S = 0.001
"""The time after which a working thread yields to the one that watches connections.

Python's default of 5 ms would delay every answer.
"""


@dataclass(frozen=True)
class Operator:
    """All settings of the operator, read once before a worker starts."""

    settings: Settings
    defaults: Defaults
    registry: RegistrySettings
    connection: Connection
    own_namespace: str


def run(arguments: list[str]) -> int:
    """Serve until SIGTERM; raise InvalidSetting if the environment cannot be used."""
    parser = argparse.ArgumentParser(
        prog="vault-webhook serve",
        description="Serve admission requests. Settings are environment variables: docs/operator-settings.md.",
    )
    parser.parse_args(arguments)
    operator = read_operator(dict(os.environ))
    give_back_large_blocks()  # the workers are forked and inherit this, and the next line too
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    configure_logging(operator.settings.log_level)
    warn_of_proxies(os.environ)
    with shared_directory(operator.settings.metrics_dir) as directory:
        if operator.settings.is_attended():
            from webhook.commands.attendant import attend

            attended = attend(operator.settings, operator.connection, operator.own_namespace, directory)
            if isinstance(attended, int):
                return attended
            operator = replace(operator, settings=attended)
        from webhook.serving.server import serve  # gunicorn is loaded only to serve

        serve(operator.settings, partial(import_app, operator))
    return 0


def read_operator(environ: Mapping[str, str]) -> Operator:
    """Return the operator's settings; raise InvalidSetting, which names the one that cannot be used."""
    defaults = read_defaults(environ)
    _check_defaults(defaults)
    connection = find_connection(environ)
    if connection.skip_verify:
        raise InvalidSetting(
            f"KUBECONFIG {environ['KUBECONFIG']}: insecure-skip-tls-verify is not for `serve`, which sends tokens and "
            "reads Secrets: name the API server's CA as certificate-authority"
        )
    settings = read_settings(environ)
    find_segments(settings)  # a file that cannot be used stops the webhook before a worker starts
    return Operator(
        settings,
        defaults,
        RegistrySettings.from_environ(environ),
        connection,
        environ.get("KUBERNETES_NAMESPACE") or connection.namespace,
    )


def import_app(operator: Operator) -> Callable[[], Any]:
    """Import all modules of a worker once for all workers, and return the function that makes its application.

    Modules that are imported before the fork are in memory once. Metrics need their directory before the import.
    """
    import prometheus_client  # noqa: F401

    from webhook.commands.application import load_app

    if operator.settings.trace_endpoint:
        import webhook.serving.tracing  # noqa: F401

    gc.collect()
    gc.freeze()  # a collection writes into all objects, and each written page would be copied for each worker
    return partial(load_app, operator)


def find_segments(settings: Settings) -> PathSegments | None:
    """Return the secret segments of the path; None if the operator has set no file for them."""
    return PathSegments(settings.path_segments_file) if settings.path_segments_file else None


def _check_defaults(defaults: Defaults) -> None:
    address, image = defaults["address"], defaults["launcher_image"]
    try:
        ADDRESS.parse(address)
    except ValueError:
        shown = address.rpartition("@")[2]
        raise InvalidSetting(f"VAULT_ADDR={shown} is not {ADDRESS.accepted}") from None
    if not image:
        raise InvalidSetting(
            "VAULT_ENV_IMAGE is not set: name the image of target `vault-env` of the Dockerfile"
        )
    if is_foreign_image(image):
        raise InvalidSetting(
            f"VAULT_ENV_IMAGE={image} holds another program of that name: name our own image"
        )
