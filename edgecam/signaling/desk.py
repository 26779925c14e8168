"""The callers of a node that runs: added, listed and revoked while it does."""

import asyncio

from edgecam.signaling.callers import Callers, Registered
from edgecam.signaling.cameras import Camera
from edgecam.signaling.server import SignalingServer


class Desk:
    """Changes ``callers`` one at a time, and has ``server`` act on it at once."""

    def __init__(self, callers: Callers, server: SignalingServer) -> None:
        self._callers = callers
        self._server = server
        self._one_at_a_time = asyncio.Lock()
        for camera in callers.cameras:
            server.know(camera)

    def list(self) -> list[tuple[Registered, str]]:
        """The registered callers, and how the camera of each is just now."""
        cameras = self._server.calls.cameras
        return [(each, cameras.state(each.camera)) for each in self._callers.registered]

    async def add(self, name: str) -> tuple[Camera, str]:
        """A new camera and its token. CommandError if it can't be."""
        async with self._one_at_a_time:
            camera, token = await asyncio.to_thread(self._callers.add, name)
            self._server.know(camera)
        return camera, token

    async def revoke(self, name: str) -> Camera:
        """Let it call no more, and close its sockets. CommandError if there is none."""
        async with self._one_at_a_time:
            camera = await asyncio.to_thread(self._callers.revoke, name)
            self._server.forget(camera.camera)
        return camera
