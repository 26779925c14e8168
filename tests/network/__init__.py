"""Calls across real networks: namespaces, a real coturn, and viewers in processes of their own."""
