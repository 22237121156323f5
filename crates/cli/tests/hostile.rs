//! One certificate and one visitor with hostile text, followed to every sink: terminal, JSON, page, log.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod house;

use std::io::{Read as _, Write as _};

use bulla_x509::build::Subject;
use house::up::{Up, visit, visit_trusting};
use house::{Authority, Place, text};
use serde_json::Value;

/// Erases the screen, sets the window's title, turns the reading direction around, forges a line, opens a tag.
const HOSTILE: &str =
    "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{202e}knab\u{2066}\r\nerror: forged\0<script>x</script>\u{200b}";

fn assert_harmless(sink: &str, said: &str) {
    for character in
        HOSTILE.chars().filter(|character| !character.is_ascii_graphic() && !" \n".contains(*character))
    {
        assert!(!said.contains(character), "{sink}: U+{:04X} came through in {said:?}", u32::from(character));
    }
    assert!(
        !said.lines().any(|line| line.trim_start().starts_with("error: forged")),
        "{sink}: a line was forged"
    );
    assert!(said.contains("knab"), "{sink}: the text itself is shown");
}

#[test]
fn hostile_text_is_escaped_in_every_sink() {
    let place = Place::new();
    let authority = Authority::new();
    let subject = Subject::new().organization(HOSTILE).common_name(HOSTILE);
    let (leaf, key) = authority.issue_to(subject, (-1, 90));
    place.file("chain.pem", format!("{leaf}{}", authority.pem()));
    place.file("key.pem", key);
    let ca = place.file("ca.pem", authority.pem());
    let up = Up::start(&place, "-v --certificate chain.pem --key key.pem");

    let checked = place.run(&format!("check localhost:{} --ca ca.pem", up.https()));
    assert_eq!(checked.status.code(), Some(0));
    assert_harmless("terminal", &text(&checked.stdout));
    let refused = place.run(&format!("check localhost:{} --mozilla", up.https()));
    assert_harmless("terminal, refused", &text(&refused.stdout));

    let document = text(&place.run(&format!("check localhost:{} --ca ca.pem --json", up.https())).stdout);
    assert_harmless("JSON", &document);
    let report: Value = serde_json::from_str(&document).unwrap();
    assert!(report["chain"][0]["subject"].as_str().unwrap().contains("knab"));

    let mut visitor = visit_trusting(&ca, &up);
    write!(visitor, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = Vec::new();
    visitor.read_to_end(&mut page).unwrap();
    let page = text(&page).replace("\r\n", "\n");
    assert_harmless("page", &page);
    assert!(!page.contains("<script"), "page: a tag came through");

    let mut visitor = visit_trusting(&ca, &up);
    write!(visitor, "GET /\u{202e}knab\u{200b} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let _ = visitor.read_to_end(&mut Vec::new());
    up.signal("INT");
    let (_, said, log) = up.end_with_log();
    assert!(log.contains("/\\u{202e}knab"), "{log}");
    for (sink, text) in [("log", log), ("standard error", said)] {
        for character in ['\u{1b}', '\u{202e}', '\u{200b}', '\0'] {
            assert!(
                !text.contains(character),
                "{sink}: U+{:04X} came through in {text:?}",
                u32::from(character)
            );
        }
    }
}

#[test]
fn what_a_visitor_writes_is_escaped_in_the_log_of_either_kind() {
    for option in ["", "--json-log"] {
        let place = Place::new();
        let up = Up::start(&place, &format!("--root . {option}"));
        for request in [
            "GET /\u{202e}knab\u{200b}\u{9b}31m?\u{202e} HTTP/1.1\r\nHost: \u{202e}knab\u{200b}\r\n",
            "\u{202e}KNAB / HTTP/1.1\r\nHost: localhost\r\n",
            "GET /\u{1b}[2J HTTP/1.1\r\nHost: localhost\r\n",
            "GET /knab HTTP/1.1\r\nHost: a\0b\r\n",
            "GET /knab\nerror: forged HTTP/1.1\r\nHost: localhost\r\n",
            "GET /%1b%5b2J%0aerror:%20forged HTTP/1.1\r\nHost: localhost\r\n",
        ] {
            let mut visitor = visit(&place, &up);
            write!(visitor, "{request}Connection: close\r\n\r\n").unwrap();
            let mut answer = Vec::new();
            let _ = visitor.read_to_end(&mut answer);
            assert!(!answer.starts_with(b"HTTP/1.1 200"), "{request:?}");
        }
        up.signal("INT");
        let (_, said, log) = up.end_with_log();
        assert_harmless("log", &log);
        assert!(log.contains("u{202e}knab") && log.contains("/%1b%5b2J%0aerror:%20forged"), "{log}");
        assert!(
            !said.chars().any(|character| "\u{1b}\u{202e}\u{200b}\u{9b}\0".contains(character)),
            "{said:?}"
        );
        if !option.is_empty() {
            for line in log.lines() {
                let _: Value = serde_json::from_str(line).unwrap();
            }
        }
    }
}
