"""Leased secrets in exec mode: their leases end, and a program without daemon mode keeps the expired values."""

from collections.abc import Iterator, Sequence

from vaultenv.template_sources import TemplateSource
from vaultkube.problem import Problem
from webhook.config.hashicorp.login import Origin, about
from webhook.config.hashicorp.template_analysis import named_paths, without_query

_ENGINES = (
    *("ad", "alicloud", "aws", "azure", "consul", "database", "gcp", "kubernetes", "ldap", "mongodbatlas"),
    *("nomad", "openldap", "pki", "rabbitmq", "terraform"),
)
"""Engines that issue leased secrets, by the names at which they are usually mounted (`vault secrets enable NAME`)."""
_ISSUING = ("creds", "issue", "key", "sign", "sts", "token")
"""Words after the mount for paths that issue them: `database/creds/ROLE`, `aws/sts/ROLE`, `pki/issue/ROLE`."""


def lease_warnings(sources: Sequence[TemplateSource]) -> Iterator[Problem]:
    """Yield a warning for each source with such a path. It is a guess, as only Vault knows the engine of a mount."""
    for source in sources:
        field = "templates" if source.template else "secrets"
        paths = named_paths(source) if source.template else [without_query(source.path)]
        leased = [path for path in paths if path and _is_leased(path)]
        if leased:
            message = (
                f": {', '.join(leased)} {'hands' if len(leased) == 1 else 'hand'} out what probably ends while the program "
                "runs, and vault-env renders once, at the start: add the annotation vault-env-daemon, or give the role a time "
                "that outlasts the program"
            )
            yield Problem("lease-ends", *about(Origin(field, source.name), message))


def _is_leased(path: str) -> bool:
    engine, _, rest = path.strip("/").partition("/")
    return engine in _ENGINES and rest.partition("/")[0] in _ISSUING
