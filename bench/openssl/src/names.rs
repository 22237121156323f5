//! What the crate `openssl` does not say of a connection.
#![expect(unsafe_code, reason = "functions of OpenSSL that the crate does not have")]

use std::ffi::{CStr, c_char, c_int, c_long, c_void};

use openssl::ssl::SslRef;
use openssl_sys::SSL;

type Malloc = unsafe extern "C" fn(usize, *const c_char, c_int) -> *mut c_void;
type Realloc = unsafe extern "C" fn(*mut c_void, usize, *const c_char, c_int) -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void, *const c_char, c_int);

unsafe extern "C" {
    pub(crate) fn CRYPTO_set_mem_functions(malloc: Malloc, realloc: Realloc, free: Free) -> c_int;
    fn SSL_get0_group_name(ssl: *mut SSL) -> *const c_char;
    fn SSL_ctrl(ssl: *mut SSL, command: c_int, number: c_long, place: *mut c_void) -> c_long;
    fn SSL_CIPHER_get_protocol_id(cipher: *const c_void) -> u16;
    fn SSL_get_current_cipher(ssl: *const SSL) -> *const c_void;
}

/// SSL_CTRL_GET_PEER_SIGNATURE_NAME, by which the macro SSL_get0_peer_signature_name asks.
const GET_PEER_SIGNATURE_NAME: c_int = 141;

fn pointer(ssl: &SslRef) -> *mut SSL {
    std::ptr::from_ref(ssl).cast_mut().cast()
}

/// The group's number.
pub(crate) fn group(ssl: &SslRef) -> Option<u16> {
    // SAFETY: the connection lives.
    let name = unsafe { SSL_get0_group_name(pointer(ssl)) };
    match text(name)?.to_ascii_lowercase().as_str() {
        "x25519" => Some(29),
        "x25519mlkem768" => Some(4588),
        _ => None,
    }
}

/// The number of the scheme by which the other side signed.
pub(crate) fn signature(ssl: &SslRef) -> Option<u16> {
    let mut name: *const c_char = std::ptr::null();
    let place = (&raw mut name).cast();
    // SAFETY: the connection lives, and this command writes a pointer into a table.
    let known = unsafe { SSL_ctrl(pointer(ssl), GET_PEER_SIGNATURE_NAME, 0, place) };
    match text(name).filter(|_| known == 1)? {
        "ecdsa_secp256r1_sha256" => Some(0x0403),
        "rsa_pss_rsae_sha256" => Some(0x0804),
        _ => None,
    }
}

/// The suite's number.
pub(crate) fn suite(ssl: &SslRef) -> Option<u16> {
    // SAFETY: the connection lives, and the cipher is one of a table.
    unsafe {
        let cipher = SSL_get_current_cipher(pointer(ssl));
        (!cipher.is_null()).then(|| SSL_CIPHER_get_protocol_id(cipher))
    }
}

fn text<'a>(name: *const c_char) -> Option<&'a str> {
    if name.is_null() {
        return None;
    }
    // SAFETY: OpenSSL's names end with a zero and live as long as the process.
    unsafe { CStr::from_ptr(name) }.to_str().ok()
}
