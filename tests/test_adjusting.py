"""What can be adjusted of a camera: bounds, what is chosen and kept, the virtual one's."""

import asyncio
import json
from itertools import pairwise
from pathlib import Path

import pytest

from edgecam.capture import kept
from edgecam.capture.adjustable import Control, checked
from edgecam.capture.adjustments import Adjustments
from edgecam.capture.kept import KeptControls, read
from edgecam.capture.shared import SharedCamera
from edgecam.capture.shutter import Shutter, Shuttered
from edgecam.capture.virtual_camera import VirtualCamera
from edgecam.errors import NotAdjusted
from edgecam.files import write_private
from edgecam.media import Picture, VideoFormat
from tests.sockets import PATIENCE

GAIN = Control("gain", "number", 1, 1, 1, 16, 0.5, "dB")
AUTO = Control("auto", "switch", True, True)
MODE = Control("mode", "choice", "still", "still", choices=("still", "moving"))
ONCE = Control("once", "button")
PLACE = Control("place", "area")
ALL = (GAIN, AUTO, MODE, ONCE, PLACE)


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("gain", 1, 1),
        ("gain", 16, 16),
        ("gain", 2.74, 2.5),
        ("auto", False, False),
        ("mode", "moving", "moving"),
        ("once", True, True),
        ("place", [0, 0.5], (0.0, 0.5)),
    ],
)
def test_what_a_control_takes(name: str, value: object, taken: object) -> None:
    """Numbers go onto the steps there are."""
    assert checked(ALL, {name: value}) == {name: taken}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        *[("gain", it, "from 1 to 16 dB") for it in (0.9, 16.1, "2", True, None, float("nan"))],
        ("gain", 10**400, "from 1 to 16 dB"),
        *[("auto", it, "true or false") for it in (1, "on", None)],
        *[("mode", it, "one of still, moving") for it in ("Still", 0, ["still"])],
        *[("once", it, "which presses it") for it in (False, 1)],
        *[("place", it, "two numbers") for it in ([1], [0, 1.1], [0, "1"], {"x": 0, "y": 0}, "01")],
        ("x" * 5_000, 1, "no such control"),
    ],
)
def test_what_it_does_not_take(name: str, value: object, words: str) -> None:
    """It is said what would be."""
    with pytest.raises(NotAdjusted, match=words) as raised:
        checked(ALL, {name: value})
    assert len(str(raised.value)) < 200


def test_all_or_nothing() -> None:
    """Every fault is told, and nothing has changed."""
    adjustments = Adjustments()
    adjustments.begin("one", ALL)
    with pytest.raises(NotAdjusted) as raised:
        adjustments.adjust({"gain": 99, "mode": "moving", "nothing": 1}, ["neither"])
    assert len(raised.value.faults) == 3
    assert (adjustments.controls(), adjustments.take(), adjustments.kept) == (ALL, {}, {})


def test_what_is_chosen_is_taken_once_and_again_at_each_opening() -> None:
    """Modes first; of buttons and places only the press is."""
    adjustments = Adjustments()
    adjustments.begin("one", ALL)
    adjustments.adjust({"gain": 4, "once": True, "place": (0.5, 0.5), "auto": False})
    assert list(adjustments.take()) == ["auto", "gain", "once", "place"]
    assert adjustments.take() == {}
    assert [it.value for it in adjustments.controls()] == [4, False, "still", None, None]
    adjustments.begin("one", ALL)
    assert adjustments.take() == {"auto": False, "gain": 4}
    adjustments.adjust({"gain": 2}, None)
    assert adjustments.take() == {"auto": True, "mode": "still", "gain": 2}
    assert adjustments.kept == {"one": {"gain": 2}}


def test_what_is_chosen_is_one_cameras() -> None:
    """Another camera has its own; what one of the same name no longer takes is passed over."""
    adjustments = Adjustments()
    adjustments.remember({"one": {"gain": 4, "gone": 7, "mode": "odd"}})
    assert adjustments.controls() == ()
    adjustments.begin("two", ALL)
    assert adjustments.take() == {}
    adjustments.adjust({"gain": 8})
    adjustments.begin("one", ALL)
    assert adjustments.take() == {"gain": 4}
    adjustments.begin("two", ALL)
    assert adjustments.take() == {"gain": 8}


