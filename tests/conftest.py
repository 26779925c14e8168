"""The guards of ``tests/guards.py``, switched on for every test."""

from tests.guards import loop_errors, no_blocking_calls, no_threads_left, watch_the_loop

__all__ = ["loop_errors", "no_blocking_calls", "no_threads_left", "watch_the_loop"]
