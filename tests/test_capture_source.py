"""The tables of drivers."""

from contextlib import suppress

import pytest

from edgecam.capture import source
from edgecam.capture.virtual_camera import VirtualCamera
from edgecam.capture.virtual_microphone import VirtualMicrophone
from edgecam.errors import SourceError
from edgecam.media import AudioFormat, VideoFormat


@pytest.mark.parametrize("driver", source.CAMERAS)
def test_every_camera_driver_is_there(driver: str) -> None:
    """Each name in the table leads to a driver, or to a SourceError if its library is missing."""
    with suppress(SourceError):
        source.camera(driver, VideoFormat(640, 360, 30)).close()


@pytest.mark.parametrize("driver", source.MICROPHONES)
def test_every_microphone_driver_is_there(driver: str) -> None:
    """Each name in the table leads to a driver, or to a SourceError if its library is missing."""
    with suppress(SourceError):
        source.microphone(driver, AudioFormat()).close()


def test_the_virtual_drivers_need_nothing() -> None:
    """The virtual devices are there on any system."""
    assert isinstance(source.camera("virtual", VideoFormat(640, 360, 30)), VirtualCamera)
    assert isinstance(source.microphone("virtual", AudioFormat()), VirtualMicrophone)


def test_a_missing_library_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver whose module can't be imported is a SourceError that names it."""
    monkeypatch.setitem(source.CAMERAS, "lost", "edgecam.capture.no_such_driver:Camera")
    with pytest.raises(SourceError, match="'lost' needs a library"):
        source.camera("lost", VideoFormat(640, 360, 30))
