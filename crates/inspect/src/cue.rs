//! The cue: what a person is shown about a connection, in two skins.
//!
//! *Classic* is what articles still tell: a closed padlock, a green bar with the organisation's name, a red bar as
//! warning. *Modern* is what browsers show today: nothing to praise (a tune icon, "Connection is secure" one click
//! away), and a whole page of warning with an error code when something is wrong.
//!
//! A cue claims no more than was checked. The green bar needs an organisation whose identity was validated under an
//! extended validation policy; that check does not exist yet, so no green bar is given.

use serde::Serialize;

/// What was found, as far as a cue depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding<'a> {
    /// The chain holds, and this kind of authority vouches for it.
    Trusted(Identity),
    /// The chain fails under the rule with this name, as in `expired`.
    Refused(&'a str),
}

/// Who vouches for the server's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Identity {
    /// A private authority that this user chose to trust.
    Private,
    /// A public authority that saw control over the domain name; who owns it was not looked at.
    Domain,
    /// An authority in the system's store that is not on Mozilla's list: someone put it there.
    System,
}

/// Both skins for one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cue {
    /// As the articles tell it.
    pub classic: Classic,
    /// As browsers show it today.
    pub modern: Modern,
}

/// The padlock and the coloured address bar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Classic {
    /// Whether the padlock is closed.
    pub padlock: Padlock,
    /// The colour of the address bar.
    pub bar: Bar,
    /// What the address bar reads.
    pub address: String,
    /// The sentence that a click on the padlock, or the warning, shows.
    pub says: String,
}

/// The padlock of the classic skin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padlock {
    /// Closed: the connection is encrypted and the name is vouched for.
    Closed,
    /// Struck through: there is no one to vouch for the name.
    Struck,
}

/// The address bar of the classic skin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "colour")]
#[non_exhaustive]
pub enum Bar {
    /// No colour.
    Plain,
    /// A warning.
    Red,
}

/// Today's browsers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Modern {
    /// What stands left of the address.
    pub icon: Icon,
    /// What the address bar reads.
    pub address: String,
    /// The words beside the icon or behind a click on it.
    pub label: String,
    /// The page shown in place of the site.
    pub warning: Option<Warning>,
}

/// The icon of the modern skin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Icon {
    /// Two sliders: settings of the site, no praise.
    Tune,
    /// A triangle.
    Triangle,
}

/// The page that stands in the way of a site that cannot be trusted, in Chromium's words and in Firefox's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Its headline.
    pub title: String,
    /// Its sentence.
    pub says: String,
    /// The rule that failed, as an error code: `BULLA::EXPIRED`.
    pub code: String,
    /// The code that Chromium shows for the same fault.
    pub chromium: String,
    /// The page that Firefox shows for the same fault.
    pub firefox: Firefox,
}

/// Firefox's page of warning (as of version 153).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Firefox {
    /// Its headline.
    pub title: String,
    /// Its sentence.
    pub says: String,
    /// Its error code, behind "Advanced".
    pub code: String,
}

impl Cue {
    /// The cue for `host` (and `port`, shown unless it is 443).
    #[must_use]
    pub fn new(host: &str, port: u16, finding: Finding<'_>) -> Self {
        let place = place(host, port);
        match finding {
            Finding::Trusted(identity) => Self::trusted(&place, identity),
            Finding::Refused(rule) => Self::refused(host, &place, rule),
        }
    }

    fn trusted(place: &str, identity: Identity) -> Self {
        let vouched = match identity {
            Identity::Private => "A private authority that you trust vouches for this name.",
            Identity::Domain => "A public authority vouches for this name, not for who owns it.",
            Identity::System => {
                "An authority that this system trusts, not one of Mozilla’s, vouches for this name."
            }
        };
        Self {
            classic: Classic {
                padlock: Padlock::Closed,
                bar: Bar::Plain,
                address: format!("https://{place}"),
                says: vouched.to_owned(),
            },
            modern: Modern {
                icon: Icon::Tune,
                address: place.to_owned(),
                label: "Connection is secure".to_owned(),
                warning: None,
            },
        }
    }

    fn refused(host: &str, place: &str, rule: &str) -> Self {
        Self {
            classic: Classic {
                padlock: Padlock::Struck,
                bar: Bar::Red,
                address: format!("https://{place}"),
                says: "There is a problem with this website’s security certificate.".to_owned(),
            },
            modern: Modern {
                icon: Icon::Triangle,
                address: place.to_owned(),
                label: "Not secure".to_owned(),
                warning: Some(Warning {
                    title: "Your connection is not private".to_owned(),
                    says: format!(
                        "Attackers might be trying to steal your information from {host} (for example, \
                         passwords, messages, or credit cards)."
                    ),
                    code: format!("BULLA::{}", rule.to_ascii_uppercase().replace('-', "_")),
                    chromium: chromium_code(rule).to_owned(),
                    firefox: Firefox::new(host, place, rule),
                }),
            },
        }
    }
}

