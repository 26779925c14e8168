"""What edgecam takes of aiortc's private parts is still there, and still does what it did."""

import asyncio
import copy
import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from aioice import stun
from aioice.ice import CandidatePair
from aioice.turn import TurnClientUdpProtocol, TurnTransport
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
    rtcrtpsender,
)
from aiortc.codecs import CODECS, HEADER_EXTENSIONS
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import (
    HeaderExtensions,
    HeaderExtensionsMap,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    unpack_header_extensions,
)

from edgecam.peer import aiortc_internals
from edgecam.peer.addresses import host_addresses
from edgecam.peer.description import parse_candidate, take_apart
from edgecam.peer.questions import Questions
from edgecam.peer.round_trips import MOST_OPEN, RoundTrips
from edgecam.peer.tracks import PacketTrack
from tests.viewer import Screen


def test_aiortc_is_the_version_this_was_written_for() -> None:
    """A new version is a decision: read its sender, then change PINNED."""
    assert version("aiortc") == aiortc_internals.PINNED


def sender() -> tuple[RTCPeerConnection, RTCRtpSender]:
    """A video sender that has not begun."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    track: MediaStreamTrack = PacketTrack("video")
    return pc, pc.addTransceiver(track, direction="sendonly").sender


async def test_a_picture_loss_indication_reaches_the_callback() -> None:
    """PLI and FIR both do; other feedback does not."""
    pc, mine = sender()
    heard: list[int] = []
    aiortc_internals.on_keyframe_request(mine, lambda: heard.append(1))

    for fmt in (1, 4, 2):
        await mine._handle_rtcp_packet(RtcpPsfbPacket(fmt=fmt, ssrc=1, media_ssrc=mine._ssrc))

    assert len(heard) == 2
    await pc.close()


async def test_repairs_are_limited_to_what_may_be_just_then() -> None:
    """The limit is asked for every time."""
    pc, mine = sender()
    again: list[int] = []

    async def retransmit(sequence_number: int) -> None:
        again.append(sequence_number)

    mine._retransmit = retransmit  # type: ignore[method-assign]
    most = 2.0
    aiortc_internals.limit_repairs(mine, 1, lambda: most)
    for number in range(10):
        await mine._retransmit(number)
    assert len(again) == 2
    await pc.close()


async def test_playout_delay_is_put_before_aiortcs_own_extensions() -> None:
    """Both are read back from the bytes; without negotiation nothing is added."""
    pc, mine = sender()
    stock = HeaderExtensionsMap()
    aiortc_internals.prepare()
    wait_for_sound = aiortc_internals.send_playout_delay(mine)
    ours = mine._RTCRtpSender__rtp_header_extensions_map  # type: ignore[attr-defined]
    values = HeaderExtensions(mid="0", abs_send_time=0x123456)
    assert ours.set(values) == stock.set(values)

    parameters = RTCRtpParameters(headerExtensions=HEADER_EXTENSIONS["video"])
    stock.configure(parameters)
    ours.configure(parameters)

    extensions = dict(unpack_header_extensions(*ours.set(values)))
    assert extensions.pop(4) == bytes(3)
    assert extensions == dict(unpack_header_extensions(*stock.set(values)))
    assert len(ours.set(values)[1]) % 4 == 0

    wait_for_sound(True)
    assert dict(unpack_header_extensions(*ours.set(values)))[4] == bytes([0, 0, 50])
    wait_for_sound(False)
    assert dict(unpack_header_extensions(*ours.set(values)))[4] == bytes(3)
    await pc.close()


async def test_another_number_for_playout_delay_is_not_answered_with_ours() -> None:
    """Only the number that was offered is ever used."""
    pc, mine = sender()
    aiortc_internals.send_playout_delay(mine)
    ours = mine._RTCRtpSender__rtp_header_extensions_map  # type: ignore[attr-defined]
    renumbered = RTCRtpHeaderExtensionParameters(id=9, uri=aiortc_internals.PLAYOUT_DELAY)
    ours.configure(RTCRtpParameters(headerExtensions=[renumbered]))

    assert ours.set(HeaderExtensions()) == HeaderExtensionsMap().set(HeaderExtensions())
    await pc.close()


def test_preparing_twice_changes_nothing() -> None:
    """The tables are the process's; every peer prepares them."""
    aiortc_internals.prepare()
    once = list(HEADER_EXTENSIONS["video"])
    aiortc_internals.prepare()

    assert HEADER_EXTENSIONS["video"] == once
    assert rtcrtpsender.RTP_HISTORY_SIZE == 512  # type: ignore[attr-defined]


