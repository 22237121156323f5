//! Names of servers as a user gives them: domain names and addresses, checked before they are used.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use bulla_x509::build;
use bulla_x509::text::Plain;
use rustls_pki_types::ServerName;

/// More names than one server certificate should carry.
const MOST_NAMES: usize = 100;

/// A name that a server certificate can carry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(Kind);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Dns(String),
    Ip(IpAddr),
}

/// Names in the order in which they were given, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Vec<Name>);

/// A text that is no name for a server. `Display` is one line with the mend.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NameError {
    /// The text as it was given: not safe to print.
    pub name: String,
    /// What is wrong with it.
    pub problem: NameProblem,
}

/// Why a text is no name for a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameProblem {
    /// Nothing at all.
    Empty,
    /// An internationalized name in its own script.
    NotAscii,
    /// A URL.
    Url,
    /// A name with a port behind it.
    Port,
    /// An IPv6 address with a zone.
    Zone,
    /// A wildcard anywhere but as the whole first label, or with nothing behind it.
    Wildcard,
    /// A character that no host name has, and its place, counted from 1.
    Character(char, usize),
    /// Two dots in a row, or one at the beginning.
    EmptyLabel,
    /// A label of more than 63 characters.
    LongLabel,
    /// More than 253 characters.
    LongName,
    /// A label that begins or ends with a hyphen.
    Hyphen(String),
    /// A label with hyphens as its third and fourth characters that is no A-label.
    ReservedLabel(String),
    /// The last label is a number, so the name would be read as an address, which it is not.
    NumericEnd,
    /// More names than a certificate should carry.
    TooMany,
}

impl Name {
    /// Reads an IP address, a domain name, or `*.` and a domain name.
    ///
    /// A domain name is one of RFC 1123, 2.1: letters, digits and hyphens, at most 63 a label and 253 in all.
    /// Internationalized labels must be A-labels (RFC 5890, 2.3.2.1); that the rest of one is sound Punycode
    /// is not checked. Capital letters are made small, and a dot at the end is dropped.
    ///
    /// # Errors
    /// [`NameError`] says what is wrong and what mends it.
    ///
    /// ```
    /// use bulla_ca::Name;
    /// assert_eq!(Name::parse("App.Example.Test.")?.to_string(), "app.example.test");
    /// assert_eq!(Name::parse("[::1]")?.to_string(), "::1");
    /// assert!(Name::parse("https://app.example.test").is_err());
    /// # Ok::<(), bulla_ca::NameError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let refuse = |problem| NameError { name: text.to_owned(), problem };
        if let Some(address) = address(text) {
            return Ok(Self(Kind::Ip(address)));
        }
        check_domain(text).map_err(refuse)?;
        Ok(Self(Kind::Dns(text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase())))
    }

    /// The address, if it is one.
    pub fn address(&self) -> Option<IpAddr> {
        match self.0 {
            Kind::Ip(address) => Some(address),
            Kind::Dns(_) => None,
        }
    }

    /// The domain name, if it is one, with its wildcard if it has one.
    pub fn domain(&self) -> Option<&str> {
        match &self.0 {
            Kind::Dns(domain) => Some(domain),
            Kind::Ip(_) => None,
        }
    }

    /// As a certificate carries it.
    pub(crate) fn to_build(&self) -> build::Name {
        match &self.0 {
            Kind::Dns(domain) => build::Name::Dns(domain.clone()),
            Kind::Ip(address) => build::Name::Ip(*address),
        }
    }

    /// A server that bears this name: the name itself, or one that a wildcard stands for.
    pub(crate) fn example(&self) -> Option<ServerName<'static>> {
        match &self.0 {
            Kind::Dns(domain) => match domain.strip_prefix("*.") {
                Some(below) => ServerName::try_from(format!("w.{below}")).ok(),
                None => ServerName::try_from(domain.clone()).ok(),
            },
            Kind::Ip(address) => Some(ServerName::from(*address)),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Dns(domain) => formatter.write_str(domain),
            Kind::Ip(address) => address.fmt(formatter),
        }
    }
}

impl Names {
    /// Reads names; one given twice counts once.
    ///
    /// # Errors
    /// [`NameError`] for the first that is none, or when there are more than 100.
    pub fn parse<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Result<Self, NameError> {
        let mut names = Self::default();
        for text in texts {
            names.insert(Name::parse(text.as_ref())?);
            if names.0.len() > MOST_NAMES {
                return Err(NameError { name: text.as_ref().to_owned(), problem: NameProblem::TooMany });
            }
        }
        Ok(names)
    }

