"""Figures for Prometheus, in its text format."""

from typing import NamedTuple


class Figure(NamedTuple):
    """A figure of /metrics; one whose name ends in `_total` only grows."""

    name: str
    help: str
    value: float

    def __str__(self) -> str:
        """Return its lines: https://prometheus.io/docs/instrumenting/exposition_formats/."""
        type_ = "counter" if self.name.endswith("_total") else "gauge"
        return f"# HELP {self.name} {self.help}\n# TYPE {self.name} {type_}\n{self.name} {self.value:.17g}\n"
