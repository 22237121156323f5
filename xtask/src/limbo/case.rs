//! One case, as the file has it.

use std::time::{SystemTime, UNIX_EPOCH};

use bulla_x509::profile::{BASELINE, PRIVATE, Profile, RFC5280, WEB};
use serde_json::Value;

use crate::failure::Failure;

/// A case.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) trusted: Vec<Vec<u8>>,
    /// The peer's own certificate, then the intermediates.
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) lists: Vec<Vec<u8>>,
    /// Seconds since 1970.
    pub(crate) now: u64,
    pub(crate) as_server: bool,
    pub(crate) server: Option<Name>,
    pub(crate) names: Vec<Name>,
    pub(crate) key_usage: Vec<String>,
    pub(crate) purposes: Vec<String>,
    pub(crate) algorithms: Vec<String>,
    pub(crate) most_intermediates: Option<usize>,
    pub(crate) succeeds: bool,
}

/// A name that is asked for: `DNS`, `IP` or `RFC822`.
pub(crate) struct Name {
    pub(crate) kind: String,
    pub(crate) value: String,
}

impl Case {
    pub(crate) fn read(case: &Value) -> Result<Self, Failure> {
        let id = text(&case["id"]);
        let der = |value: &Value| sections(&id, &text(value));
        let all = |value: &Value| -> Result<Vec<Vec<u8>>, Failure> {
            let texts = value.as_array().map(Vec::as_slice).unwrap_or_default();
            Ok(texts.iter().map(der).collect::<Result<Vec<_>, _>>()?.concat())
        };
        let peers = case["expected_peer_names"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(Self {
            trusted: all(&case["trusted_certs"])?,
            chain: [der(&case["peer_certificate"])?, all(&case["untrusted_intermediates"])?].concat(),
            lists: all(&case["crls"])?,
            now: moment(&id, &case["validation_time"])?,
            as_server: case["validation_kind"] == "SERVER",
            server: Name::read(&case["expected_peer_name"]),
            names: peers.iter().filter_map(Name::read).collect(),
            key_usage: texts(&case["key_usage"]),
            purposes: texts(&case["extended_key_usage"]),
            algorithms: texts(&case["signature_algorithms"]),
            most_intermediates: case["max_chain_depth"]
                .as_u64()
                .and_then(|depth| usize::try_from(depth).ok()),
            succeeds: case["expected_result"] == "SUCCESS",
            id,
        })
    }

    /// All of the name but its last part.
    pub(crate) fn namespace(&self) -> String {
        self.id.rsplit_once("::").map_or_else(|| self.id.clone(), |(space, _)| space.to_owned())
    }

    /// What the namespace is about: the Baseline Requirements to the letter, the web as it is, RFC 5280 to the letter,
    /// or paths and names alone, in certificates that carry only what those need.
    pub(crate) fn profile(&self) -> &'static Profile {
        match self.id.split("::").next() {
            Some("webpki") => &BASELINE,
            Some("online" | "cve") => &WEB,
            Some("bettertls") => &PRIVATE,
            _ => &RFC5280,
        }
    }
}

impl Name {
    fn read(value: &Value) -> Option<Self> {
        value.is_object().then(|| Self { kind: text(&value["kind"]), value: text(&value["value"]) })
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(text).collect()
}

/// The sections of a PEM text.
fn sections(id: &str, text: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let sections = bulla_crypto::pem::read(text.as_bytes());
    let sections = sections.map_err(|error| Failure::new(format!("{id}: {error}")))?;
    Ok(sections.into_iter().map(|section| section.der.to_vec()).collect())
}

/// The moment of an RFC 3339 text, its fraction dropped; the present when there is none.
fn moment(id: &str, value: &Value) -> Result<u64, Failure> {
    let Some(text) = value.as_str() else {
        return Ok(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()));
    };
    let malformed = || Failure::new(format!("{id}: {text} is no moment in UTC"));
    let (date, time) = text.split_once('T').ok_or_else(malformed)?;
    let zone = time.trim_start_matches(|letter: char| letter.is_ascii_digit() || ".:".contains(letter));
    if !matches!(zone, "Z" | "+00:00") {
        return Err(malformed());
    }
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<i64>().ok()).ok_or_else(malformed);
    let mut date = date.split('-');
    let (year, month, day) = (number(date.next())?, number(date.next())?, number(date.next())?);
    let mut time = time.trim_end_matches(zone).split([':', '.']);
    let (hour, minute, second) = (number(time.next())?, number(time.next())?, number(time.next())?);
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    u64::try_from(seconds).map_err(|_| malformed())
}

/// Days since 1970, by years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_file() {
        // Values of `date -u -d TEXT +%s`.
        for (text, seconds) in [
            ("2024-03-01T00:00:00+00:00", 1_709_251_200),
            ("2024-03-01T00:00:00.999+00:00", 1_709_251_200),
            ("2026-11-21T05:50:48Z", 1_795_240_248),
        ] {
            assert_eq!(moment("case", &Value::from(text)).unwrap(), seconds, "{text}");
        }
        assert!(moment("case", &Value::from("2024-03-01T00:00:00+01:00")).is_err());
    }

    #[test]
    fn the_namespace_chooses_the_profile() {
        let case = |id: &str| Case::read(&serde_json::json!({ "id": id })).unwrap();
        for (id, namespace, profile) in [
            ("webpki::san::no-san", "webpki::san", "baseline"),
            ("rfc5280::validity::x", "rfc5280::validity", "rfc5280"),
            ("bettertls::pathbuilding::x", "bettertls::pathbuilding", "private"),
        ] {
            assert_eq!(case(id).namespace(), namespace);
            assert_eq!(case(id).profile().name, profile);
        }
    }
}
