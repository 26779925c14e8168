"""Which cameras there are, the sockets each calls from, and how each is."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from edgecam.signaling.messages import Status


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera as everybody may know it; ``camera`` is the same from one connection to the next.

    ``own``: it is this device's, and trusted.
    """

    camera: str
    name: str
    own: bool = False


class Why(NamedTuple):
    """Why there is no offer: the reason is for programs, the message for people."""

    reason: str
    message: str


class Cameras:
    """The cameras that are known, whether they call or not, and every socket that calls.

    A camera may have several: when a cable is pulled, the old one lasts for a while beside its
    successor. The newest speaks for the camera.
    """

    def __init__(self) -> None:
        self._known: dict[str, Camera] = {}
        self._sockets: dict[str, list[str]] = {}
        self._calling: dict[str, Camera] = {}
        self._statuses: dict[str, Status] = {}

    def know(self, camera: Camera) -> None:
        """List ``camera`` also while it is away."""
        self._known[camera.camera] = camera

    def forget(self, camera: str) -> None:
        """List it no more once its sockets have left."""
        self._known.pop(camera, None)

    def joined(self, socket: str, camera: Camera) -> None:
        """``camera`` calls from ``socket``, too."""
        self._calling[socket] = camera
        self._sockets.setdefault(camera.camera, []).append(socket)

    def left(self, socket: str) -> None:
        """It does no longer."""
        camera = self._calling.pop(socket).camera
        self._statuses.pop(socket, None)
        self._sockets[camera].remove(socket)
        if not self._sockets[camera]:
            del self._sockets[camera]

    def said(self, socket: str, status: Status) -> None:
        """How the caller at ``socket`` is from now on."""
        self._statuses[socket] = status

    def of(self, socket: str) -> Camera:
        """The camera that calls from ``socket``."""
        return self._calling[socket]

    def sockets(self, camera: str) -> list[str]:
        """Where ``camera`` calls from, the newest last."""
        return list(self._sockets.get(camera, ()))

    def speaker(self, camera: str) -> str | None:
        """The socket that speaks for ``camera``; None while it is away."""
        sockets = self._sockets.get(camera)
        return sockets[-1] if sockets else None

    def status(self, socket: str) -> Status | None:
        """What the caller at ``socket`` said last; None if it has said nothing yet."""
        return self._statuses.get(socket)

    def all(self) -> list[Camera]:
        """Every camera, the known ones first and in the order they became so."""
        calling = self._calling.values()
        others = {each.camera: each for each in calling if each.camera not in self._known}
        return [*self._known.values(), *others.values()]

    def state(self, camera: str) -> str:
        """How ``camera`` is: its caller's state, or ``away``."""
        speaker = self.speaker(camera)
        if speaker is None:
            return "away"
        status = self.status(speaker)
        return status.state if status else "ready"

    def listed(self) -> dict[str, Any]:
        """The payload of ``cameras``."""
        return {"cameras": [self._listed(camera) for camera in self.all()]}

    def why_none(self, wanted: str | None) -> Why:
        """Why a viewer that wants this camera, or any, gets no offer now."""
        if wanted is not None:
            return self._why_not(wanted)
        why = Why("no-caller", "the camera is away")
        for camera in self._sockets:
            why = self._why_not(camera)
            if why.reason == "no-offer":
                break
        return why

    def _why_not(self, camera: str) -> Why:
        speaker = self.speaker(camera)
        if speaker is None and camera not in self._known:
            return Why("unknown-camera", "there is no such camera")
        if speaker is None:
            return Why("no-caller", "the camera is away")
        status = self.status(speaker)
        if status is None or status.state == "ready":
            return Why("no-offer", "the camera is getting ready")
        return Why(status.state, status.message)

    def _listed(self, camera: Camera) -> dict[str, Any]:
        speaker = self.speaker(camera.camera)
        status = None if speaker is None else self.status(speaker)
        return {
            "camera": camera.camera,
            "name": camera.name,
            "state": self.state(camera.camera),
            "message": status.message if status else "",
            "viewers": status.viewers if status else 0,
            "places": status.places if status else 0,
        }
