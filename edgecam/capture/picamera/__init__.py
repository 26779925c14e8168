"""Cameras of a Raspberry Pi, by libcamera and picamera2."""
