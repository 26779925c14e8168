"""Pictures by HTTP: who gets them, when there are none, and that nobody keeps an old one."""

import asyncio
import re
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path

import aiohttp
import av
import pytest
from argon2 import PasswordHasher
from av import VideoFrame

from edgecam.accounts import passwords
from edgecam.capture import source, stamp
from edgecam.capture.shared import SharedCamera
from edgecam.encode.decoded import Decoded
from edgecam.encode.encoded import EncodedVideo
from edgecam.encode.jpeg import Jpeg
from edgecam.errors import NoPlace, SourceError
from edgecam.lifecycle import cancelled
from edgecam.media import NS, Picture, VideoFormat
from edgecam.stills.stills import Stills
from edgecam.web import pictures
from tests.door import Door, open_door
from tests.node import running_node
from tests.producer import DrivenProducer
from tests.sockets import PATIENCE, http_session
from tests.test_encode_h264 import SMALL
from tests.test_encode_h264 import pictures as given
from tests.viewer import trust

SIZE = VideoFormat(640, 360, 30)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hashed here is not worth a second."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))


async def until(true: Callable[[], bool]) -> None:
    """Wait for what nobody tells."""
    while not true():  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.01)


class Camera:
    """A virtual camera that fails when a test says so, and counts."""

    def __init__(self) -> None:
        self.failing = ""
        self.opened = self.closed = 0
        self._camera = source.camera("virtual", SIZE)

    def open(self) -> None:
        self.opened += 1
        self._check()
        self._camera.open()

    def read(self) -> source.Seen:
        self._check()
        return self._camera.read()

    def close(self) -> None:
        self.closed += 1
        self._camera.close()

    def _check(self) -> None:
        if self.failing:
            raise SourceError(self.failing)


