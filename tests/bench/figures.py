"""A few numbers for many: quantiles, spreads and slopes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from statistics import linear_regression


@dataclass(frozen=True, slots=True)
class Spread:
    """``count`` values: the least, the median, the 95th percentile, the most."""

    count: int
    least: float
    p50: float
    p95: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Rounded to thousandths; of no value, nothing can be said: ValueError."""
        if not values:
            raise ValueError("nothing was measured")
        ordered = sorted(values)
        return cls(
            len(ordered),
            round(ordered[0], 3),
            round(quantile(ordered, 0.5), 3),
            round(quantile(ordered, 0.95), 3),
            round(ordered[-1], 3),
        )


def quantile(ordered: Sequence[float], part: float) -> float:
    """Between neighbours in proportion, as spreadsheets do it (Hyndman and Fan's type 7)."""
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Of the straight line of least squares; 0 where there are not two places to draw one."""
    return linear_regression(xs, ys).slope if len(set(xs)) > 1 else 0.0


def slope_error(xs: Sequence[float], ys: Sequence[float]) -> float:
    """The standard error of that slope, of values that don't hang together; inf of fewer than three
    places.
    """
    if len(set(xs)) < 3:
        return inf
    line, mean = linear_regression(xs, ys), sum(xs) / len(xs)
    rest = sum((y - line.intercept - line.slope * x) ** 2 for x, y in zip(xs, ys, strict=True))
    return sqrt(rest / (len(xs) - 2) / sum((x - mean) ** 2 for x in xs))
