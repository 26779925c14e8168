"""Measures what a viewer feels and what the device pays, side by side, in one run.

Nothing here judges: no figure is too slow. A run fails only if it could not measure.
"""
