"""What each route takes; docs/security.md has the same table."""

from edgecam.accounts.roles import Role

SOCKET_PATH = "/socket.io/"

NEEDS: dict[tuple[str, str], Role | None] = {
    ("GET", "/health"): None,
    ("GET", "/trusted"): None,
    ("GET", "/door.css"): None,
    ("GET", "/manifest.webmanifest"): None,
    ("GET", "/icons/{path}"): None,
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
    ("GET", "/api/camera/controls"): Role.OPERATOR,
    ("POST", "/api/camera/controls"): Role.OPERATOR,
    ("GET", "/api/watching"): Role.ADMIN,
    ("POST", "/api/watching/{id}/hang-up"): Role.ADMIN,
    ("GET", "/api/me"): Role.VIEWER,
    ("POST", "/api/me/password"): Role.VIEWER,
    ("POST", "/api/me/sessions/end"): Role.VIEWER,
    ("GET", "/api/people"): Role.ADMIN,
    ("POST", "/api/people/add"): Role.ADMIN,
    ("POST", "/api/people/role"): Role.ADMIN,
    ("POST", "/api/people/password"): Role.ADMIN,
    ("POST", "/api/people/remove"): Role.ADMIN,
    ("GET", "/api/sessions"): Role.ADMIN,
    ("POST", "/api/sessions/end"): Role.ADMIN,
    ("GET", "/api/links"): Role.ADMIN,
    ("POST", "/api/links/add"): Role.ADMIN,
    ("POST", "/api/links/qr"): Role.ADMIN,
    ("POST", "/api/links/revoke"): Role.ADMIN,
    ("GET", "/api/tokens"): Role.ADMIN,
    ("POST", "/api/tokens/add"): Role.ADMIN,
    ("POST", "/api/tokens/revoke"): Role.ADMIN,
    ("GET", "/api/audit"): Role.ADMIN,
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
