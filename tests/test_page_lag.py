"""How the page knows that pictures come late though they come: without a browser."""

from pathlib import Path

import pytest

from tests.modules import in_node

TELL = """
async (shown) => {
  const { Lag } = await import("./page/lag.js");
  const lag = new Lag();
  return shown.map(([at, rtp]) => {
    lag.note(at, rtp ?? undefined);
    return lag.late;
  });
}
"""

STEP = 1_000 / 30
Shown = list[tuple[float, float | None]]


def pictures(count: int, after: int = 0, late: float = 0, start: int = 5_000) -> Shown:
    """So many, 30 a second, each ``late`` milliseconds after it was made and 80 on its way."""
    numbers = range(after, after + count)
    return [(80 + late + n * STEP, (start + round(90 * n * STEP)) % 2**32) for n in numbers]


def growing(count: int, after: int, each: float) -> Shown:
    """Each ``each`` milliseconds later than the one before."""
    return [(at + each * n, rtp) for n, (at, rtp) in enumerate(pictures(count, after), 1)]


HICCUP = [*pictures(60), *growing(20, 60, 60), *pictures(12, 80, 1_200), *pictures(60, 92)]
AS_EVER: dict[str, Shown] = {
    "a hiccup that is made up for": HICCUP,
    "as they should": pictures(300),
    "a network that varies": [
        (at + [0, 120, 40, 300][n % 4], rtp) for n, (at, rtp) in enumerate(pictures(300))
    ],
    "slower from now on, but bearable": pictures(60) + pictures(300, 60, 900),
    "the first one late": pictures(1, 0, 3_000) + pictures(60, 90),
    "none for a while, as of a hidden page": pictures(60) + pictures(60, 3_000),
    "timestamps that start again at 0": pictures(600, start=2**32 - 20_000),
    "timestamps of another stream": pictures(60) + pictures(60, 60, start=3_000_000_000),
    "a browser that tells none": [(at, None) for at, _ in pictures(300)],
    "clocks that run apart for a day": [
        (at * 1.000_1, rtp) for at, rtp in pictures(60) + pictures(9, 600, 0)
    ]
    + [((80 + n * 1_000) * 1.000_1, (5_000 + 90_000 * n) % 2**32) for n in range(60, 86_400, 50)],
}


@pytest.mark.parametrize("story", AS_EVER)
def test_nothing_to_be_told(story: str, tmp_path: Path) -> None:
    """Of pictures that come as they do."""
    assert set(in_node(tmp_path, TELL, AS_EVER[story])) == {None}


def test_ever_later(tmp_path: Path) -> None:
    """It is told after a second above the limit, and until it has eased."""
    shown = pictures(60) + growing(90, 60, 20) + pictures(60, 150, 700) + pictures(60, 210, 400)
    told = in_node(tmp_path, TELL, shown)
    first = next(n for n, late in enumerate(told) if late is not None)
    # It lags by more than a second from the fifty-first on.
    assert first == pytest.approx(60 + 50 + 19, abs=2)
    assert told[149] == pytest.approx(1_800, abs=5)
    assert told[209] == pytest.approx(700, abs=5)
    assert set(told[:first] + told[210:]) == {None}


def test_late_after_none_came(tmp_path: Path) -> None:
    """What was waited for is not live at once, nor when the network gives out piece by piece."""
    told = in_node(tmp_path, TELL, pictures(60) + pictures(60, 60, 2_500))
    assert told[59] is None
    assert told[60] == pytest.approx(2_500, abs=5)
    assert told[-1] == pytest.approx(2_500, abs=5)
