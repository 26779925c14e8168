"""Where the page is."""

import socket

from edgecam.peer import addresses


def page_urls(host: str, port: int, scheme: str = "https") -> list[str]:
    """The page's addresses when it listens on ``host`` (empty: everywhere), the handiest first."""
    end = "" if (scheme, port) == ("http", 80) else f":{port}"
    name = socket.gethostname().partition(".")[0]
    hosts = [host] if host else [f"{name}.local", *addresses.host_addresses(), "localhost"]
    return [f"{scheme}://{f'[{each}]' if ':' in each else each}{end}/" for each in hosts]