def test_a_level_is_added_once_with_payload_types_of_its_own() -> None:
    """H.264 at a level aiortc does not know becomes one more codec with its RTX."""
    for _ in range(2):
        codec = aiortc_internals.h264("42e028")
    assert codec.parameters["profile-level-id"] == "42e028"

    numbers = [known.payloadType for known in CODECS["video"]]
    assert len(numbers) == len(set(numbers))
    assert all(number is not None and 96 <= number <= 127 for number in numbers)
    added = [known for known in CODECS["video"] if known.parameters == codec.parameters]
    assert len(added) == 1
    stock = next(k for k in CODECS["video"] if k.parameters.get("profile-level-id") == "42e01f")
    assert added[0].rtcpFeedback == stock.rtcpFeedback


async def test_nothing_is_unsent_before_there_is_a_connection() -> None:
    """And the way to the socket's buffer exists."""
    pc, mine = sender()
    assert aiortc_internals.unsent_bytes(mine) == 0
    await pc.close()


async def test_repairs_are_limited() -> None:
    """A report that names thousands of packets as lost has some of them sent again."""
    pc, mine = sender()
    again: list[int] = []

    async def retransmit(sequence_number: int) -> None:
        again.append(sequence_number)

    mine._retransmit = retransmit  # type: ignore[method-assign]
    aiortc_internals.limit_repairs(mine, 0)
    lost = list(range(5_000))
    await mine._handle_rtcp_packet(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=1, lost=lost))

    assert again[:10] == lost[:10]
    assert len(again) < aiortc_internals.REPAIRS + 100
    await pc.close()


async def test_nothing_begins_once_it_ends() -> None:
    """What aioice and aiortc would begin after the end is over at once."""
    pc, _ = sender()
    (transceiver,) = pc.getTransceivers()
    ice = transceiver.receiver.transport.transport
    names = (
        (ice._connection, "query_consent"),
        (ice, "start"),
        (transceiver.sender, "send"),
        (transceiver.receiver, "receive"),
    )
    assert all(inspect.iscoroutinefunction(getattr(part, name)) for part, name in names)
    aiortc_internals.begin_no_more(pc)
    for part, name in names:
        await asyncio.create_task(getattr(part, name)(None))
    await pc.close()


async def test_ice_does_not_wait_for_its_next_tick() -> None:
    """aioice looks once, and from then on waits for the pair; what is left to check goes on."""
    mine, _ = sender()
    await mine.setLocalDescription(await mine.createOffer())
    aiortc_internals.connect_at_once(mine)
    connection = mine.getTransceivers()[0].receiver.transport.transport._connection
    look, looks = connection._check_periodic, []

    def counted() -> bool:
        looks.append(look())
        return looks[-1]

    connection._check_periodic = counted  # type: ignore[method-assign]
    async with connected(mine):
        assert looks == [False]
    await mine.close()


async def test_candidates_may_come_after_the_answer() -> None:
    """An answer without any is no failure."""
    mine, _ = sender()
    await mine.setLocalDescription(await mine.createOffer())
    aiortc_internals.connect_at_once(mine)
    screen = Screen()
    answer = await screen.answer(mine.localDescription.sdp)
    bare, found = take_apart(answer)
    await mine.setRemoteDescription(RTCSessionDescription(bare, "answer"))
    for each in found:
        await mine.addIceCandidate(parse_candidate(each))
    await screen.connected.wait()
    await screen.close()
    await mine.close()


async def test_what_a_viewer_answers_is_heard() -> None:
    """A question that goes by the pair in use is answered, and the answer is told."""
    mine, _ = sender()
    await mine.setLocalDescription(await mine.createOffer())
    async with connected(mine):
        heard = asyncio.Semaphore(0)
        signs = aiortc_internals.Signs(mine, lambda data: heard.release())
        assert aiortc_internals.local_address(mine) in host_addresses()
        for _ in range(3):
            signs.ask()
            await heard.acquire()
    signs.ask()
    await mine.close()
    assert signs.ask() is None


async def test_the_time_an_answer_takes_is_known() -> None:
    """By the transaction's ID, once; what else comes is no answer."""
    mine, _ = sender()
    await mine.setLocalDescription(await mine.createOffer())
    clock = iter(range(100))
    async with connected(mine):
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        signs = aiortc_internals.Signs(mine, heard.put_nowait)
        trips = RoundTrips(signs.ask, lambda: float(next(clock)))
        for _ in range(MOST_OPEN + 1):
            trips.ask()
        found: list[float] = []
        while len(found) < MOST_OPEN:
            data = await heard.get()
            assert trips.answered(b"") is None
            assert trips.answered(data[:2] + bytes(100)) is None
            if (trip := trips.answered(data)) is not None:
                assert trips.answered(data) is None
                found.append(trip)
        assert found == [float(MOST_OPEN)] * MOST_OPEN
    await mine.close()


