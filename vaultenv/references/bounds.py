"""Limits for all values of one environment, or of one object, together."""

from vaultenv.basics.record import Record


class Bounds(Record):
    """Bytes of all values together, characters of a template's result, and units of work of all templates.

    `vaultenv.template.work` defines the unit.
    """

    __slots__ = ("longest_result", "template_units", "values_bytes")

    def __init__(
        self,
        values_bytes: int = 64 << 20,
        longest_result: int = 1 << 20,
        template_units: int = 64 << 20,
    ) -> None:
        self.values_bytes = values_bytes
        self.longest_result = longest_result
        self.template_units = template_units
