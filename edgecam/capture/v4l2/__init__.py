"""Cameras that the kernel shows as V4L2 devices, as it does those on USB."""
