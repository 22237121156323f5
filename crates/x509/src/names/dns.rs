//! Domain names as certificates write them: ASCII, labels of letters, digits, hyphens (and, by custom,
//! underscores).

use rustls_pki_types::DnsName;

/// RFC 9525 section 6.3: labels match one by one, and a wildcard is the whole left-most label or none.
///
/// Where they are alike, a pattern is valid if what it stands for is, and every [`DnsName`] is.
pub(super) fn matches(pattern: &[u8], wanted: &DnsName<'_>) -> bool {
    let wanted = wanted.as_ref();
    let wanted = wanted.strip_suffix('.').unwrap_or(wanted);
    match pattern {
        [b'*', b'.', parent @ ..] => {
            wanted.split_once('.').is_some_and(|(_, rest)| rest.as_bytes().eq_ignore_ascii_case(parent))
        }
        _ => pattern.eq_ignore_ascii_case(wanted.as_bytes()),
    }
}

/// Whether a certificate may carry this: a domain name, or `*.` and a domain name.
pub(crate) fn is_valid_pattern(pattern: &str) -> bool {
    is_valid(pattern.strip_prefix("*.").unwrap_or(pattern))
}

/// RFC 1034 section 3.5 with underscores, which deployed names have. A name whose last label is a number
/// would be an address in disguise, which RFC 5280 section 4.2.1.6 wants as `iPAddress`.
pub(crate) fn is_valid(name: &str) -> bool {
    let (mut start, mut is_number) = (0usize, true);
    let mut before = b'.';
    for (index, byte) in name.bytes().enumerate() {
        let length = index.saturating_sub(start);
        match byte {
            b'.' if length == 0 || length > 63 || before == b'-' => return false,
            b'.' => (start, is_number) = (index.saturating_add(1), true),
            b'0'..=b'9' => {}
            b'-' if length == 0 => return false,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'-' => is_number = false,
            _ => return false,
        }
        before = byte;
    }
    let length = name.len().saturating_sub(start);
    name.len() <= 253 && (1..=63).contains(&length) && before != b'-' && !is_number
}

/// Whether `name` is `base` or lies below it. The empty base holds everything.
pub(crate) fn is_within(name: &str, base: &str) -> bool {
    let Some(rest) = name.len().checked_sub(base.len()) else { return false };
    let tail = name.get(rest..).is_some_and(|tail| tail.eq_ignore_ascii_case(base));
    let boundary = rest == 0 || base.is_empty() || name.get(..rest).is_some_and(|head| head.ends_with('.'));
    tail && boundary
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rules one by one.
    fn is_valid_by_labels(name: &str) -> bool {
        let is_label = |label: &str| {
            let is_of_it = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            let ends_well = !label.starts_with('-') && !label.ends_with('-');
            (1..=63).contains(&label.len()) && ends_well && label.bytes().all(is_of_it)
        };
        let last = name.rsplit('.').next().unwrap_or_default();
        let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
        name.len() <= 253 && !is_number && name.split('.').all(is_label)
    }

    proptest! {
        #[test]
        fn one_pass_finds_what_the_rules_say(name in "([a-c1-3_-]{0,3}|[a1-]{62,65})(\\.([aB1_-]{0,3}|[a1]{62,65}| |é)){0,6}") {
            prop_assert_eq!(is_valid(&name), is_valid_by_labels(&name), "{}", name);
        }

        /// What [`matches`] relies on.
        #[test]
        fn a_name_to_look_for_is_valid(name in "([a-c1-3_-]{0,3}|[a1-]{62,65})(\\.([aB1_-]{0,3}|[a1]{62,65}| |é)){0,6}") {
            if DnsName::try_from(name.as_str()).is_ok() {
                let bare = name.strip_suffix('.').unwrap_or(&name);
                prop_assert!(is_valid(bare), "{}", name);
            }
        }
    }

    #[test]
    fn names_match_label_by_label() {
        // RFC 9525 section 6.3's rules, each kept and each broken.
        for (pattern, wanted, expected) in [
            ("example.org", "example.org", true),
            ("EXAMPLE.org", "example.ORG", true),
            ("example.org", "example.org.", true),
            ("example.org", "www.example.org", false),
            ("www.example.org", "example.org", false),
            ("*.example.org", "www.example.org", true),
            ("*.example.org", "WWW.Example.Org", true),
            ("*.example.org", "a.b.example.org", false),
            ("*.example.org", "example.org", false),
            ("*.example.org", ".example.org", false),
            ("w*.example.org", "www.example.org", false),
            ("*w.example.org", "www.example.org", false),
            ("www.*.org", "www.example.org", false),
            ("*.*.org", "www.example.org", false),
            ("*", "localhost", false),
            ("*.", "localhost", false),
            ("xn--bcher-kva.example", "xn--bcher-kva.example", true),
            ("xn--*-kva.example", "xn--bcher-kva.example", false),
            ("*.example", "xn--bcher-kva.example", true),
            ("example.org.", "example.org", false),
            ("exa mple.org", "exa mple.org", false),
            ("127.0.0.1", "127.0.0.1", false),
            ("", "", false),
            ("my_host.internal", "my_host.internal", true),
        ] {
            let matches = DnsName::try_from(wanted).is_ok_and(|wanted| matches(pattern.as_bytes(), &wanted));
            assert_eq!(matches, expected, "{pattern} for {wanted}");
        }
    }

    #[test]
    fn subtrees_end_at_labels() {
        for (name, base, expected) in [
            ("host.example.org", "example.org", true),
            ("example.org", "EXAMPLE.org", true),
            ("badexample.org", "example.org", false),
            ("org", "example.org", false),
            ("anything", "", true),
        ] {
            assert_eq!(is_within(name, base), expected, "{name} in {base}");
        }
    }
}
