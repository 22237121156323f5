//! Fixtures, in-memory pipes and test certificates, for tests only.
