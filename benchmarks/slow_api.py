"""A local API that answers every call after 50 ms: `python -m benchmarks.slow_api PORT`."""

from __future__ import annotations

import asyncio
import sys

DELAY_SECONDS = 0.05
_TOKEN = b'{"access_token":"a-token-of-the-bench","expires_in":7200}'
_OK = b'{"errcode":0,"errmsg":"ok"}'


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lower = head.lower()
            if b"content-length:" in lower:
                length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
            body = _OK
            if b"token" in head.split(b"\r\n")[0].split(b"?")[0]:
                body = _TOKEN
            elif b"/healthz" not in head:
                await asyncio.sleep(DELAY_SECONDS)
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                + str(len(body)).encode()
                + b"\r\n\r\n"
                + body
            )
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(port: int) -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", port, backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
