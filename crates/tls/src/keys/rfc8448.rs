//! The secrets and keys of RFC 8448, byte for byte.