def test_what_the_driver_has_seen() -> None:
    """Is how it is, but for what it has not taken yet."""
    adjustments = Adjustments()
    adjustments.begin("one", ALL)
    adjustments.adjust({"gain": 4})
    fixed = Control("auto", "switch", True, False, fixed=True)
    adjustments.seen([GAIN, fixed])
    assert [(it.name, it.value, it.fixed) for it in adjustments.controls()] == [
        ("gain", 4, False),
        ("auto", False, True),
    ]


async def test_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what was chosen just before the end."""
    monkeypatch.setattr(kept, "QUIET", 3_600)
    path = tmp_path / "controls"
    adjustments = Adjustments()
    adjustments.begin("one", ALL)
    keeper = KeptControls(adjustments, path)
    keeping = asyncio.create_task(keeper.run())
    await keeper.ready.wait()
    adjustments.adjust({"gain": 4, "mode": "moving", "once": True})
    keeping.cancel()
    await asyncio.wait([keeping])
    assert await asyncio.to_thread(read, path) == {"one": {"gain": 4, "mode": "moving"}}


async def test_it_is_written_while_the_node_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut may come; and what can't be written stays in force."""
    monkeypatch.setattr(kept, "QUIET", 0)
    written = asyncio.Event()
    loop = asyncio.get_running_loop()

    def noted(path: Path, data: bytes) -> None:
        loop.call_soon_threadsafe(written.set)
        write_private(path, data)

    monkeypatch.setattr(kept, "write_private", noted)
    adjustments = Adjustments()
    adjustments.begin("one", ALL)
    keeper = KeptControls(adjustments, tmp_path / "no" / "folder")
    keeping = asyncio.create_task(keeper.run())
    await keeper.ready.wait()
    adjustments.adjust({"gain": 4})
    async with asyncio.timeout(PATIENCE):
        await written.wait()
    keeping.cancel()
    await asyncio.wait([keeping])
    assert adjustments.controls()[0].value == 4


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"one": 7}', b"\xff", b"[" * 9_000])
def test_a_file_that_is_no_good(tmp_path: Path, content: bytes) -> None:
    """Nothing was chosen then."""
    path = tmp_path / "controls"
    path.write_bytes(content)
    assert read(path) == {}


def test_a_file_by_hand(tmp_path: Path) -> None:
    """Whatever is in it, bounds are bounds."""
    path = tmp_path / "controls"
    path.write_text(json.dumps({"virtual": {"brightness": 1e9, "contrast": [], "zoom": 2}}))
    adjustments = VirtualCamera(VideoFormat(640, 360, 30)).adjustments
    adjustments.remember(read(path))
    assert adjustments.take() == {"zoom": 2}


def test_the_virtual_camera_is_adjusted() -> None:
    """Behind shutter and sharing; open or not; and what it sees is another picture."""
    shared = SharedCamera(Shuttered(Shutter(), VirtualCamera(VideoFormat(640, 360, 30))))
    adjustments = shared.adjustments
    assert adjustments is not None
    adjustments.adjust({"brightness": 40})
    tap = shared.tap("test")
    tap.open()
    try:
        bright = _luma(tap.read())
        adjustments.adjust({}, None)
        plain = _luma(tap.read())
        adjustments.adjust({"contrast": 0})
        grey = tap.read()
        adjustments.adjust({"contrast": 100, "zoom": 3.3, "pan": 100, "tilt": -100})
        zoomed = tap.read()
    finally:
        tap.close()
    assert bright > plain + 70
    assert isinstance(grey, Picture)
    assert set(_rows(grey)) == {126}
    assert isinstance(zoomed, Picture)
    assert (zoomed.frame.width, zoomed.frame.height) == (640, 360)
    # Its corner is the flash's frame, which is dark inside.
    assert _luma(zoomed) != plain


@pytest.mark.parametrize("rate", [5, 7, 15, 29, 30])
def test_its_rate(rate: int) -> None:
    """So many of the pictures that are due in a second are taken, evenly."""
    camera = VirtualCamera(VideoFormat(640, 360, 30))
    numbers = [0]
    while numbers[-1] < 300:
        numbers.append(camera._after(numbers[-1], rate))
    assert len([number for number in numbers if number < 300]) == 10 * rate
    gaps = {b - a for a, b in pairwise(numbers)}
    assert max(gaps) - min(gaps) <= 1


def _rows(picture: Picture) -> bytes:
    plane = picture.frame.planes[0]
    data = bytes(plane)
    width, step = picture.frame.width, plane.line_size
    return b"".join(data[at : at + width] for at in range(0, len(data), step))


def _luma(seen: object) -> float:
    assert isinstance(seen, Picture)
    rows = _rows(seen)
    return sum(rows) / len(rows)
