"""`python -m bench.webhook.crowd [--seconds N]`: the time of the API server's reviews beside thousands of clients.

The others are 2 100 idle connections, 200 that stop in the middle of a handshake, 300 that send a body too slowly, and
50 that send a request in TLS records of one byte. A client that is disconnected connects again a second later. They use
50 addresses of the loopback, and run in a process of their own; the API server holds its connection, and opens a new
one for every tenth review.

The others are 2 100 idle connections, 200 that stop in the middle of a handshake, 300 that send a body too slowly, and
50 that send a request in TLS records of one byte. Who is let go comes back a second later. They are from 50 addresses
of the loopback, and in a process of their own; the API server keeps its connection, and makes a new one for every tenth
review.
"""

import argparse
import asyncio
import logging
import multiprocessing
import resource
import ssl
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from bench.webhook.client import Connection, Load, paced
from bench.webhook.pod import review
from tests.servers.authority import Authority
from tests.webhook.served import Served, running

IDLE, HALF, SLOW, DRIPPING = 2100, 200, 300, 50
SEGMENT = "0123456789abcdef" * 3
_PER_S = 50
_AGAIN_S = 1.0
_FILES = 8192
_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
"""The beginning of a ClientHello that declares a greater length."""


def main() -> None:
    """Print the latencies without and with the crowd."""
    parser = argparse.ArgumentParser(prog="python -m bench.webhook.crowd")
    parser.add_argument("--seconds", type=float, default=20.0)
    seconds = parser.parse_args().seconds
    _more_files()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "segments").write_text(SEGMENT)
        authority = Authority(folder / "certificates")
        settings = {"PATH_SEGMENTS_FILE": str(folder / "segments")}
        with running(folder / "webhook", authority, settings) as served:
            _report("calm", _reviews(served, authority, seconds / 4))
            crowd = multiprocessing.get_context("spawn").Process(
                target=_crowd, args=(served.port,), daemon=True
            )
            crowd.start()
            time.sleep(5)
            _report("in a crowd", _reviews(served, authority, seconds))
            crowd.kill()
            crowd.join()


def _reviews(served: Served, authority: Authority, seconds: float) -> Load:
    address, path = ("127.0.0.1", served.port), f"/{SEGMENT}/pods"
    regular = [Connection(address, authority.ca_file, path, review()) for _ in range(4)]
    latencies: list[float] = []
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        latencies += paced(regular, 9 / _PER_S, _PER_S).latencies_s
        begun = time.perf_counter()
        new = Connection(address, authority.ca_file, path, review())
        paced([new], 1 / _PER_S, _PER_S)
        latencies.append(time.perf_counter() - begun)
        new.socket.close()
    return Load(latencies, time.perf_counter() - started)


def _report(title: str, load: Load) -> None:
    p50, p99 = load.percentile_ms(0.5), load.percentile_ms(0.99)
    longest = load.percentile_ms(1.0)
    print(
        f"{title:<12} {len(load.latencies_s):>6} reviews   p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   longest {longest:7.1f} ms"
    )


def _more_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _crowd(port: int) -> None:
    """Run the other clients until the process is killed."""
    _more_files()
    logging.getLogger("asyncio").setLevel(
        logging.ERROR
    )  # it warns of each byte for a connection that is closed
    asyncio.run(_others(port))


async def _others(port: int) -> None:
    kinds: list[tuple[Callable[[int, int], Awaitable[None]], int]] = [
        (_idle, IDLE),
        (_half, HALF),
        (_slow, SLOW),
        (_dripping, DRIPPING),
    ]
    clients = [(kind, number) for kind, count in kinds for number in range(count)]
    await asyncio.gather(*(_again(kind, port, number) for kind, number in clients))


async def _again(kind: Callable[[int, int], Awaitable[None]], port: int, number: int) -> None:
    while True:
        with suppress(OSError, ssl.SSLError, asyncio.IncompleteReadError):
            await kind(port, number)
        await asyncio.sleep(_AGAIN_S)


def _address(number: int) -> tuple[str, int]:
    return (f"127.0.1.{1 + number % 50}", 0)


async def _idle(port: int, number: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=_address(number))
    await reader.read()
    writer.close()


async def _half(port: int, number: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=_address(number))
    writer.write(_HELLO)
    await reader.read()
    writer.close()


def _greeting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _slow(port: int, number: int) -> None:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=_greeting(), local_addr=_address(number)
    )
    writer.write(f"POST /{SEGMENT}/pods HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n".encode())
    while not writer.is_closing():
        writer.write(b"{")
        await writer.drain()
        await asyncio.wait_for(_gone(reader), 1.0)
    writer.close()


async def _gone(reader: asyncio.StreamReader) -> None:
    """Return after the pause of a slow client; raise ConnectionError if the server has closed the connection."""
    with suppress(TimeoutError):
        if not await asyncio.wait_for(reader.read(1), 0.5):
            raise ConnectionError


async def _dripping(port: int, number: int) -> None:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=_greeting(), local_addr=_address(number)
    )
    for byte in b"POST /wrong/pods HTTP/1.1\r\n" + b"X-Filler: " + b"x" * 4000:
        if writer.is_closing():
            return
        writer.write(bytes([byte]))
        await writer.drain()
    await reader.read()
    writer.close()


if __name__ == "__main__":
    main()
