//! `bulla cert chain`: certificates put into the order in which a server sends them.

use std::process::ExitCode;

use bulla_crypto::pem;
use bulla_crypto::private_key::PrivateKey;
use bulla_inspect::arrangement::{Arrangement, LeftOut, Missing, Part, SCHEMA, Why};
use bulla_inspect::report::to_json;
use bulla_inspect::text;
use bulla_store::quote;
use bulla_x509::certificate::Certificate;
use bulla_x509::chain::{self, ChainError, End, Own};
use bulla_x509::files::{Content, Item};
use bulla_x509::trust::TrustAnchors;
use rustls_pki_types::CertificateDer;

use super::arguments::Chain;
use super::output::{Made, Output};
use super::read::Reader;
use super::verify::{certificates, no_certificate};
use crate::complaint::Complaint;
use crate::terminal::{columns, print, say};

/// The exit code when a certificate is missing.
const NOT_WHOLE: u8 = 1;

/// Arranges the certificates, and says or writes the result.
pub(crate) fn run(arguments: &Chain) -> Result<ExitCode, Complaint> {
    let items = Reader::of(&arguments.input).items(&arguments.input.files)?;
    let anchors = anchors(arguments)?;
    let sorted = Sorted::of(&items, Some(&anchors))?;
    let arrangement = arrangement(&sorted, &items);
    match &arguments.out {
        Some(path) => {
            let pem: String = sorted.in_order().map(|der| pem::write("CERTIFICATE", der)).collect();
            let what = count(sorted.chain.order.len(), "certificate");
            let made = Made { bytes: pem.as_bytes(), secret: false, text: true, what: &what };
            Output { path, force: arguments.force }.write(&made)?;
            if let Some(missing) = &arrangement.missing {
                say(format_args!(
                    "{}",
                    Complaint::with_mend(format_args!("{} is missing", missing.subject), &missing.mend)
                ));
            }
        }
        None if arguments.json => drop(print(&to_json(&arrangement))?),
        None => drop(print(&text::render_arrangement(&arrangement, columns()))?),
    }
    Ok(ExitCode::from(if arrangement.whole { 0 } else { NOT_WHOLE }))
}

/// By what a chain is known to be whole: the system's roots where there are some, else Mozilla's.
fn anchors(arguments: &Chain) -> Result<TrustAnchors, Complaint> {
    match arguments.anchors.load() {
        Err(_) if !arguments.anchors.are_named() => Ok(TrustAnchors::mozilla()),
        loaded => Ok(loaded?.0),
    }
}

/// The certificates of files, sorted.
pub(super) struct Sorted {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) chain: chain::Chain,
}

impl Sorted {
    /// Those among the items; a private key among them says whose chain it is.
    pub(super) fn of(items: &[(String, Item)], anchors: Option<&TrustAnchors>) -> Result<Self, Complaint> {
        let certificates = certificates(items);
        let key = key(items)?;
        let own = key.as_ref().map_or(Own::Only, Own::OfKey);
        let chain = chain::arrange(&certificates, own, anchors).map_err(|error| match error {
            ChainError::None => no_certificate(items),
            error => Complaint::new(error),
        })?;
        Ok(Self { certificates, chain })
    }

    /// What is to be sent.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.chain.order.iter().filter_map(|index| self.certificates.get(*index))
    }
}

/// The one private key among the items, if there is one.
pub(super) fn key(items: &[(String, Item)]) -> Result<Option<PrivateKey>, Complaint> {
    let mut keys = items.iter().filter_map(|(name, item)| match &item.content {
        Content::Key(key) => Some((name, key)),
        _ => None,
    });
    match (keys.next(), keys.next()) {
        (Some((first, _)), Some((second, _))) => Err(Complaint::with_mend(
            format_args!("there are several private keys, in {first} and {second}"),
            "name the files of one server alone",
        )),
        (Some((name, key)), None) => {
            key.private_key().map(Some).map_err(|error| Complaint::new(format_args!("{name}: {error}")))
        }
        (None, _) => Ok(None),
    }
}

fn arrangement(sorted: &Sorted, items: &[(String, Item)]) -> Arrangement {
    let places: Vec<(&str, Option<usize>)> = items
        .iter()
        .filter(|(_, item)| matches!(item.content, Content::Certificate(_)))
        .map(|(name, item)| (name.as_str(), item.line))
        .collect();
    let part = |index: &usize| Part {
        subject: sorted.certificates.get(*index).map(|der| subject(der)).unwrap_or_default(),
        file: places.get(*index).map(|(name, _)| (*name).to_owned()).unwrap_or_default(),
        line: places.get(*index).and_then(|(_, line)| *line),
    };
    let chain = &sorted.chain;
    let out = |index: &usize, why| LeftOut { part: part(index), why };
    let mut left_out: Vec<LeftOut> = chain.root.iter().map(|index| out(index, Why::Root)).collect();
    left_out.extend(chain.duplicates.iter().map(|(index, _)| out(index, Why::Duplicate)));
    left_out.extend(chain.surplus.iter().map(|index| out(index, Why::Unrelated)));
    let missing = match &chain.end {
        End::Missing(missing) => Some(Missing {
            subject: missing.issuer.clone(),
            signed: part(&missing.signed).subject,
            mend: mend(missing.url.as_deref()),
            url: missing.url.clone(),
        }),
        _ => None,
    };
    let sorted_already = chain.order.iter().copied().eq(0..sorted.certificates.len());
    Arrangement {
        schema: SCHEMA,
        whole: missing.is_none(),
        as_it_was: sorted_already,
        chain: chain.order.iter().map(part).collect(),
        left_out,
        missing,
    }
}

/// How to come by the missing certificate.
fn mend(url: Option<&str>) -> String {
    match url {
        Some(url) => format!(
            "fetch it with: curl -o issuer.der {}, and name issuer.der beside these files",
            quote::shell_word(url)
        ),
        None => {
            "get it from the authority and name it beside these files; if it is a private root of your own, \
                 name it with --ca FILE"
                .to_owned()
        }
    }
}

/// Whom a certificate names: its subject, or its first name.
fn subject(der: &[u8]) -> String {
    let Ok(certificate) = Certificate::parse(der) else { return String::new() };
    let subject = certificate.subject();
    if !subject.is_empty() {
        return subject.to_string();
    }
    certificate.subject_alternative_names().next().map(|name| name.to_string()).unwrap_or_default()
}

/// `1 certificate`, `2 certificates`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
