//! Patterns over the names of cases, as the runner reads them: those of Go's `filepath.Match`.

/// Whether the whole name matches: `*` for any characters but `/`, `?` for one, `[a-c]` and `[^a-c]` for one of a
/// class. Neither patterns nor names here have a backslash.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => name.is_empty(),
        Some('*') => {
            let mut tail = name;
            loop {
                if matches(rest.as_str(), tail) {
                    return true;
                }
                match tail.strip_prefix(|c| c != '/') {
                    Some(shorter) => tail = shorter,
                    None => return false,
                }
            }
        }
        Some('?') => name.strip_prefix(|c| c != '/').is_some_and(|name| matches(rest.as_str(), name)),
        Some('[') => match rest.as_str().split_once(']') {
            Some((class, rest)) => {
                name.strip_prefix(|c| in_class(class, c)).is_some_and(|name| matches(rest, name))
            }
            None => false,
        },
        Some(c) => name.strip_prefix(c).is_some_and(|name| matches(rest.as_str(), name)),
    }
}

fn in_class(class: &str, c: char) -> bool {
    let (negated, class) = class.strip_prefix('^').map_or((false, class), |class| (true, class));
    let members: Vec<char> = class.chars().collect();
    let mut rest = members.as_slice();
    let mut found = false;
    while let [first, behind @ ..] = rest {
        (found, rest) = match behind {
            ['-', last, behind @ ..] => (found || (*first..=*last).contains(&c), behind),
            _ => (found || *first == c, behind),
        };
    }
    found != negated
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn as_the_runner_reads_them() {
        let cases = [
            ("Basic-Server-*-TLS-*", "Basic-Server-RSA-TLS-Sync", true),
            ("*-TLS1", "Client-TLS1", true),
            ("*-TLS1", "Client-TLS12", false),
            ("[^ADEG]*-TLS1", "Client-TLS1", true),
            ("[^ADEG]*-TLS1", "ALPN-TLS1", false),
            ("BadECDSA-[1-4]-[1-4]", "BadECDSA-2-4", true),
            ("BadECDSA-[1-4]-[1-4]", "BadECDSA-2-4-TLS13", false),
            ("ClientAuth-*[^3]-TLS-*", "ClientAuth-Server-TLS13-TLS-Sync", false),
            ("MinorVersion?olerance", "MinorVersionTolerance", true),
            ("*", "a/b", false),
            ("[ab", "a", false),
            ("", "", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
