"""Where the page is."""

from collections.abc import Iterable, Sequence
from ipaddress import ip_address

from edgecam.web.authority import Names
from edgecam.web.certificates import Leaf


def page_hosts(host: str, names: Names, leaf: Leaf) -> list[str]:
    """Where the page is found when it listens on ``host`` (empty: everywhere) and shows ``leaf``,
    the handiest first.

    What that certificate is not good for is left out, as browsers would warn of it; but for
    localhost, and ``host`` if there is nothing else.
    """
    hosts = [host] if host else [names.local, *names.addresses]
    good = [each for each in hosts if each in leaf.names]
    if not leaf.local:
        # Somebody has thought of those names; a wildcard can't be opened.
        mine = (each for each in leaf.names if "*" not in each and not is_address(each))
        good = _each_once((*mine, *good))
    return (good or hosts) if host else _each_once((*good, "localhost"))


def page_urls(hosts: Sequence[str], port: int, scheme: str = "https") -> list[str]:
    """The page's addresses at those."""
    end = "" if (scheme, port) == ("http", 80) else f":{port}"
    return [f"{scheme}://{f'[{each}]' if ':' in each else each}{end}/" for each in hosts]


def is_address(host: str) -> bool:
    """Whether it takes no name server to reach it."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _each_once(hosts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(hosts))
