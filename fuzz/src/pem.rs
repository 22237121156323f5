//! PEM text, and the private keys in it.

use bulla_crypto::pem::{self, PemError, Section};
use bulla_crypto::private_key::PrivateKey;
use bulla_x509::trust::TrustAnchors;

use crate::text::assert_plain;

/// A text.
pub fn pem(data: &[u8]) {
    let read = pem::read(data);
    match &read {
        Err(error) => check_place(error, data),
        Ok(sections) => sections.iter().for_each(check),
    }
    if !data.contains(&b'\r') {
        let others = pem::read(&with_other_line_ends(data));
        assert_eq!(read, others, "the line ends matter");
    }
    if let Err(error) = TrustAnchors::from_pem(data) {
        assert_plain(&error);
    }
    if let Err(error) = PrivateKey::from_pem(data) {
        assert_plain(&error);
    }
}

/// The place that an error names is in the text.
fn check_place(error: &PemError, data: &[u8]) {
    assert_plain(error);
    let line = data.split(|byte| *byte == b'\n').nth(error.line - 1).expect("the line is there");
    assert!((1..=line.len() + 1).contains(&error.column), "{error}");
}

fn check(section: &Section) {
    let text = pem::write(&section.label, &section.der);
    let again = pem::read(text.as_bytes()).expect("what was written reads back");
    assert_eq!((again.len(), &again[0].label, &again[0].der), (1, &section.label, &section.der));
    assert!(!section.der.is_empty() && !format!("{section:?}").contains("der"));
    if let Some(key) = section.private_key()
        && let Ok(key) = PrivateKey::from_der(&key)
    {
        let algorithm = key.algorithms()[0];
        assert!(key.sign(algorithm, b"message").is_ok(), "a key that was taken does not sign");
    }
}

fn with_other_line_ends(data: &[u8]) -> Vec<u8> {
    let ends = |byte: &u8| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] };
    data.iter().flat_map(ends).collect()
}
