"""What each route takes; docs/security.md has the same table."""

from edgecam.accounts.roles import Role

SOCKET_PATH = "/socket.io/"

NEEDS: dict[tuple[str, str], Role | None] = {
    ("GET", "/health"): None,
    ("GET", "/door.css"): None,
    ("GET", "/enter/{code}"): None,
    ("GET", "/guest/{code}"): None,
    ("POST", "/guest/{code}"): None,
    ("POST", "/sign-in"): None,
    ("POST", "/set-up"): None,
    ("POST", "/sign-out"): Role.VIEWER,
    ("GET", SOCKET_PATH): Role.VIEWER,
    ("POST", SOCKET_PATH): Role.VIEWER,
    ("OPTIONS", SOCKET_PATH): Role.VIEWER,
    ("GET", "/snapshot.jpg"): Role.OPERATOR,
    ("GET", "/stream.mjpg"): Role.VIEWER,
    ("GET", "/api/privacy"): Role.VIEWER,
    ("POST", "/api/privacy"): Role.ADMIN,
    ("GET", "/api/watching"): Role.ADMIN,
    ("POST", "/api/watching/{id}/hang-up"): Role.ADMIN,
    ("GET", "/{path}"): Role.VIEWER,
}
"""By method and path; None: anybody. HEAD is GET. What is not here is an admin's alone."""


def needed(method: str, path: str | None) -> Role | None:
    """The role that a route takes, None: anybody may. ``path`` None: there is no such route, which
    is for those to know who may look around.
    """
    if path is None:
        return Role.VIEWER
    return NEEDS.get(("GET" if method == "HEAD" else method, path), Role.ADMIN)
