"""Somebody outside who asks a node for its page, as browsers do but for what they keep."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from tests.node import Node


class Visitor:
    """Somebody outside, who has heard of the certificate elsewhere."""

    def __init__(self, node: Node, http: aiohttp.ClientSession) -> None:
        self._node = node
        self._http = http

    async def comes(self, cookie: str = "") -> int:
        """What asking for the page is answered."""
        headers = {"Cookie": cookie} if cookie else {}
        async with self._http.get(self._node.url(), headers=headers) as answer:
            return answer.status

    async def sends(self, path: str, **fields: str) -> str:
        """The cookie that a form gives; "" if it gives none."""
        headers = {"Origin": self._node.url().rstrip("/")}
        url = self._node.url(path)
        async with self._http.post(
            url, data=fields, headers=headers, allow_redirects=False
        ) as answer:
            return answer.headers.get("Set-Cookie", "").partition(";")[0]


@asynccontextmanager
async def visitor(node: Node) -> AsyncIterator[Visitor]:
    """One who keeps no cookie but those that it is told to show."""
    connector = aiohttp.TCPConnector(ssl=False)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as http:
        yield Visitor(node, http)