    /// What every server certificate here is for: `localhost`, `127.0.0.1` and `::1`.
    pub fn local() -> Self {
        let addresses =
            [IpAddr::from([127, 0, 0, 1]), Ipv6Addr::LOCALHOST.into()].map(|address| Name(Kind::Ip(address)));
        Self([Name(Kind::Dns("localhost".into()))].into_iter().chain(addresses).collect())
    }

    /// These names and those of `others`.
    pub fn with(mut self, others: &Self) -> Self {
        others.iter().cloned().for_each(|name| self.insert(name));
        self
    }

    /// The names in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Name> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn insert(&mut self, name: Name) {
        if !self.0.contains(&name) {
            self.0.push(name);
        }
    }
}

impl<'a> IntoIterator for &'a Names {
    type Item = &'a Name;
    type IntoIter = std::slice::Iter<'a, Name>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// An address, perhaps in the brackets that URLs put around those of IPv6.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    bare.map_or_else(|| text.parse().ok(), |inner| inner.parse().ok().map(IpAddr::V6))
}

fn check_domain(text: &str) -> Result<(), NameProblem> {
    recognise_mistake(text)?;
    let name = text.strip_suffix('.').unwrap_or(text);
    let name = match name.strip_prefix("*.") {
        Some("") => return Err(NameProblem::Wildcard),
        Some(below) => below,
        None => name,
    };
    if name.contains('*') {
        return Err(NameProblem::Wildcard);
    }
    let strange = |character: char| !character.is_ascii_alphanumeric() && !"-.*".contains(character);
    if let Some((character, place)) = text.chars().zip(1..).find(|(character, _)| strange(*character)) {
        return Err(NameProblem::Character(character, place));
    }
    if name.len() > 253 {
        return Err(NameProblem::LongName);
    }
    name.split('.').try_for_each(check_label)?;
    let last = name.rsplit('.').next().unwrap_or(name);
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NameProblem::NumericEnd);
    }
    Ok(())
}

/// What people often give in place of a name gets its own answer.
fn recognise_mistake(text: &str) -> Result<(), NameProblem> {
    if text.is_empty() {
        return Err(NameProblem::Empty);
    }
    if text.contains("://") {
        return Err(NameProblem::Url);
    }
    if text.split_once('%').is_some_and(|(head, _)| address(head.trim_start_matches('[')).is_some()) {
        return Err(NameProblem::Zone);
    }
    let port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if text
        .rsplit_once(':')
        .is_some_and(|(head, tail)| port(tail) && (head.ends_with(']') || !head.contains(':')))
    {
        return Err(NameProblem::Port);
    }
    if !text.is_ascii() && !text.chars().any(char::is_control) {
        return Err(NameProblem::NotAscii);
    }
    Ok(())
}

fn check_label(label: &str) -> Result<(), NameProblem> {
    if label.is_empty() {
        return Err(NameProblem::EmptyLabel);
    }
    if label.len() > 63 {
        return Err(NameProblem::LongLabel);
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(NameProblem::Hyphen(label.to_owned()));
    }
    // RFC 5890, 2.3.1: labels with "--" there are reserved, and only those that begin with "xn--" are in use.
    let reserved = label.get(2..4) == Some("--");
    if reserved && !label.get(..2).is_some_and(|prefix| prefix.eq_ignore_ascii_case("xn")) {
        return Err(NameProblem::ReservedLabel(label.to_owned()));
    }
    Ok(())
}

impl fmt::Display for NameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\" is no name for a server: {}", Plain(&self.name), self.problem)
    }
}

impl Error for NameError {}

