"""How long the pictures of ``v4l2`` take beside those of ``virtual``: not part of every run, as an
emulated machine takes minutes for it. ``pytest -s`` shows the figures.
"""

import json

from tests.device import suite
from tests.device.emulated import Emulated
from tests.device.kernel.conftest import MARKS
from tests.device.kernel.test_drivers import CAMERA

pytestmark = MARKS


def test_its_figures(machine: Emulated) -> None:
    """Both have some, and with nobody watching, the camera is closed."""
    said = machine.run(*suite.measured("320x180@10", 40, V4L2=CAMERA))
    print(said)
    found = json.loads(said)["drivers"]
    assert set(found) == {"virtual", "v4l2"}
    assert all(each["closed"] and each["latency"]["count"] for each in found.values())
