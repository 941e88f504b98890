"""Functions of Sprig v3 that only templates of custom objects have (https://masterminds.github.io/sprig/)."""

from collections.abc import Mapping

from vaultenv.template.functions import Function
from vaultkube.sync_resources.sprig.cases import CASES
from vaultkube.sync_resources.sprig.decimals import DECIMALS
from vaultkube.sync_resources.sprig.documents import DOCUMENTS
from vaultkube.sync_resources.sprig.durations import DURATIONS
from vaultkube.sync_resources.sprig.numbers import MORE_NUMBERS
from vaultkube.sync_resources.sprig.paths import PATHS
from vaultkube.sync_resources.sprig.regexes import REGEXES
from vaultkube.sync_resources.sprig.typed import TYPED
from vaultkube.sync_resources.sprig.types import TYPES
from vaultkube.sync_resources.sprig.urls import URLS
from vaultkube.sync_resources.sprig.wrapping import WRAPPING

FURTHER: Mapping[str, Function] = {
    **CASES,
    **DECIMALS,
    **DOCUMENTS,
    **DURATIONS,
    **MORE_NUMBERS,
    **PATHS,
    **REGEXES,
    **TYPED,
    **TYPES,
    **URLS,
    **WRAPPING,
}
"""The functions by name, also those of `${ … }` with results of Go's types."""
