"""What differs between two configurations, and what of it can be had without a restart."""

from collections.abc import Collection
from dataclasses import replace

from edgecam.config import Config
from edgecam.options import entries


def changed(old: Config, new: Config) -> list[str]:
    """The options, as ``section.name``, that ``new`` has another value for."""
    return [
        f"{entry.section}.{entry.name}"
        for entry in entries(Config)
        if _value(old, entry.section, entry.name) != _value(new, entry.section, entry.name)
    ]


def merged(old: Config, new: Config, names: Collection[str]) -> Config:
    """``old`` with the options ``names`` as ``new`` has them."""
    result = old
    for name in names:
        section, _, option = name.partition(".")
        part = replace(getattr(result, section), **{option: _value(new, section, option)})
        result = replace(result, **{section: part})
    return result


def _value(config: Config, section: str, option: str) -> object:
    return getattr(getattr(config, section), option)
