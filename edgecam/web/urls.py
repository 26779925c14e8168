"""Where the page is."""

import socket

from edgecam.peer import addresses


def page_urls(host: str, port: int) -> list[str]:
    """The page's addresses when it listens on ``host`` (empty: everywhere), the handiest first."""
    name = socket.gethostname().partition(".")[0]
    hosts = [host] if host else [f"{name}.local", *addresses.host_addresses(), "localhost"]
    return [f"https://{f'[{each}]' if ':' in each else each}:{port}/" for each in hosts]
