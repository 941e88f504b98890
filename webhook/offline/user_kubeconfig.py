"""The connection to the API server from a person's kubeconfig.

The webhook's own code reads a token or client certificate in one file. For every other login (plug-ins of cloud
providers, OIDC, several files in KUBECONFIG) the official client provides the connection; objects are read by the
webhook's own client in any case.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import getproxies

import yaml

from vaultkube.apiserver.kubeconfig import NO_KUBECONFIG, NOT_ONE, Connection, find_connection, refuse_proxy
from vaultkube.errors import InvalidSetting
from vaultkube.net.tls import PEM

DEFAULT = Path("~/.kube/config")


def find_person_connection(environ: Mapping[str, str]) -> Connection:
    """Return the connection of KUBECONFIG or ~/.kube/config; raise InvalidSetting if neither can be used."""
    kubeconfig = environ.get("KUBECONFIG") or str(DEFAULT.expanduser())
    if os.pathsep not in kubeconfig:
        try:
            return find_connection({"KUBECONFIG": kubeconfig})
        except InvalidSetting:
            if not Path(kubeconfig).is_file():
                raise
    return _official(kubeconfig)


def _official(kubeconfig: str) -> Connection:
    try:
        from kubernetes import client, config  # of the extra `laptop`; slow to load
    except ImportError:
        raise InvalidSetting(
            f"KUBECONFIG {kubeconfig} has neither token nor client certificate; "
            "its way to log in needs, in a clone of the repository: pip install '.[laptop]'"
        ) from None
    found = client.Configuration()
    try:
        config.load_kube_config(config_file=kubeconfig, client_configuration=found)  # type: ignore[no-untyped-call]
        _, current = config.list_kube_config_contexts(kubeconfig)  # type: ignore[no-untyped-call]
    except (config.ConfigException, OSError) as error:
        raise InvalidSetting(f"KUBECONFIG {kubeconfig} cannot be used: {error}") from None
    except (yaml.YAMLError, *NO_KUBECONFIG):
        raise InvalidSetting(f"KUBECONFIG {kubeconfig} cannot be used: {NOT_ONE}") from None
    if found.proxy not in getproxies().values():
        refuse_proxy(kubeconfig, found.proxy)
    logins: Mapping[str, Any] = dict(found.auth_settings())
    values = (str(login["value"]) for login in logins.values())
    token = next((value for value in values if value.startswith("Bearer ")), "")
    certificate = PEM(file=found.cert_file or ""), PEM(file=found.key_file or "")
    return Connection(
        server=found.host.rstrip("/"),
        ca=PEM(file=found.ssl_ca_cert or ""),
        token=token.removeprefix("Bearer "),
        client_certificate=certificate if all(certificate) else None,
        skip_verify=not found.verify_ssl,
        namespace=current["context"].get("namespace") or "default",
        server_name=found.tls_server_name or "",
    )