impl fmt::Display for NameProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "it is empty; give a domain name or an IP address",
            Self::NotAscii => "it is not in ASCII; give its other form, in which such labels begin with xn--",
            Self::Url => "it is a URL; give only the host name in it",
            Self::Port => "it has a port; give only what stands before the colon",
            Self::Zone => "an address in a certificate has no zone; leave out the % and what follows it",
            Self::Wildcard => "a * stands only for the whole first label, as in *.example.test",
            Self::Character(character, place) => {
                let mend = "use letters, digits, hyphens and dots";
                return write!(formatter, "character {place} is {character:?}; {mend}");
            }
            Self::EmptyLabel => "it has an empty label; put one dot between labels and none in front",
            Self::LongLabel => "one of its labels is longer than 63 characters; shorten it",
            Self::LongName => "it is longer than 253 characters; shorten it",
            Self::Hyphen(label) => {
                let mend = "leave that out";
                return write!(formatter, "the label \"{label}\" begins or ends with a hyphen; {mend}");
            }
            Self::ReservedLabel(label) => {
                let mend = "only labels that begin with xn-- have two hyphens there";
                return write!(formatter, "the label \"{label}\" is reserved; {mend}");
            }
            Self::NumericEnd => {
                "its last label is a number, so it would be an address, but it is none; look at its numbers"
            }
            Self::TooMany => return write!(formatter, "it is one more than {MOST_NAMES}; give fewer names"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_brought_into_one_form() {
        for (text, expected) in [
            ("localhost", "localhost"),
            ("LOCALHOST.", "localhost"),
            ("*.Example.Test", "*.example.test"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("3com.example", "3com.example"),
            ("1.2.3.test", "1.2.3.test"),
            ("10.0.0.5", "10.0.0.5"),
            ("2001:DB8:0::5", "2001:db8::5"),
            ("[::1]", "::1"),
        ] {
            assert_eq!(Name::parse(text).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn each_refusal_says_what_mends_it() {
        let long_label = "a".repeat(64);
        let long_name = format!("{}test", "a.".repeat(126));
        for (text, expected) in [
            ("", "it is empty; give a domain name or an IP address"),
            (
                "bücher.example",
                "it is not in ASCII; give its other form, in which such labels begin with xn--",
            ),
            ("https://app.test/x", "it is a URL; give only the host name in it"),
            ("app.test:8443", "it has a port; give only what stands before the colon"),
            ("[::1]:8443", "it has a port; give only what stands before the colon"),
            ("fe80::1%eth0", "an address in a certificate has no zone; leave out the % and what follows it"),
            ("*", "a * stands only for the whole first label, as in *.example.test"),
            ("*.", "a * stands only for the whole first label, as in *.example.test"),
            ("w*.test", "a * stands only for the whole first label, as in *.example.test"),
            ("a.*.test", "a * stands only for the whole first label, as in *.example.test"),
            ("*.*.test", "a * stands only for the whole first label, as in *.example.test"),
            ("my app.test", "character 3 is ' '; use letters, digits, hyphens and dots"),
            ("my_app.test", "character 3 is '_'; use letters, digits, hyphens and dots"),
            ("a\u{1b}b", "character 2 is '\\u{1b}'; use letters, digits, hyphens and dots"),
            ("a..test", "it has an empty label; put one dot between labels and none in front"),
            (".test", "it has an empty label; put one dot between labels and none in front"),
            (".", "it has an empty label; put one dot between labels and none in front"),
            (&long_label, "one of its labels is longer than 63 characters; shorten it"),
            (&long_name, "it is longer than 253 characters; shorten it"),
            ("-a.test", "the label \"-a\" begins or ends with a hyphen; leave that out"),
            ("xn--.test", "the label \"xn--\" begins or ends with a hyphen; leave that out"),
            (
                "ab--c.test",
                "the label \"ab--c\" is reserved; only labels that begin with xn-- have two hyphens there",
            ),
            (
                "10.0.0.300",
                "its last label is a number, so it would be an address, but it is none; look at its numbers",
            ),
        ] {
            let expected = format!("\"{}\" is no name for a server: {expected}", Plain(text));
            assert_eq!(Name::parse(text).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn names_are_few_and_each_once() {
        let names = Names::parse(["a.test", "A.test", "b.test"]).unwrap();
        assert_eq!(names.iter().map(Name::to_string).collect::<Vec<_>>(), ["a.test", "b.test"]);
        let error = Names::parse((0..=100).map(|n| format!("n{n}.test"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"n100.test\" is no name for a server: it is one more than 100; give fewer names"
        );
    }

    proptest! {
        #[test]
        fn an_accepted_name_reads_back_as_itself(text in "[a-zA-Z0-9.*:%/_\\[\\]\\-ü ]{0,24}") {
            if let Ok(name) = Name::parse(&text) {
                prop_assert_eq!(Name::parse(&name.to_string()).unwrap(), name);
            }
        }
    }
}