impl Firefox {
    /// Firefox has a sentence of its own for dates; by it a wrong clock is as likely as a wrong site.
    fn new(host: &str, place: &str, rule: &str) -> Self {
        let says = match rule {
            "expired" | "not-yet-valid" => format!(
                "Firefox spotted a security issue with {host}. Either the site isn’t set up right or your \
                 device’s clock is set to the wrong date/time."
            ),
            _ => format!(
                "Firefox spotted a potentially serious security issue with {place}. Someone pretending to be \
                 the site could try to steal things like credit card info, passwords, or emails."
            ),
        };
        let title = "Be careful. Something doesn’t look right.".to_owned();
        Self { title, says, code: firefox_code(rule).to_owned() }
    }
}

/// `host`, with its port when it is not HTTPS's own.
#[must_use]
pub fn place(host: &str, port: u16) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    if port == 443 { host } else { format!("{host}:{port}") }
}

/// Chromium's name for the fault (`net/base/net_error_list.h`).
fn chromium_code(rule: &str) -> &'static str {
    match rule {
        "expired" | "not-yet-valid" => "NET::ERR_CERT_DATE_INVALID",
        "unknown-authority" | "self-signed" | "missing-intermediate" => "NET::ERR_CERT_AUTHORITY_INVALID",
        "wrong-name" | "no-names" => "NET::ERR_CERT_COMMON_NAME_INVALID",
        "revoked" => "NET::ERR_CERT_REVOKED",
        "validity-too-long" => "NET::ERR_CERT_VALIDITY_TOO_LONG",
        "weak-signature" => "NET::ERR_CERT_WEAK_SIGNATURE_ALGORITHM",
        "weak-key" => "NET::ERR_CERT_WEAK_KEY",
        "name-not-permitted" | "name-excluded" => "NET::ERR_CERT_NAME_CONSTRAINT_VIOLATION",
        _ => "NET::ERR_CERT_INVALID",
    }
}

/// Firefox's name for the fault (`secerr.h`, `sslerr.h` and `pkixnss.h` of NSS).
fn firefox_code(rule: &str) -> &'static str {
    match rule {
        "expired" => "SEC_ERROR_EXPIRED_CERTIFICATE",
        "not-yet-valid" => "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE",
        "self-signed" => "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT",
        "wrong-name" | "no-names" => "SSL_ERROR_BAD_CERT_DOMAIN",
        "bad-signature" => "SEC_ERROR_BAD_SIGNATURE",
        "weak-signature" => "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
        "weak-key" => "MOZILLA_PKIX_ERROR_INADEQUATE_KEY_SIZE",
        "not-an-authority" => "SEC_ERROR_CA_CERT_INVALID",
        "path-too-long" => "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID",
        "leaf-is-authority" => "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY",
        "wrong-key-usage" | "authority-may-not-sign" => "SEC_ERROR_INADEQUATE_KEY_USAGE",
        "revoked" => "SEC_ERROR_REVOKED_CERTIFICATE",
        "wrong-purpose" | "purpose-not-nested" | "any-purpose-only" => "SEC_ERROR_INADEQUATE_CERT_TYPE",
        "name-not-permitted" | "name-excluded" | "name-unclear" => "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
        "unknown-critical-extension" => "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
        "malformed" => "SEC_ERROR_BAD_DER",
        // A path that could not be built, for whatever reason.
        _ => "SEC_ERROR_UNKNOWN_ISSUER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_is_shown_without_a_claim_about_the_owner() {
        let cue = Cue::new("localhost", 8443, Finding::Trusted(Identity::Private));
        assert_eq!(cue.classic.padlock, Padlock::Closed);
        assert_eq!(cue.classic.bar, Bar::Plain);
        assert_eq!(cue.classic.address, "https://localhost:8443");
        assert_eq!(cue.modern.label, "Connection is secure");
        assert_eq!(cue.modern.warning, None);
    }

    #[test]
    fn a_fault_is_named_by_our_code_and_by_that_of_browsers() {
        let cue = Cue::new("a.example", 443, Finding::Refused("not-yet-valid"));
        let warning = cue.modern.warning.unwrap();
        assert_eq!(warning.code, "BULLA::NOT_YET_VALID");
        assert_eq!(warning.chromium, "NET::ERR_CERT_DATE_INVALID");
        assert_eq!(warning.firefox.code, "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE");
        assert!(warning.firefox.says.contains("clock"));
        assert_eq!(cue.modern.address, "a.example");
        assert_eq!(cue.classic.bar, Bar::Red);
    }

    #[test]
    fn addresses_of_ipv6_stand_in_brackets() {
        assert_eq!(place("::1", 443), "[::1]");
        assert_eq!(place("::1", 8443), "[::1]:8443");
    }
}