async def test_a_question_is_what_aioice_would_ask() -> None:
    """To the byte, but for the transaction's ID, of which others can guess nothing."""
    mine, _ = sender()
    await mine.setLocalDescription(await mine.createOffer())
    async with connected(mine):
        connection = mine.getTransceivers()[0].receiver.transport.transport._connection
        request = connection.build_request(connection._nominated[1], nominate=False)
        key = str(connection.remote_password).encode()
        questions = Questions(bytes(request), key)
        (one, asked), (other, _) = questions.next(), questions.next()
        assert one != other
        request.transaction_id = one
        request.add_message_integrity(key)
        assert asked == bytes(request)
        answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=one)
        assert questions.answered_by(bytes(answer))
        answer.transaction_id = bytes(4) + one[4:]
        assert not questions.answered_by(bytes(answer))
        assert not questions.answered_by(asked)
        assert not questions.answered_by(b"\x01\x01")
    await mine.close()


async def test_an_answer_is_for_nobody_else() -> None:
    """aioice, which knows of no such question, is not kept busy with it; all else it is given."""
    mine, _ = sender()
    await mine.setLocalDescription(await mine.createOffer())
    async with connected(mine):
        pair = mine.getTransceivers()[0].receiver.transport.transport._connection._nominated[1]
        passed: list[bytes] = []
        receive = pair.protocol.datagram_received

        def received(data: bytes | str, addr: tuple[Any, ...]) -> None:
            passed.append(bytes(data, "latin-1") if isinstance(data, str) else data)
            receive(data, addr)

        pair.protocol.datagram_received = received  # type: ignore[method-assign]
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        signs = aiortc_internals.Signs(mine, heard.put_nowait)
        asked = signs.ask()
        assert asked is not None
        while (data := await heard.get())[8:20] != asked:
            pass
        assert data not in passed
        pair.protocol.datagram_received(b"\x01\x01", pair.remote_addr)
        assert passed[-1] == b"\x01\x01"
    await mine.close()


async def test_a_viewer_by_a_relay_is_asked() -> None:
    """aioice's transport by a relay lacks some of what asyncio's have."""
    mine, _ = sender()
    await mine.setLocalDescription(await mine.createOffer())
    loop = asyncio.get_running_loop()
    back, relay = await loop.create_datagram_endpoint(Relay, local_addr=("127.0.0.1", 0))
    front, client = await loop.create_datagram_endpoint(
        lambda: TurnClientUdpProtocol(("127.0.0.1", 0), None, None, 600, 500),
        remote_addr=back.get_extra_info("sockname"),
    )
    async with connected(mine):
        connection = mine.getTransceivers()[0].receiver.transport.transport._connection
        pair = connection._nominated[1]
        client.peer_to_channel[pair.remote_addr] = 0x4000
        client.channel_refresh_at[0x4000] = float("inf")
        direct = pair.protocol.transport
        assert direct.get_extra_info("socket") in aiortc_internals.sockets(mine)
        pair.protocol.transport = TurnTransport(client)  # type: ignore[assignment]
        assert front.get_extra_info("socket") in aiortc_internals.sockets(mine)

        signs = aiortc_internals.Signs(mine, lambda data: None)
        signs.ask()
        # Behind the channel's number and the length.
        while stun.parse_message((await relay.taken.get())[4:]).message_class != stun.Class.REQUEST:
            pass
        front.close()
        signs.ask()
        pair.protocol.transport = direct
    back.close()
    await mine.close()


class Relay(asyncio.DatagramProtocol):
    """What a TURN server would be given."""

    def __init__(self) -> None:
        self.taken: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.taken.put_nowait(data)


async def test_who_is_heard_is_whoever_is_sent_to() -> None:
    """Also when that changes: a viewer at a new address is heard, its old address no more."""
    mine, _ = sender()
    await mine.setLocalDescription(await mine.createOffer())
    async with connected(mine):
        connection = mine.getTransceivers()[0].receiver.transport.transport._connection
        pair = connection._nominated[1]
        before, after = pair.remote_addr, ("192.0.2.1", 9)
        moved = copy.copy(pair.remote_candidate)
        moved._network_host, moved.port = after
        connection._nominated[1] = CandidatePair(pair.protocol, moved)
        heard: list[int] = []
        aiortc_internals.Signs(mine, lambda data: heard.append(data[0]))

        pair.protocol.datagram_received(b"\xff", before)
        assert heard == []
        pair.protocol.datagram_received(b"\xff", after)
        assert heard == [255]
        connection._nominated[1] = pair
        pair.protocol.datagram_received(b"\xff", before)
        assert heard == [255, 255]
    await mine.close()


async def test_nobody_is_asked_before_there_is_a_connection() -> None:
    """And nothing is known of it."""
    pc, _ = sender()
    assert aiortc_internals.Signs(pc, lambda data: None).ask() is None
    assert aiortc_internals.local_address(pc) is None
    await pc.close()


@asynccontextmanager
async def connected(mine: RTCPeerConnection) -> AsyncIterator[Screen]:
    """A screen that has answered ``mine``, which has made its offer."""
    screen = Screen()
    try:
        answer = await screen.answer(mine.localDescription.sdp)
        await mine.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await screen.connected.wait()
        yield screen
    finally:
        await screen.close()
