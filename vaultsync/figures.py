"""Figures: metrics in the text format of Prometheus."""

from typing import NamedTuple


class Figure(NamedTuple):
    """A metric of /metrics: a counter if its name ends in `_total`, else a gauge."""

    name: str
    help: str
    value: float

    def __str__(self) -> str:
        """Return the lines of the metric: https://prometheus.io/docs/instrumenting/exposition_formats/."""
        type_ = "counter" if self.name.endswith("_total") else "gauge"
        return f"# HELP {self.name} {self.help}\n# TYPE {self.name} {type_}\n{self.name} {self.value:.17g}\n"
