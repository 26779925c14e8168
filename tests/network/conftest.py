"""The networks that the tests call across."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.network.lab import Namespace, missing, namespaces

RELAY = "192.0.2.1"
CAMERA = "10.77.1.2"
VIEWER = "10.77.1.3"
SILENT = "10.77.1.99"
CAMERA6 = "fd00:77::1"


@dataclass(frozen=True)
class Network:
    """Where the camera, the viewer and, between or beside them, a server are."""

    camera: Namespace
    viewer: Namespace
    relay: Namespace


@pytest.fixture(scope="session")
def able() -> None:
    """Skip where namespaces can't be made, and say what is missing."""
    if lacking := missing():
        pytest.skip(f"NO CALL ACROSS NETWORKS WAS TRIED: {lacking}")


@pytest.fixture
def apart(able: None) -> Iterator[Network]:
    """Camera and viewer reach RELAY each, and nothing else; there is no way between the two."""
    with namespaces("camera", "viewer", "relay") as (camera, viewer, relay):
        relay.ip("addr", "add", f"{RELAY}/32", "dev", "lo")
        for space, net in ((camera, "10.77.1"), (viewer, "10.77.2")):
            space.plug(relay, f"{net}.2/24", f"{net}.1/24")
            space.ip("route", "add", f"{RELAY}/32", "via", f"{net}.1")
        yield Network(camera, viewer, relay)


@pytest.fixture
def lan(able: None) -> Iterator[Network]:
    """Camera and viewer on one cable; RELAY is reached by the camera alone.

    SILENT, the camera's name server, never answers anything.
    """
    with namespaces("camera", "viewer", "relay") as (camera, viewer, relay):
        camera.plug(viewer, f"{CAMERA}/24", f"{VIEWER}/24")
        camera.plug(relay, "10.77.9.2/24", "10.77.9.1/24", "eth1")
        relay.ip("addr", "add", f"{RELAY}/32", "dev", "lo")
        camera.ip("route", "add", f"{RELAY}/32", "via", "10.77.9.1")
        camera.silence(SILENT)
        camera.resolve_by(SILENT)
        yield Network(camera, viewer, relay)


@pytest.fixture
def ipv6(able: None) -> Iterator[Network]:
    """Camera and viewer on one cable that has no IPv4 address."""
    with namespaces("camera", "viewer") as (camera, viewer):
        camera.plug(viewer, f"{CAMERA6}/64", "fd00:77::2/64")
        yield Network(camera, viewer, camera)
