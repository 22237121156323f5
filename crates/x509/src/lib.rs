//! Certificates: parse, build, name rules, path building, trust stores, verdict.
