"""Azure managed identities (https://developer.hashicorp.com/vault/api-docs/auth/azure#login)."""

from __future__ import annotations

from vaultenv.client.clouds.fetch import fetch_json
from vaultenv.errors import LoginFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.basics.deadline import Deadline
    from vaultenv.settings import Settings

_HEADERS = {"Metadata": "true"}
_RESOURCE = "https%3A%2F%2Fmanagement.azure.com%2F"


def azure_login(settings: Settings, deadline: Deadline) -> dict[str, str]:
    """Return the machine's token and location; AZURE_POD_IDENTITY_AUTHORITY_HOST replaces the metadata server."""
    base = (settings.foreign("AZURE_POD_IDENTITY_AUTHORITY_HOST") or "http://169.254.169.254").rstrip("/")
    token = fetch_json(
        settings,
        deadline,
        f"{base}/metadata/identity/oauth2/token?api-version=2018-02-01&resource={_RESOURCE}",
        _HEADERS,
    )
    jwt = token.get("access_token")
    if not isinstance(jwt, str):
        raise LoginFailed("failed to read login data: the identity service's answer holds no token")
    compute = fetch_json(
        settings, deadline, f"{base}/metadata/instance/compute?api-version=2020-06-01", _HEADERS
    )
    machine = {
        "subscription_id": compute.get("subscriptionId"),
        "resource_group_name": compute.get("resourceGroupName"),
        "vm_name": compute.get("name"),
        "vmss_name": compute.get("vmScaleSetName"),
    }
    return {
        "role": settings.role,
        "jwt": jwt,
        **{name: str(value) for name, value in machine.items() if value},
    }
