"""Socket.IO packets of whoever is out there, so that nothing in them surprises the library."""

from typing import Any

from socketio.packet import ACK, BINARY_ACK, BINARY_EVENT, CONNECT_ERROR, EVENT, Packet

NOT_TO_BE_SAID = frozenset({"connect", "disconnect", "__disconnect_final", "*"})
"""The library's names for handlers of its own, which it would call for whoever says them."""


class CheckedPacket(Packet):  # type: ignore[misc]
    """A packet that is text, and if it is an event, begins with the event's name.

    Whatever else arrives becomes an event without a name or without a payload, which the server
    then refuses in its turn. Attachments are never waited for, so nobody can pile them up.
    """

    data: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Nothing at all is not even decoded.
        if self.packet_type == EVENT and self.data is None:
            self.data = [""]

    def decode(self, encoded_packet: Any) -> int:
        try:
            waiting_for = super().decode(encoded_packet) if isinstance(encoded_packet, str) else 1
        except (ValueError, RecursionError, IndexError):
            self.packet_type, waiting_for = CONNECT_ERROR, 0
        if self.packet_type in (ACK, BINARY_ACK):
            # Nothing is acknowledged: it answers to no question.
            self.packet_type, self.id, self.data = EVENT, None, None
        elif self.packet_type == BINARY_EVENT or waiting_for:
            self.packet_type, self.data = EVENT, self.data[:1] if _is_event(self.data) else None
        elif self.packet_type not in (0, 1, EVENT):
            self.packet_type, self.data = EVENT, None
        if self.packet_type == EVENT and not _is_event(self.data):
            self.data = [""]
        return 0


def _is_event(data: object) -> bool:
    return (
        isinstance(data, list)
        and bool(data)
        and isinstance(data[0], str)
        and data[0] not in NOT_TO_BE_SAID
    )
