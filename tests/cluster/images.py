"""Images that pods of the tests run, made from files of this machine."""

from pathlib import Path

from tests.servers.images import File, Folder, Image, Link, image

_BUSYBOX = Path("/bin/busybox")  # Debian's busybox-static
_APPLETS = "sh cat cp date echo env grep head id ls mount nc nslookup printf ps sleep stat touch tr true wget".split()  # noqa: SIM905


def pause() -> Image:
    """What the sandbox of a pod runs: it sleeps until it is killed."""
    return image(
        {"bin/busybox": File(_BUSYBOX.read_bytes())}, entrypoint=["/bin/busybox", "sleep", "infinity"]
    )


def shell(**settings: object) -> Image:
    """A small system with a shell, without C library, certificates or users, as in the usual minimal images."""
    applets = {f"bin/{name}": Link("busybox") for name in _APPLETS}
    root = {"bin/busybox": File(_BUSYBOX.read_bytes()), **applets, "tmp": Folder(0o1777)}
    return image(root, **{"cmd": ["sh"], "environment": ["PATH=/bin"], **settings})  # type: ignore[arg-type]
