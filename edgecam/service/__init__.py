"""What a service manager wants to know and to ask: readiness, a watchdog, one line of status,
reload; and a log with fields. Made for systemd, and silent where there is none.
"""
