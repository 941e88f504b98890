"""A TCP proxy that hands on every byte later, as a longer way would: `python -m bench.launcher.delay PORT`.

Prints the port it listens on. Only what is sent is delayed, not the making of the connection itself.
"""

import asyncio
import sys

ONE_WAY_S = 0.0025


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Write what is read, each piece `ONE_WAY_S` after its arrival."""
    loop = asyncio.get_running_loop()
    while data := await reader.read(65536):
        loop.call_later(ONE_WAY_S, writer.write, data)
    loop.call_later(ONE_WAY_S, writer.close)


async def serve(port: int) -> None:
    """Accept connections for the server at that port of this machine, for ever."""

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
