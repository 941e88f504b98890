"""Errors of templates that are refused, or cannot be evaluated on a secret.

TemplateError            at a character of the source
└── NamedTemplateError   of a template with a name: at a line and column
"""

FAILS = "the template fails: "
"""The beginning of the message of `fail`; the rest is the template's, and may hold a value."""


class TemplateError(Exception):
    """Raised for a template; `message` never quotes a secret, `at` is the character of the template concerned."""

    def __init__(self, message: str, at: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


class NamedTemplateError(TemplateError):
    """Raised for a template with a name; `line` and `column` count from 1, the column in characters."""

    def __init__(self, name: str, source: str, error: TemplateError) -> None:
        super().__init__(error.message, error.at)
        self.name = name
        self.line, self.column = line_and_column(source, error.at)

    def __str__(self) -> str:
        return f"template {self.name}, line {self.line}, column {self.column}: {self.message}"


def without_value(error: TemplateError, source: str) -> TemplateError:
    """Return the error, without the message of `fail` unless the template itself has these words."""
    _, fails, said = error.message.partition(FAILS)
    if fails and said not in source:
        return TemplateError("it fails, with words that may hold a value", error.at)
    return error


def placed(error: TemplateError) -> str:
    """Return the error's message, with line, column and remedy if the template has a name."""
    if isinstance(error, NamedTemplateError):
        return (
            f"line {error.line}, column {error.column}: {error.message}: correct the template, or the secret"
        )
    return error.message


def line_and_column(source: str, at: int) -> tuple[int, int]:
    """Return the line and the column of a character, both from 1."""
    return source.count("\n", 0, at) + 1, at - source.rfind("\n", 0, at)
