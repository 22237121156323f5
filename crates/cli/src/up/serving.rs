//! What `bulla up` serves: a certificate of our own authority, or one from elsewhere.

use std::path::Path;

use bulla_ca::{Authority, Names, Root};
use bulla_crypto::random::Source;
use bulla_inspect::cue::Identity;
use bulla_server::listen::Port;
use bulla_server::{LiveCredential, Mirror};
use bulla_store::DataFolder;
use bulla_store::credential::{CredentialFiles, LoadedCredential, Note};
use bulla_tls::Credential;
use bulla_x509::certificate::Certificate;
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{Presented, Purpose, Rule, judge};
use rustls_pki_types::{CertificateDer, UnixTime};

use super::content;
use super::ports::Ports;
use super::renewal::Renewal;
use crate::arguments::Up;
use crate::complaint::Complaint;
use crate::data;
use crate::welcome::{self, Welcome};

/// What is served, and who vouches for it.
pub(super) struct Serving {
    pub(super) shown: LiveCredential,
    pub(super) mirror: Mirror,
    /// The names of the certificate.
    names: Vec<String>,
    remarks: Vec<String>,
    own: Option<Own>,
    /// What keeps a certificate of our own in date.
    pub(super) renewal: Option<Renewal>,
}

/// Our own authority; its folder stays locked while this lives.
struct Own {
    _folder: DataFolder,
    root: Root,
    new: bool,
}

impl Serving {
    pub(super) fn prepare(arguments: &Up, now: UnixTime) -> Result<Self, Complaint> {
        match (&arguments.certificate, &arguments.key) {
            (Some(chain), Some(key)) => Self::from_files(chain, key, now),
            _ => Self::from_authority(arguments, now),
        }
    }

    fn from_authority(arguments: &Up, now: UnixTime) -> Result<Self, Complaint> {
        let names = Names::parse(&arguments.names).map_err(Complaint::new)?;
        let path = data::path(arguments.data.as_deref())?;
        let folder = DataFolder::open(&path).map_err(Complaint::new)?;
        let existed = Root::read(folder.reader()).is_ok_and(|root| root.is_some());
        let source = Source::system();
        let make = if arguments.new_root { Authority::with_new_root } else { Authority::open_or_create };
        let authority = make(&folder, &names, now, &source).map_err(Complaint::new)?;
        let issued = authority.issue(&names, now).map_err(Complaint::new)?;
        let root = authority.root().clone();
        let listed = names_of(&issued.chain);
        let shown = LiveCredential::new(Credential::new(issued.chain, issued.key).map_err(Complaint::new)?);
        Ok(Self {
            names: listed,
            mirror: Mirror { anchors: data::anchors(&root)?, identity: Identity::Private },
            renewal: Some(Renewal { authority, names, shown: shown.clone() }),
            shown,
            remarks: Vec::new(),
            own: Some(Own { _folder: folder, root, new: arguments.new_root || !existed }),
        })
    }

    fn from_files(chain: &Path, key: &Path, now: UnixTime) -> Result<Self, Complaint> {
        let files = CredentialFiles { chain: chain.to_owned(), key: key.to_owned() };
        let loaded = files.load(now).map_err(Complaint::new)?;
        let anchors = TrustAnchors::system().unwrap_or_else(|_| TrustAnchors::mozilla());
        refuse_without_intermediate(&loaded, &anchors, now)?;
        Ok(Self {
            names: names_of(&loaded.chain),
            mirror: Mirror { anchors, identity: Identity::Domain },
            remarks: loaded.notes.iter().map(ToString::to_string).collect(),
            shown: LiveCredential::new(Credential::new(loaded.chain, loaded.key).map_err(Complaint::new)?),
            own: None,
            renewal: None,
        })
    }

    /// What is said once it listens: in full, and on one line for a log.
    pub(super) fn welcome(&self, arguments: &Up, ports: &Ports) -> (String, String) {
        let option = data::option(arguments.data.as_deref());
        let welcome = Welcome {
            https: ports.https.address(),
            http: ports.http.as_ref().map(Port::address),
            names: &self.names,
            root: self.own.as_ref().map(|own| welcome::Root {
                path: own.root.path(),
                new: own.new,
                option: &option,
            }),
            content: content::told(arguments),
            remarks: &self.remarks,
        };
        (welcome.text(), welcome.line())
    }
}

/// A chain that ends at the server's own certificate can be served only if that was issued by a root itself.
fn refuse_without_intermediate(
    loaded: &LoadedCredential,
    anchors: &TrustAnchors,
    now: UnixTime,
) -> Result<(), Complaint> {
    let Some(note) = loaded.notes.iter().find(|note| matches!(note, Note::MissingIntermediate { .. })) else {
        return Ok(());
    };
    let verdict = judge(&Presented::new(&loaded.chain, Purpose::Client), anchors, now);
    match verdict.failure.map(|failure| failure.rule) {
        Some(Rule::UnknownAuthority | Rule::MissingIntermediate) => Err(Complaint::new(note)),
        _ => Ok(()),
    }
}

/// The names that the first certificate is good for.
fn names_of(chain: &[CertificateDer<'static>]) -> Vec<String> {
    let leaf = chain.first().and_then(|leaf| Certificate::parse(leaf).ok());
    leaf.map(|leaf| leaf.subject_alternative_names().map(|name| name.to_string()).collect())
        .unwrap_or_default()
}
