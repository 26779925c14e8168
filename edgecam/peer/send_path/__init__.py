"""The shared send path: what one more viewer costs is headers, encryption and a few system calls.

aiortc's own sender cuts every access unit anew for each viewer, builds each packet from objects and
hands it to the kernel alone: ten thousand packets a second at 25 viewers. Here

- an access unit is cut into RTP payloads (``payloads``) and laid out in memory, with room for
  headers and authentication tags (``frame``), once for all viewers;
- per viewer, the layout is copied, headers written, and SRTP applied in place (``stream``);
- runs of datagrams of one size go to the kernel in one call, which cuts them apart (``route``).

aiortc keeps what is not the sending of packets: SDP, ICE, DTLS, RTCP and statistics. ``track``
takes the place of the track its sender would read. Private parts of aiortc, aioice, pylibsrtp and
asyncio are touched in ``internals`` alone. ``peer.send_path = "stock"`` has aiortc send by itself,
as the reference that tests hold this to.
"""
