"""What plain HTTP serves: the way to trust this device's certificate, and nothing else.

No cookie, no state, nothing that can be seen or changed.
"""
