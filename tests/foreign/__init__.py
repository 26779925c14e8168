"""Both sides of docs/signaling.md, made of other people's WebRTC."""
