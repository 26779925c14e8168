"""Options that only some drivers have."""

from dataclasses import dataclass

from edgecam import options
from edgecam.options import misplaced, of_driver, only_for, option


@dataclass(frozen=True, slots=True)
class Eye:
    """A section with drivers."""

    driver: str = option("glass", "The driver.", choices=("glass", "bionic", "fly"))
    size: int = option(1, "The size.", 0, 9)
    zoom: int = only_for(("bionic", "fly"), option(2, "The zoom.", 0, 9))
    facets: int = only_for(("fly",), option(3, "The facets.", 0, 9))


@dataclass(frozen=True, slots=True)
class Body:
    """A tree."""

    eye: Eye = Eye()


def test_a_driver_gets_its_own() -> None:
    """And nothing of others, nor what all have."""
    assert of_driver(Eye()) == {}
    assert of_driver(Eye(driver="bionic", zoom=5)) == {"zoom": 5}
    assert of_driver(Eye(driver="fly")) == {"zoom": 2, "facets": 3}


def test_what_the_driver_does_not_have_is_refused() -> None:
    """Naming those that have it; what nobody touched is no mistake."""
    assert list(misplaced(Body(Eye(driver="fly", zoom=1, facets=1)))) == []
    assert list(misplaced(Body(Eye()))) == []
    zoom, facets = misplaced(Body(Eye(zoom=1, facets=1)))
    assert zoom == (
        "eye.zoom: the driver 'glass' has no such option: leave it out, or set "
        "eye.driver = 'bionic' or 'fly'"
    )
    assert facets.endswith("set eye.driver = 'fly'")


def test_the_table_says_whose_an_option_is() -> None:
    """Before what it means."""
    assert "| 0 to 9 | Only for `bionic`, `fly`. The zoom. |" in options.table(Body)
