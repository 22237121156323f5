//! The one door to cryptography: hash, HKDF, AEAD, key exchange, sign, verify, random.