class Studio:
    """A door with a camera behind it, with ``places`` for readers."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.camera = Camera()
        self.places = 2
        self.readers = 0
        jpegs = EncodedVideo(
            Decoded(SharedCamera(self.camera).tap("JPEG")), lambda: Jpeg(SIZE, rate=15)
        )
        self.stills = Stills(jpegs, 15, lambda: self.places - self.readers, self._count)
        door.web.pictures.stills = self.stills

    def _count(self, readers: int) -> None:
        self.readers = readers

    async def token(self, role: str, name: str = "robot") -> str:
        """A new API token of that role."""
        made = await self.door.keeper.command("token-add", {"name": name, "role": role})
        return str(made["token"])

    async def get(self, path: str, **kwargs: object) -> tuple[int, bytes, "dict[str, str]"]:
        """What is answered."""
        http = await self.door.stranger()
        async with http.get(self.door.url + path, **kwargs) as told:  # type: ignore[arg-type]
            return told.status, await told.read(), dict(told.headers)

    async def listed(self) -> list[str]:
        """Kinds of those who watch."""
        return [each["kind"] for each in self.door.keeper.audience.listed()]

    async def rest(self) -> None:
        """Wait until the camera is closed."""
        async with asyncio.timeout(PATIENCE):
            await until(lambda: self.stills.fanout.state == "idle")


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    """A page with its signaling server and pictures."""
    async with open_door(tmp_path) as door:
        studio = await asyncio.to_thread(Studio, door)
        task = asyncio.create_task(studio.stills.run())
        yield studio
        await cancelled(task)


def decoded(jpeg: bytes) -> VideoFrame:
    """What is in it."""
    with av.open(BytesIO(jpeg), "r", format="mjpeg") as container:
        return next(container.decode(video=0))


def test_a_jpeg_is_the_picture_that_went_in() -> None:
    """At the rate asked for, the first at once, and whichever somebody waits for."""
    with closing(Jpeg(SMALL, rate=10)) as encoder:
        made = [encoder.encode(each, n == 4) for n, each in enumerate(given(SMALL, 12))]
    assert [len(each) for each in made] == [1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1, 0]
    stamps = [stamp.read(_limited(decoded(each[0].data))) for each in made if each]
    assert [found and found.number for found in stamps] == [0, 3, 4, 7, 10]
    with pytest.raises(SourceError):
        encoder.encode(given(SMALL, 1)[0], True)


def test_a_camera_that_breaks_its_promise() -> None:
    """Another size is a failure in words."""
    with closing(Jpeg(SMALL, rate=10)) as encoder, pytest.raises(SourceError):
        encoder.encode(Picture(VideoFrame(64, 64, "yuv420p"), NS), False)


def _limited(frame: VideoFrame) -> VideoFrame:
    return frame.reformat(format="yuv420p", dst_color_range="MPEG")


async def test_a_snapshot(studio: Studio) -> None:
    """A fresh picture for an operator; the camera is opened for it and let go after."""
    headers = {"Cookie": await studio.door.cookie("operator")}
    status, body, told = await studio.get("snapshot.jpg", headers=headers)
    assert status == 200
    assert told["Content-Type"] == "image/jpeg"
    assert told["Cache-Control"] == "no-store"
    assert told["Cross-Origin-Resource-Policy"] == "same-origin"
    frame = decoded(body)
    assert (frame.width, frame.height) == (SIZE.width, SIZE.height)
    assert await studio.listed() == ["snapshot"]
    await studio.rest()
    assert studio.camera.opened == 1
    assert studio.stills._last is not None
    studio.stills._life_ns = NS * 3_600
    assert (await studio.get("snapshot.jpg", headers=headers))[1] == body
    assert studio.camera.opened == 1
    studio.stills._life_ns = 0
    assert (await studio.get("snapshot.jpg", headers=headers))[1] != body
    await studio.rest()
    assert studio.camera.opened == 2
    assert await studio.listed() == ["snapshot"]


def basic(name: str, password: str) -> str:
    """The header of that."""
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"


async def test_ways_to_show_a_token(studio: Studio) -> None:
    """As a bearer, a password or in the address, for these two and nothing else."""
    token = await studio.token("operator")
    ways: list[tuple[str, dict[str, str]]] = [
        ("snapshot.jpg", {"Authorization": f"Bearer {token}"}),
        ("snapshot.jpg", {"Authorization": basic("me", token)}),
        (f"snapshot.jpg?token={token}", {}),
    ]
    for path, headers in ways:
        status, _, told = await studio.get(path, headers=headers)
        assert status == 200
    assert told["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert (await studio.get(f"style.css?token={token}"))[0] == 401
    wrong = [
        ("snapshot.jpg?token=x", {}),
        ("snapshot.jpg", {"Authorization": "Basic %%%"}),
        ("snapshot.jpg", {"Authorization": basic(token, "x")}),
    ]
    for path, headers in wrong:
        status, _, told = await studio.get(path, headers=headers)
        assert status == 401
        assert told["WWW-Authenticate"].startswith("Basic")
    viewers = await studio.token("viewer", "other")
    assert (await studio.get(f"snapshot.jpg?token={viewers}"))[0] == 403


async def test_no_picture_is_better_than_an_old_one(studio: Studio) -> None:
    """A camera that is lost is a 503 with the reason, also right after a picture."""
    token = await studio.token("operator")
    assert (await studio.get(f"snapshot.jpg?token={token}"))[0] == 200
    await studio.rest()
    studio.camera.failing = "the cable is out"
    studio.stills._life_ns = 0
    status, body, told = await studio.get(f"snapshot.jpg?token={token}")
    assert status == 503
    assert b"the cable is out" in body
    assert int(told["Retry-After"]) > 0
    assert (await studio.get(f"stream.mjpg?token={token}"))[0] == 503
    studio.camera.failing = ""
    assert (await studio.get(f"snapshot.jpg?token={token}"))[0] == 200


async def parts(told: aiohttp.ClientResponse, count: int) -> list[bytes]:
    """So many pictures of a stream."""
    found: list[bytes] = []
    data = b""
    async with asyncio.timeout(PATIENCE):
        while len(found) < count:
            data += await told.content.readany()
            while match := re.search(rb"Content-Length: (\d+)\r\n\r\n", data):
                end = match.end() + int(match[1])
                if len(data) < end + 2:
                    break
                found.append(data[match.end() : end])
                data = data[end + 2 :]
    return found


async def test_a_stream(studio: Studio) -> None:
    """One picture after the other, made once for all; it ends with the camera."""
    token = await studio.token("viewer")
    http, other = await studio.door.stranger(), await studio.door.stranger()
    url = f"{studio.door.url}stream.mjpg?token={token}"
    async with http.get(url) as one, other.get(url) as two:
        assert one.headers["Content-Type"].startswith("multipart/x-mixed-replace")
        assert one.headers["X-Content-Type-Options"] == "nosniff"
        seen = [stamp.read(_limited(decoded(each))) for each in await parts(one, 3)]
        await parts(two, 1)
        assert len(set(seen)) == 3
        assert None not in seen
        assert studio.readers == 2
        assert studio.camera.opened == 1
        assert await studio.listed() == ["mjpeg", "mjpeg"]
        assert (await studio.get(f"stream.mjpg?token={token}"))[0] == 503
        studio.camera.failing = "the cable is out"
        async with asyncio.timeout(PATIENCE):
            await one.content.read()
            await two.content.read()


@pytest.mark.parametrize("end", ["revoked", "hung up"])
async def test_a_stream_that_is_ended(studio: Studio, end: str) -> None:
    """At once, when the token is revoked or an admin hangs up; then there is none for a while."""
    token = await studio.token("viewer")
    http = await studio.door.stranger()
    url = f"{studio.door.url}stream.mjpg?token={token}"
    async with http.get(url) as told:
        await parts(told, 1)
        if end == "revoked":
            await studio.door.keeper.command("token-revoke", {"name": "robot"})
        else:
            [it] = studio.door.keeper.audience.listed()
            await studio.door.keeper.hang_up(it["id"])
        with pytest.raises(aiohttp.ClientError):
            async with asyncio.timeout(PATIENCE):
                await told.content.read()
    await studio.rest()
    assert studio.readers == 0
    assert (await studio.get(f"stream.mjpg?token={token}"))[0] == (401 if end == "revoked" else 503)


async def test_who_does_not_read_is_cut(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And takes no place any more."""
    monkeypatch.setattr(pictures, "READ_DEADLINE", 0.05)
    token = await studio.token("viewer")
    door = studio.door
    lazy = socket.socket()
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    lazy.setblocking(False)
    await asyncio.get_running_loop().sock_connect(lazy, ("127.0.0.1", door.port))
    reader, writer = await asyncio.open_connection(
        sock=lazy, ssl=door.tls, server_hostname="localhost", limit=1
    )
    writer.write(f"GET /stream.mjpg?token={token} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    async with asyncio.timeout(PATIENCE):
        await reader.readexactly(1)
        await until(lambda: "does not read" in caplog.text)
    writer.close()
    await studio.rest()
    assert studio.readers == 0
    assert token not in caplog.text


async def test_places() -> None:
    """Who finds none is told so; a reader that has gone leaves its own."""
    stills = Stills(DrivenProducer(), 5, lambda: 0, lambda count: None)
    with pytest.raises(NoPlace):
        await stills.picture()


async def test_a_node_gives_pictures(tmp_path: Path) -> None:
    """To a token in the address, which is nowhere in the log."""
    async with running_node(tmp_path, log__level="debug", stills__rate=5) as node:
        code, token, _ = await node.command("token", "add", "printer", "--role", "operator")
        assert code == 0
        token = token.strip().splitlines()[-1]
        async with http_session(await asyncio.to_thread(trust, node)) as http:
            async with http.get(node.url(f"/snapshot.jpg?token={token}")) as told:
                assert told.status == 200
                frame = decoded(await told.read())
            async with http.get(node.url(f"/stream.mjpg?token={token}")) as told:
                await parts(told, 2)
                _, out, _ = await node.command("watching")
                assert "\tmjpeg\t" in out
                assert "printer" in out
                _, status, _ = await node.command("status")
                assert "1 of 8 watch" in status
        assert frame.width == 640
        assert token not in await asyncio.to_thread(lambda: node.log)
