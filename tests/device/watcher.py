"""A viewer in a process of its own that stays: ``python -m tests.device.watcher LINK CA``.

It prints ``session COOKIE``, then ``picture NUMBER WIDTHxHEIGHT YUV`` for every tenth picture, in
hexadecimal the colour of its middle, and ``hangup REASON`` when the call ends, upon which it waits
for the next call. It leaves when its standard input is closed.
"""

import asyncio
import ssl
import sys
from contextlib import suppress
from urllib.parse import urlsplit

import aiohttp
from av import VideoFrame

from edgecam.lifecycle import cancelled
from tests.sockets import Socket
from tests.viewer import Screen


def _middle(picture: VideoFrame) -> str:
    return bytes(
        memoryview(plane)[plane.height // 2 * plane.line_size + plane.width // 2]
        for plane in picture.planes
    ).hex()


async def _show(screen: Screen) -> None:
    number = 0
    # A track that ends raises what has no public name.
    with suppress(Exception):
        while True:
            picture = await screen.picture()
            number += 1
            if number % 10 == 1:
                size = f"{picture.width}x{picture.height}"
                print(f"picture {number} {size} {_middle(picture)}", flush=True)


async def _watch(socket: Socket) -> None:
    screen = Screen()
    showing: asyncio.Task[None] | None = None
    inbox: asyncio.Queue[tuple[str, object]] = socket._inbox
    try:
        while True:
            # Longer than Socket.next would wait: here nothing may happen for minutes.
            event, payload = await inbox.get()
            if event == "offer":
                await cancelled(showing)
                await screen.close()
                screen = Screen()
                assert isinstance(payload, dict)
                sdp = await screen.answer(payload["sdp"])
                await socket.say("answer", {"call": payload["call"], "sdp": sdp})
                showing = asyncio.create_task(_show(screen))
            elif event == "candidate":
                assert isinstance(payload, dict)
                await screen.add_candidate(payload["candidate"])
            elif event == "hangup":
                assert isinstance(payload, dict)
                print(f"hangup {payload['reason']}", flush=True)
                await socket.say("call", {})
            elif event == "disconnect":
                print("disconnect", flush=True)
                return
    finally:
        await cancelled(showing)
        await screen.close()


async def main(link: str, ca: str) -> None:
    """Until standard input is closed, or the server closes."""
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=ca))
    # Cookies of an address that has no name, too.
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as http:
        async with http.get(link) as answer:
            answer.raise_for_status()
        print(f"session {next(iter(jar)).value}", flush=True)
        socket = Socket("/viewer", http, "https://" + urlsplit(link).netloc + "/")
        await socket.connect()
        watching = asyncio.create_task(_watch(socket))
        closed = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
        await asyncio.wait((watching, closed), return_when=asyncio.FIRST_COMPLETED)
        await cancelled(watching)
        await socket.close()
        if watching.done() and not watching.cancelled():
            watching.result()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
