"""edgecam as the service of whole systems; see ``make test-device``."""
