//! Why no authority was found: the words for paths that end nowhere.

use crate::{
    certificate::Certificate,
    fault::ParseError,
    text::Plain,
    verdict::{Failure, Rule, describe},
};

/// The last certificate of a path that nothing leads on from.
pub(super) struct End<'e, 'a> {
    pub(super) last: &'e Certificate<'a>,
    /// What the peer is: "server" or "client".
    pub(super) who: &'static str,
    /// Its index on the path.
    pub(super) link: usize,
    /// How many certificates of the peer could be read.
    pub(super) sent: usize,
    /// Whether an anchor has the name of its issuer (but not the key).
    pub(super) namesake: bool,
    /// What is wrong with a certificate that could not be read.
    pub(super) unreadable: Option<&'e ParseError>,
    /// Whether the path may not grow.
    pub(super) too_deep: bool,
}

impl End<'_, '_> {
    pub(super) fn explain(&self) -> Failure {
        let (rule, mut detail, mend) = self.words();
        if let Some(error) = self.unreadable {
            detail = format!("{detail}; a certificate that was sent does not parse: {error}");
        }
        Failure { rule, link: self.link, subject: describe(self.last), detail, mend }
    }

    fn words(&self) -> (Rule, String, String) {
        let (name, issuer) = (describe(self.last), self.last.issuer().to_string());
        if self.too_deep {
            let detail =
                format!("{} certificates did not lead to a trusted authority", self.link.saturating_add(1));
            return (Rule::PathTooLong, detail, "Send a shorter chain.".into());
        }
        let (rule, detail, mend) = match (self.last.is_self_issued(), self.link) {
            _ if self.namesake => (
                Rule::UnknownAuthority,
                format!(
                    "\"{name}\" is issued by \"{issuer}\": an authority of that name is trusted, but with \
                     another key"
                ),
                "The authority was made anew since: have the certificate issued again by the present one, or \
                 trust the one that issued it.",
            ),
            (true, 0) => (
                Rule::SelfSigned,
                format!("\"{name}\" vouches for itself: no authority stands behind it"),
                "Use a certificate from an authority that the client trusts, or, if this very certificate is \
                 to be trusted, add it to the trusted ones.",
            ),
            (true, _) => (
                Rule::UnknownAuthority,
                format!("the chain ends at \"{name}\", which is not among the trusted authorities"),
                "If you know that authority and mean to trust it, add its certificate to the trusted ones.",
            ),
            (false, 0) => return self.missing(&name, &issuer),
            (false, _) => (
                Rule::UnknownAuthority,
                format!(
                    "\"{name}\" is issued by \"{issuer}\", which is not among the trusted authorities and was \
                     not sent"
                ),
                "If that is a root you mean to trust, add its certificate to the trusted ones; if it is an \
                 intermediate, it must be sent too.",
            ),
        };
        (rule, detail, mend.into())
    }

    /// RFC 9846 section 4.5.1: only "a certificate that specifies a trust anchor MAY be omitted from the
    /// chain".
    fn missing(&self, name: &str, issuer: &str) -> (Rule, String, String) {
        let who = self.who;
        let sent = match self.sent {
            1 => format!("the {who} sends its certificate alone"),
            sent => format!("the {who} sends {sent} certificates, but none that leads on from its own"),
        };
        let found = self.last.issuer_url().map(|url| {
            let url = crate::text::cut(&Plain(url).to_string(), 300);
            format!(
                " (it can be fetched from {url}, as browsers do by themselves; curl and most programs do not)"
            )
        });
        let detail = format!(
            "{sent}: that of \"{issuer}\", which issued \"{name}\", is missing and is no trusted authority"
        );
        let mend = format!(
            "Have the {who} send the chain: its own certificate, then that of \"{issuer}\"{}, then any others \
             below the root. If \"{issuer}\" is itself a root you mean to trust, add it to the trusted ones.",
            found.unwrap_or_default()
        );
        (Rule::MissingIntermediate, detail, mend)
    }
}
