"""A TCP proxy that delays every byte, as a longer network path would: `python -m bench.launcher.delay PORT`.

It prints the port that it listens on. Only data is delayed, not the handshake of the connection itself.
"""

import asyncio
import sys

ONE_WAY_S = 0.0025


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy the data of `reader` to `writer`, each piece `ONE_WAY_S` after its arrival."""
    loop = asyncio.get_running_loop()
    while data := await reader.read(65536):
        loop.call_later(ONE_WAY_S, writer.write, data)
    loop.call_later(ONE_WAY_S, writer.close)


async def serve(port: int) -> None:
    """Accept connections for the server on that port of this machine, for ever."""

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
