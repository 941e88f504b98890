"""The table has every field of the Vault Secrets Operator, so that its manifests work unchanged."""

import pytest

from vaultkube.sync_resources.destination import Destination, Transformation
from vaultkube.sync_resources.resources import BY_KIND
from vaultkube.sync_resources.table import items_of

AUTH = (
    "namespace allowedNamespaces method mount params headers kubernetes appRole jwt aws gcp storageEncryption"
)
OF_THE_OPERATOR = {
    "VaultConnection": "address headers tlsServerName caCertSecretRef caCertPath skipTLSVerify timeout",
    "VaultAuth": f"vaultConnectionRef vaultAuthGlobalRef {AUTH}",
    "VaultAuthGlobal": "allowedNamespaces vaultConnectionRef defaultVaultNamespace defaultAuthMethod defaultMount params headers"
    " kubernetes appRole jwt aws gcp",
    "VaultStaticSecret": "vaultAuthRef namespace mount path version type refreshAfter hmacSecretData rolloutRestartTargets"
    " destination syncConfig",
    "VaultDynamicSecret": "vaultAuthRef namespace mount requestHTTPMethod path params renewalPercent revoke allowStaticCreds"
    " rolloutRestartTargets destination refreshAfter syncConfig",
    "VaultPKISecret": "vaultAuthRef namespace mount role revoke clear expiryOffset issuerRef rolloutRestartTargets destination"
    " commonName altNames ipSans uriSans otherSans userIDs ttl format privateKeyFormat notAfter excludeCNFromSans",
    "SecretTransformation": "templates sourceTemplates includes excludes",
}


@pytest.mark.parametrize("kind", BY_KIND)
def test_each_kind_has_the_fields_of_the_vault_secrets_operator(kind: str) -> None:
    assert {item.name for item in items_of(BY_KIND[kind].table)} == set(OF_THE_OPERATOR[kind].split())


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (Destination, "name create overwrite labels annotations type transformation"),
        (Transformation, "templates transformationRefs includes excludes excludeRaw"),
    ],
)
def test_a_destination_has_the_fields_of_the_vault_secrets_operator(table: type, names: str) -> None:
    assert {item.name for item in items_of(table)} == set(names.split())
