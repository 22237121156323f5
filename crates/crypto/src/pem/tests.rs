use super::*;

fn error(text: &str) -> (usize, usize, Problem) {
    let PemError { line, column, problem } = read(text.as_bytes()).unwrap_err();
    (line, column, problem)
}

fn only(text: &[u8]) -> Section {
    let mut sections = read(text).unwrap();
    assert_eq!(sections.len(), 1);
    sections.remove(0)
}

#[test]
fn what_is_written_is_read_again() {
    for len in (0..=200).filter(|len| *len > 0) {
        let der: Vec<u8> = (0..=255).cycle().take(len).collect();
        let text = write("CERTIFICATE", &der);
        assert!(text.lines().all(|line| line.len() <= 64));
        let section = only(text.as_bytes());
        assert_eq!((section.label.as_str(), &section.der, section.line), ("CERTIFICATE", &der, 1));
        assert!(!section.encrypted && !section.is_private_key());
    }
}

/// RFC 7468, 2: parsers should bear other line ends, blanks, and text around the sections.
#[test]
fn layout_does_not_matter() {
    let texts: [&[u8]; 7] = [
        b"-----BEGIN X-----\r\nAQID\r\n-----END X-----\r\n",
        b"-----BEGIN X-----\nAQID\n-----END X-----",
        b"-----BEGIN X-----  \n  AQ\n\n\tI D \n  -----END X-----\t\n",
        b"  -----BEGIN X-----\n    AQID\n  -----END X-----\n",
        b"subject: someone -----BEGIN X-----\n-----BEGIN X-----\nAQID\n-----END X-----\n---- bye\n",
        b"\xef\xbb\xbf-----BEGIN X-----\nAQID\n-----END X-----\n",
        b"\xff\xfe\x00 not text\n-----BEGIN X-----\nAQID\n-----END X-----\n\x00",
    ];
    for text in texts {
        assert_eq!(only(text).der, [1, 2, 3], "{}", text.escape_ascii());
    }
}

#[test]
fn nothing_to_read_is_no_error() {
    assert_eq!(read(b""), Ok(Vec::new()));
    assert_eq!(read(b"-----\nBEGIN\n---BEGIN X---\n"), Ok(Vec::new()));
}

#[test]
fn sections_come_in_order_with_their_lines() {
    let text = "one\n-----BEGIN A-----\nAQ==\n-----END A-----\ntwo\n-----BEGIN B C-----\nAg==\n-----END B C-----\n\
                -----BEGIN A-----\nAw==\n-----END A-----\n";
    let sections = read(text.as_bytes()).unwrap();
    let seen: Vec<_> =
        sections.iter().map(|section| (section.label.as_str(), section.line, section.der[0])).collect();
    assert_eq!(seen, [("A", 2, 1), ("B C", 6, 2), ("A", 9, 3)]);
}

#[test]
fn boundaries_must_be_whole_and_paired() {
    let bad = |line, column| (line, column, Problem::BadBoundary);
    assert_eq!(error("-----BEGIN X----\nAQID\n-----END X-----\n"), bad(1, 1));
    assert_eq!(error("\n  -----BEGIN-----\nAQID\n-----END-----\n"), bad(2, 3));
    assert_eq!(error("-----BEGIN -----\nAQID\n-----END -----\n"), bad(1, 1));
    assert_eq!(error("-----BEGIN \u{202e}-----\nAQID\n-----END X-----\n"), bad(1, 1));
    assert_eq!(error("-----BEGIN A\x1b[31m-----\nAQID\n-----END X-----\n"), bad(1, 1));
    assert_eq!(error(&format!("-----BEGIN {}-----\n", "X".repeat(65))), bad(1, 1));
    assert_eq!(error("-----BEGIN X-----\nAQID\n-----END X\n"), bad(3, 1));
    assert_eq!(error("-----BEGIN X----------END X-----\n"), bad(1, 1));
    assert_eq!(error("text\n-----END X-----\n"), (2, 1, Problem::MissingBegin));
    let other = Problem::OtherLabel { begin: "X".to_owned(), end: "Y".to_owned() };
    assert_eq!(error("-----BEGIN X-----\nAQID\n -----END Y-----\n"), (3, 2, other));
}

#[test]
fn a_missing_end_is_reported_where_the_section_began() {
    let missing = |line| (line, 1, Problem::MissingEnd { label: "X".to_owned() });
    assert_eq!(error("-----BEGIN X-----\nAQID\n"), missing(1));
    assert_eq!(error("\n-----BEGIN X-----\nAQID\n-----BEGIN X-----\nAQID\n-----END X-----\n"), missing(2));
    let message = read(b"-----BEGIN X-----\nAQID\n").unwrap_err().to_string();
    assert_eq!(
        message,
        "line 1, column 1: the section X has no END line: add -----END X----- or copy the section again whole"
    );
}

