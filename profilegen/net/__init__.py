"""The network's one door: resolver, connections, TLS contexts, HTTP client."""
