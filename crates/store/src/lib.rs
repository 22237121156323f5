//! The one data folder: lock, version, atomic writes, certificates and keys on disk.