#[test]
fn bad_base64_is_reported_where_it_stands() {
    let body = |body: &str| error(&format!("-----BEGIN X-----\n{body}\n-----END X-----\n"));
    assert_eq!(body("AQID\nAQ!D"), (3, 3, Problem::BadCharacter(b'!')));
    assert_eq!(body("  AQ\u{e9}D"), (2, 5, Problem::BadCharacter(0xc3)));
    assert_eq!(body("AQ-_"), (2, 3, Problem::BadCharacter(b'-')));
    assert_eq!(body("AQ\rID"), (2, 3, Problem::BadCharacter(b'\r')));
    assert_eq!(body("AQ==\nAQID"), (3, 1, Problem::BadPadding));
    assert_eq!(body("A==="), (2, 4, Problem::BadPadding));
    assert_eq!(body("AQ=D"), (2, 4, Problem::BadPadding));
    assert_eq!(body("AQID\nAQI"), (3, 4, Problem::CutShort));
    assert_eq!(body("AQID\nAQ\n\n"), (3, 3, Problem::CutShort));
    assert_eq!(body("=AQI"), (2, 2, Problem::BadPadding));
    // The bits behind the last byte must be zero, or two texts would mean the same.
    assert_eq!(body("AR=="), (2, 5, Problem::CutShort));
    assert_eq!(body("AQI=\n=="), (3, 2, Problem::BadPadding));
}

#[test]
fn an_empty_section_is_reported_at_its_end() {
    assert_eq!(error("-----BEGIN X-----\n-----END X-----\n"), (2, 1, Problem::Empty));
    assert_eq!(error("-----BEGIN X-----\n\n  \n-----END X-----\n"), (4, 1, Problem::Empty));
    assert_eq!(error("-----BEGIN X-----\nA: b\n\n-----END X-----\n"), (4, 1, Problem::Empty));
}

/// RFC 1421, 4.6.1.1, and RFC 7468, 11.
#[test]
fn encryption_is_recognised() {
    let header = |headers: &str| {
        only(
            format!("-----BEGIN RSA PRIVATE KEY-----\n{headers}AQID\n-----END RSA PRIVATE KEY-----\n")
                .as_bytes(),
        )
    };
    let section = header("Proc-Type: 4,ENCRYPTED\r\nDEK-Info: AES-128-CBC,\n 00112233\n\n");
    assert!(section.encrypted && section.is_private_key() && section.private_key().is_none());
    assert_eq!(section.der, [1, 2, 3]);
    assert!(header("proc-type: 4, ENCRYPTED\n\n").encrypted);
    assert!(!header("Proc-Type: 4,MIC-CLEAR\nContent: ENCRYPTED\n\n").encrypted);
    let text = write(ENCRYPTED_PKCS8, &[1, 2, 3]);
    assert!(only(text.as_bytes()).encrypted);
    assert!(only(text.as_bytes()).private_key().is_none());
}

/// A colon in the base64 must not make a line of it vanish as a header.
#[test]
fn headers_need_a_blank_line_behind_them() {
    assert_eq!(
        error("-----BEGIN X-----\nAQ:D\nAQID\n-----END X-----\n"),
        (2, 3, Problem::BadCharacter(b':'))
    );
    assert_eq!(error("-----BEGIN X-----\nA: b\n-----END X-----\n"), (2, 2, Problem::BadCharacter(b':')));
}

#[test]
fn the_three_kinds_of_keys_are_told_apart() {
    let kind = |label| match only(write(label, &[1, 2, 3]).as_bytes()).private_key() {
        Some(PrivateKeyDer::Pkcs8(_)) => "PKCS#8",
        Some(PrivateKeyDer::Pkcs1(_)) => "PKCS#1",
        Some(PrivateKeyDer::Sec1(_)) => "SEC 1",
        _ => "none",
    };
    assert_eq!([kind(PKCS8), kind(PKCS1), kind(SEC1)], ["PKCS#8", "PKCS#1", "SEC 1"]);
    assert_eq!([kind("CERTIFICATE"), kind("DSA PRIVATE KEY"), kind("PUBLIC KEY")], ["none"; 3]);
}

#[test]
fn a_text_too_long_is_refused() {
    assert!(read(&vec![b'\n'; MAX_TEXT_LEN]).is_ok());
    assert_eq!(read(&vec![b'\n'; MAX_TEXT_LEN + 1]).unwrap_err().problem, Problem::TextTooLong);
}

#[test]
fn debug_shows_no_contents() {
    let section = only(write(PKCS8, b"secret").as_bytes());
    assert_eq!(format!("{section:?}"), "Section { label: \"PRIVATE KEY\", line: 1, encrypted: false, .. }");
}

/// Cutting or changing any byte gives sections or an error, never a panic, and places inside the text.
#[test]
fn damaged_texts_do_not_panic() {
    let text = write("CERTIFICATE", &[7; 60]) + &write(PKCS8, &[8; 60]);
    let lines = text.lines().count();
    for place in 0..text.len() {
        for byte in [0, b'\n', b'-', b'=', b':', b' ', 0xff] {
            let mut damaged = text.clone().into_bytes();
            damaged[place] = byte;
            for damaged in [&damaged[..], &damaged[..=place]] {
                if let Err(error) = read(damaged) {
                    assert!((1..=lines + 1).contains(&error.line) && (1..=70).contains(&error.column));
                }
            }
        }
    }
}
