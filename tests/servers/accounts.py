"""The accounts of the test registries and their rights."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Account:
    """A user of a registry; `bcrypt` is the hash of the password, for htpasswd files."""

    name: str
    password: str = field(repr=False)
    bcrypt: str = field(repr=False)
    actions: tuple[str, ...]
    """Grants of the token server; a registry with Basic authentication lets every account do everything."""


PULLER = Account(
    "puller", "pull-password", "$2b$04$Z7/deWiPZ6pGUzTJwHpo7.iYfJs9CE8gztKaFOFm6S.hBtKkr.ZC2", ("pull",)
)
PUSHER = Account(
    "pusher",
    "push-password",
    "$2b$04$kI5Y38vnUrUjhD7hEM5G2ucwTqAfPl/ZBQn2cFeNMFEIxvtCmk7BG",
    ("pull", "push"),
)
ACCOUNTS = (PULLER, PUSHER)


def htpasswd() -> str:
    """The content of an htpasswd file with every account."""
    return "".join(f"{account.name}:{account.bcrypt}\n" for account in ACCOUNTS)
