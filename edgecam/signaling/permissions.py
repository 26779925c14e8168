"""What each event of a viewer's takes; docs/security.md has the same table."""

from edgecam.accounts.roles import Role

NEEDS = {
    "call": Role.VIEWER,
    "answer": Role.VIEWER,
    "listen": Role.VIEWER,
    "rendition": Role.VIEWER,
    "candidate": Role.VIEWER,
    "name": Role.VIEWER,
    "hangup": Role.VIEWER,
    "floor": Role.OPERATOR,
}
"""By event. What is not here is nobody's to say: it is no viewer's event."""
