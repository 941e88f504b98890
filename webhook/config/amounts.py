"""Amounts of CPU and memory among the operator's settings: no request above its limit, which the API server refuses."""

from collections.abc import Iterable, Mapping
from typing import Any

from vaultkube.documents.quantity import fitting, parse_quantity
from vaultkube.errors import InvalidSetting
from vaultkube.settings_table import Row

_PAIRS = (
    ("launcher_cpu_request", "launcher_cpu_limit"),
    ("launcher_memory_request", "launcher_memory_limit"),
)


def with_fitting_amounts(
    rows: Iterable[Row], values: Mapping[str, Any], environ: Mapping[str, str]
) -> dict[str, Any]:
    """Return the values of the rows, of which a request or limit that is not set gives way; raise InvalidSetting for two that
    contradict each other.
    """
    set_by = {row.field: name for row in rows for name in row.settings if environ.get(name, "").strip()}
    new = dict(values)
    for pair in _PAIRS:
        request, limit = fitting(
            *(values[field] for field in pair), is_set=(pair[0] in set_by, pair[1] in set_by)
        )
        if parse_quantity(request) > parse_quantity(limit):
            names = set_by[pair[0]], set_by[pair[1]]
            raise InvalidSetting(
                f"{names[0]}={request} is more than {names[1]}={limit}: lower the request, or raise the limit"
            )
        new |= zip(pair, (request, limit), strict=True)
    return new
