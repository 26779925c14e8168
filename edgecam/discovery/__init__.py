"""How the page is found on the LAN: multicast DNS and DNS-SD (RFCs 6762 and 6763)."""
