//! How a certificate is called: the common name in a distinguished name, and the rest.

/// Attribute types (RFC 4514 section 3) as a person calls them. The others keep their own names.
const WORDS: [(&str, &str); 6] = [
    ("O", "Organisation"),
    ("OU", "Unit"),
    ("L", "Locality"),
    ("ST", "State"),
    ("C", "Country"),
    ("CN", "Name"),
];

/// A distinguished name as a title and what remains of it, in words.
///
/// ```
/// use bulla_inspect::subject::split;
/// assert_eq!(split("CN=Example Root\\, new,O=Example,C=CH"), ("Example Root, new".into(), "Organisation: Example, Country: CH".into()));
/// assert_eq!(split("O=Example"), ("O=Example".into(), String::new()));
/// ```
#[must_use]
pub fn split(name: &str) -> (String, String) {
    let mut title = None;
    let mut rest = Vec::new();
    for attribute in attributes(name) {
        match attribute.strip_prefix("CN=") {
            Some(common) if title.is_none() => title = Some(plain(common)),
            _ => rest.push(worded(attribute)),
        }
    }
    match title {
        Some(title) => (title, rest.join(", ")),
        None => (name.to_owned(), String::new()),
    }
}

/// The attributes between commas that are not escaped (RFC 4514 section 2).
fn attributes(name: &str) -> Vec<&str> {
    let mut escaped = false;
    let is_border = |character: char| {
        let border = character == ',' && !escaped;
        escaped = character == '\\' && !escaped;
        border
    };
    name.split(is_border).collect()
}

/// `O=Example` as `Organisation: Example`.
fn worded(attribute: &str) -> String {
    let (kind, value) = attribute.split_once('=').unwrap_or(("", attribute));
    match WORDS.iter().find(|(short, _)| *short == kind) {
        Some((_, word)) => format!("{word}: {}", plain(value)),
        None => plain(attribute),
    }
}

/// The value without the backslashes before punctuation; escapes by number stay, since they hide what is no text.
fn plain(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let before_mark = characters.peek().is_some_and(|next| " \"#+,;<=>".contains(*next));
        if character != '\\' || !before_mark {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn the_common_name_is_found_wherever_it_stands() {
        assert_eq!(split("C=US,O=A\\+B,CN=x"), ("x".to_owned(), "Country: US, Organisation: A+B".to_owned()));
        assert_eq!(split("CN=a\\\\,O=b"), ("a\\\\".to_owned(), "Organisation: b".to_owned()));
        assert_eq!(split(""), (String::new(), String::new()));
    }

    #[test]
    fn what_has_no_word_keeps_its_name() {
        assert_eq!(split("CN=x,2.5.4.15=#0c0161").1, "2.5.4.15=#0c0161");
        assert_eq!(split("CN=x,CN=y,OU=a=b").1, "Name: y, Unit: a=b");
    }

    #[test]
    fn escapes_by_number_are_kept() {
        assert_eq!(split("CN=a\\E2\\80\\AEb"), ("a\\E2\\80\\AEb".to_owned(), String::new()));
    }
}
