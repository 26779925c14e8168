"""When the virtual camera flashes and the virtual microphone beeps: together, by the capture clock.

A viewer that sees and hears the two apart is shown how far its picture and sound are apart.
"""

from edgecam.media import NS

PERIOD_NS = NS
"""From one flash to the next. Flashes begin on whole seconds of the capture clock."""

LENGTH_NS = 100_000_000
"""How long a flash lasts."""


def is_on(capture_ns: int) -> bool:
    """Whether what is captured at this instant shows the flash and sounds the beep."""
    return capture_ns % PERIOD_NS < LENGTH_NS
