//! RSA without padding. The safe API of aws-lc-rs removes the padding and tells when it cannot, which is what the key
//! transport must not know; so this one file calls AWS-LC itself.
#![allow(unsafe_code, reason = "the safe API has no RSA decryption that leaves the padding in place")]

use std::ptr::NonNull;

use aws_lc_sys::{
    ERR_clear_error, RSA, RSA_NO_PADDING, RSA_decrypt, RSA_free, RSA_private_key_from_bytes, RSA_size,
};

/// An RSA private key of AWS-LC's.
pub(super) struct PrivateKey {
    key: NonNull<RSA>,
    modulus_len: usize,
}

// SAFETY: the key is this value's alone, and AWS-LC binds none to the thread that made it.
unsafe impl Send for PrivateKey {}

// SAFETY: rsa.h: "A given object may be used concurrently on multiple threads by non-mutating functions". After `parse`
// the key is only given to functions of its section "Encryption / Decryption", of which it says: "These functions are
// considered non-mutating for thread-safety purposes and may be used concurrently."
unsafe impl Sync for PrivateKey {}

impl PrivateKey {
    /// Takes an RSAPrivateKey in DER (RFC 8017, A.1.2), whose numbers the provider checks.
    pub(super) fn parse(rsa_private_key: &[u8]) -> Option<Self> {
        // SAFETY: pointer and length are of one slice, which is only read, and read only during the call. What comes
        // back is ours to free, or null.
        let key = unsafe { RSA_private_key_from_bytes(rsa_private_key.as_ptr(), rsa_private_key.len()) };
        let Some(key) = NonNull::new(key) else {
            forget_errors();
            return None;
        };
        // SAFETY: the key is valid: it has just been made.
        let modulus_len = unsafe { RSA_size(key.as_ptr()) };
        Some(Self { key, modulus_len: usize::try_from(modulus_len).ok()? })
    }

    /// The length of the modulus, in bytes.
    pub(super) const fn modulus_len(&self) -> usize {
        self.modulus_len
    }

    /// Decrypts into `block`, which is as long as the modulus, and leaves the padding in place. `encrypted` must be as
    /// long, too, and a smaller number than the modulus; the block is all zeros otherwise.
    pub(super) fn decrypt(&self, encrypted: &[u8], block: &mut [u8]) {
        let mut written = 0;
        // SAFETY: the key is valid until it is dropped. Each pointer comes with the length of its slice, the second of
        // which only this call holds; AWS-LC writes at most that many bytes there, and refuses if they are too few.
        let done = unsafe {
            RSA_decrypt(
                self.key.as_ptr(),
                &raw mut written,
                block.as_mut_ptr(),
                block.len(),
                encrypted.as_ptr(),
                encrypted.len(),
                RSA_NO_PADDING,
            )
        };
        if done != 1 || written != block.len() {
            block.fill(0);
            forget_errors();
        }
    }

    /// The public operation, which tests make blocks of their own with.
    #[cfg(test)]
    pub(super) fn encrypt(&self, block: &[u8]) -> Vec<u8> {
        let (mut encrypted, mut written) = (vec![0; self.modulus_len], 0);
        // SAFETY: as in `decrypt`.
        let done = unsafe {
            aws_lc_sys::RSA_encrypt(
                self.key.as_ptr(),
                &raw mut written,
                encrypted.as_mut_ptr(),
                encrypted.len(),
                block.as_ptr(),
                block.len(),
                RSA_NO_PADDING,
            )
        };
        assert_eq!((done, written), (1, self.modulus_len));
        encrypted
    }
}

/// AWS-LC notes why something failed, per thread; nobody reads it here.
fn forget_errors() {
    // SAFETY: takes nothing, and touches the errors of this thread alone.
    unsafe { ERR_clear_error() };
}

impl Drop for PrivateKey {
    fn drop(&mut self) {
        // SAFETY: the key is valid, and used no more. AWS-LC clears its memory.
        unsafe { RSA_free(self.key.as_ptr()) };
    }
}
