//! How names are to be written, to the letter.

/// Whether this is a domain name in the preferred syntax of RFC 1034 section 3.5 and RFC 1123 section 2.1, perhaps
/// behind a wildcard. Underscores are not of it.
pub(crate) fn is_dns_pattern(name: &str) -> bool {
    super::dns::is_valid_pattern(name) && !name.contains('_')
}

/// Whether this is a mailbox of RFC 5321 section 4.1.2: a dotted or quoted local part and a domain.
pub(crate) fn is_mailbox(name: &str) -> bool {
    let Some((local, host)) = name.rsplit_once('@') else { return false };
    let quoted = local.strip_prefix('"').and_then(|local| local.strip_suffix('"'));
    let is_atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let local_is_sound = match quoted {
        Some(inner) => inner.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"'),
        None => local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom)),
    };
    local_is_sound && super::dns::is_valid(host)
}

/// Whether this is an absolute URI (RFC 3986 section 3): "The name MUST NOT be a relative URI".
pub(crate) fn is_uri(name: &str) -> bool {
    let Some((scheme, rest)) = name.split_once(':') else { return false };
    let mut letters = scheme.bytes();
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    letters.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && letters.all(is_letter)
        && !rest.is_empty()
        && rest.bytes().all(|byte| (b'!'..=b'~').contains(&byte))
}

/// The host of a URI; `None` when it has none.
pub(crate) fn uri_host(name: &str) -> Option<&str> {
    let (scheme, rest) = name.split_once(':')?;
    let is_sip = ["sip", "sips"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let rest = match rest.strip_prefix("//") {
        Some(rest) => rest,
        None if is_sip => rest,
        None => return None,
    };
    let authority = rest.split(['/', '?', '#', ';']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Some(host.split_once(':').map_or(host, |(host, _)| host))
}

/// The domain of a `sip` URI without a user part (RFC 5922 section 7.1).
pub(crate) fn sip_domain(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once(':')?;
    (scheme.eq_ignore_ascii_case("sip") && !rest.contains('@')).then(|| uri_host(uri)).flatten()
}

/// Whether this is a domain name and nothing that a browser takes for an address: its last label is no number, be
/// it `0x` and hexadecimal.
pub(crate) fn is_domain_name(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_number =
        last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    is_dns_pattern(name) && !is_number
}

/// Who hands out the names directly below a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suffix {
    /// A registry.
    Public,
    /// A company, to its customers.
    Private,
}

/// Who hands out names directly below this one, if others than its owner may get them: by the public suffix list, and
/// for every name of one label.
pub(crate) fn suffix(name: &str) -> Option<Suffix> {
    let lower = name.to_ascii_lowercase();
    if !lower.contains('.') {
        return Some(Suffix::Public);
    }
    let found = psl::suffix(lower.as_bytes()).filter(|suffix| suffix.as_bytes() == lower.as_bytes())?;
    match found.typ() {
        Some(psl::Type::Private) => Some(Suffix::Private),
        _ => Some(Suffix::Public),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_look_like() {
        for (name, sound) in [
            ("example.org", true),
            ("*.example.org", true),
            ("xn--bcher-kva.example", true),
            ("under_score.example", false),
            (".example.org", false),
            ("example.org.", false),
            ("a.*.example.org", false),
            ("*", false),
            ("192.0.2.0/24", false),
            (" ", false),
        ] {
            assert_eq!(is_dns_pattern(name), sound, "{name}");
        }
        for (name, sound) in [
            ("root@example.org", true),
            ("*@example.org", true),
            ("a.b+c@example.org", true),
            ("\"a b\"@example.org", true),
            ("a@b@example.org", false),
            ("example.org", false),
            ("@example.org", false),
            ("a..b@example.org", false),
        ] {
            assert_eq!(is_mailbox(name), sound, "{name}");
        }
        for (name, sound) in [
            ("https://example.org/", true),
            ("urn:a", true),
            ("/path", false),
            ("1a:b", false),
            ("a: b", false),
        ] {
            assert_eq!(is_uri(name), sound, "{name}");
        }
    }

    #[test]
    fn hosts_of_uris() {
        for (uri, host) in [
            ("https://u@example.org:1/x@y", Some("example.org")),
            ("sip:example.org;transport=tls", Some("example.org")),
            ("sips:bob@example.org", Some("example.org")),
            ("urn:example.org", None),
        ] {
            assert_eq!(uri_host(uri), host, "{uri}");
        }
        assert_eq!(sip_domain("SIP:example.org"), Some("example.org"));
        assert_eq!(sip_domain("sip:bob@example.org"), None);
        assert_eq!(sip_domain("sips:example.org"), None);
    }

    #[test]
    fn suffixes_are_those_of_the_list() {
        for (name, sort) in [
            ("com", Some(Suffix::Public)),
            ("CO.UK", Some(Suffix::Public)),
            ("s3.amazonaws.com", Some(Suffix::Private)),
            ("github.io", Some(Suffix::Private)),
            ("nosuchtld", Some(Suffix::Public)),
            ("example.com", None),
            ("example.co.uk", None),
        ] {
            assert_eq!(suffix(name), sort, "{name}");
        }
        for (name, is_domain) in
            [("example.org", true), ("0xC0A80101", false), ("192.0.2.1", false), ("a b", false)]
        {
            assert_eq!(is_domain_name(name), is_domain, "{name}");
        }
    }
}
