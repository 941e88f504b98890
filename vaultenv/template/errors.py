"""The error of a template that is refused, or cannot be evaluated on a secret."""


class TemplateError(Exception):
    """Raised for a template; `message` never quotes a secret, `at` is the character of the template concerned."""

    def __init__(self, message: str, at: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
