//! The protocol engine, sans-I/O: TLS 1.3 for clients and servers.
