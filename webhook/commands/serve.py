"""`vault-webhook serve`: the webhook itself; its settings are environment variables (docs/operator-settings.md)."""

import argparse
import os
from collections.abc import Mapping
from typing import Any

from webhook.annotations import Defaults, read_defaults
from webhook.configure import is_foreign_image
from webhook.errors import InvalidSetting
from webhook.log import Log
from webhook.registry.settings import RegistrySettings
from webhook.settings import Settings, read_settings


def run(arguments: list[str]) -> int:
    """Serve until SIGTERM; InvalidSetting if the environment cannot be used."""
    parser = argparse.ArgumentParser(
        prog="vault-webhook serve", description="Settings are environment variables."
    )
    parser.parse_args(arguments)
    environ = dict(os.environ)
    settings, defaults = read_settings(environ), read_defaults(environ)
    check_launcher_image(defaults["launcher_image"])
    log = Log(settings.log_level)
    log.write("info", "starting", address=settings.listen_address, tls=bool(settings.tls_cert_file))

    from webhook.server import serve  # gunicorn is loaded when there is something to serve

    serve(settings, lambda: load_app(settings, defaults, environ, log), log)
    return 0


def load_app(settings: Settings, defaults: Defaults, environ: Mapping[str, str], log: Log) -> Any:
    """Return the WSGI application with its connections to the outside world."""
    from webhook.admission import Admission, Services  # metrics need their directory before they are loaded
    from webhook.app import create_app
    from webhook.cluster import Cluster
    from webhook.kubeconfig import find_connection
    from webhook.metrics import Metrics
    from webhook.registry.client import RegistryClient
    from webhook.vault import Vault

    connection, registry = find_connection(environ), RegistrySettings.from_environ(environ)
    cluster = Cluster(connection)
    services = Services(
        cluster=cluster,
        registry=RegistryClient(registry),
        vault=Vault(cluster, settings.vault_ca_file),
        own_namespace=environ.get("KUBERNETES_NAMESPACE") or connection.namespace,
        default_pull_secrets=_default_pull_secrets(registry),
    )
    return create_app(Admission(settings, defaults, services), Metrics(), log, settings.budget_s)


def _default_pull_secrets(registry: RegistrySettings) -> list[tuple[str, str]]:
    place = (registry.default_secret_namespace, registry.default_secret)
    return [place] if all(place) else []


def check_launcher_image(image: str) -> None:
    """Return if pods can get their launcher from `image`; InvalidSetting says what is wrong."""
    if not image:
        raise InvalidSetting(
            "VAULT_ENV_IMAGE is not set: name the image of target `vault-env` of the Dockerfile"
        )
    if is_foreign_image(image):
        raise InvalidSetting(
            f"VAULT_ENV_IMAGE={image} holds another program of that name: name our own image"
        )
