import { mark, watch } from "./watch.js";

/** WHEP: an offer is posted and answered. The server learns this side's addresses by its checks. */
const pc = new RTCPeerConnection();
watch(pc);
pc.addTransceiver("video", { direction: "recvonly" });
await pc.setLocalDescription();
mark("offer");
const response = await fetch("/whep", {
  method: "POST",
  headers: { "Content-Type": "application/sdp" },
  body: pc.localDescription.sdp,
});
if (!response.ok) throw new Error(await response.text());
const sdp = await response.text();
mark("answered");
await pc.setRemoteDescription({ type: "answer", sdp });
