"""All of it, put into an application."""

from aiohttp import web

from edgecam.accounts.doorkeeper import Doorkeeper
from edgecam.web.api import account, guests, log, people


def attach(app: web.Application, keeper: Doorkeeper) -> None:
    """Serve it in ``app``."""
    for concern in (account, people, guests, log):
        concern.attach(app, keeper)
