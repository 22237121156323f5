//! Comparison of secrets in time that does not depend on where they differ.
//!
//! ```
//! assert!(bulla_crypto::compare::equal(b"binder", b"binder"));
//! assert!(!bulla_crypto::compare::equal(b"binder", b"bindex"));
//! ```

/// Whether `a` and `b` hold the same bytes. The time taken depends on their lengths alone.
#[must_use]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}

#[cfg(test)]
mod tests {
    use super::equal;

    #[test]
    fn equal_only_when_every_byte_and_the_length_agree() {
        assert!(equal(b"", b""));
        assert!(equal(&[7; 33], &[7; 33]));
        assert!(!equal(b"a", b""));
        assert!(!equal(b"abc", b"abcd"));
        for place in 0..32 {
            let mut other = [0_u8; 32];
            other[place] = 0x80;
            assert!(!equal(&[0; 32], &other));
        }
    }
}
