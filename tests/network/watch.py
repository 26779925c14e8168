"""A viewer in a process of its own: ``python -m tests.network.watch LINK CA [all|relay] [--stay]``.

It opens the one-time link, takes the offer, uses the servers that came with it, and prints one
line of JSON once it has a picture: what kinds of candidates it was offered and has found itself,
and the picture's size. Before that, a line for each reason to wait. With ``--stay`` it then goes
on watching until it is killed.
"""

import argparse
import asyncio
import json
import ssl
from urllib.parse import urlsplit

import aiohttp
from aiortc import RTCConfiguration, RTCIceServer, RTCIceTransportPolicy, RTCPeerConnection

from tests.sockets import Socket
from tests.viewer import Screen


class Anywhere(Screen):
    """A screen that asks STUN and TURN servers for candidates."""

    def __init__(self, configuration: RTCConfiguration) -> None:
        super().__init__()
        self.pc = RTCPeerConnection(configuration)
        self.pc.on("track", self._add)
        self.pc.on("connectionstatechange", self._note_state)


def kinds(lines: list[str]) -> list[str]:
    """The types of candidates in ``lines``, each once."""
    return sorted({line.split(" typ ")[1].split()[0] for line in lines if " typ " in line})


async def watch(link: str, ca: str, policy: str, *, stay: bool) -> None:
    """From the link to the first picture, or without end."""
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=ca))
    # Cookies of an address that has no name, too.
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as http:
        async with http.get(link) as answer:
            answer.raise_for_status()
        socket = Socket("/viewer", http, "https://" + urlsplit(link).netloc + "/")
        await socket.connect()
        try:
            while (message := await socket.next())[0] != "offer":
                print(json.dumps(message), flush=True)
            await show(socket, message[1], policy, stay=stay)
        finally:
            await socket.close()


async def show(socket: Socket, offer: dict[str, object], policy: str, *, stay: bool) -> None:
    """Answer ``offer``, wait for a picture and say how it came."""
    servers = [RTCIceServer(**server) for server in offer["iceServers"]]  # type: ignore[attr-defined]
    screen = Anywhere(RTCConfiguration(servers, RTCIceTransportPolicy(policy)))
    try:
        sdp = await screen.answer(str(offer["sdp"]))
        await socket.say("answer", {"call": offer["call"], "sdp": sdp})
        offered: list[str] = []
        while (candidate := (await socket.hear_until("candidate"))["candidate"]) is not None:
            offered.append(candidate["candidate"])
            await screen.add_candidate(candidate)
        picture = await screen.picture()
        found = {
            "offered": kinds(offered),
            "found": kinds(sdp.splitlines()),
            "picture": [picture.width, picture.height],
        }
        print(json.dumps(found), flush=True)
        while stay:
            await screen.picture()
    finally:
        await screen.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("link")
    parser.add_argument("ca")
    parser.add_argument("policy", nargs="?", default="all", choices=("all", "relay"))
    parser.add_argument("--stay", action="store_true")
    arguments = parser.parse_args()
    asyncio.run(watch(arguments.link, arguments.ca, arguments.policy, stay=arguments.stay))
