//! `bulla up`: serve HTTPS on this machine.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use bulla_ca::{Authority, Names, Root};
use bulla_crypto::random::Source;
use bulla_inspect::cue::Identity;
use bulla_server::listen::{ListenError, Port};
use bulla_server::stop::{self, Phase, Stop};
use bulla_server::{Mirror, Server};
use bulla_store::DataFolder;
use bulla_store::credential::{CredentialFiles, LoadedCredential, Note};
use bulla_tls::Credential;
use bulla_x509::certificate::Certificate;
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{Presented, Purpose, Rule, judge};
use rustls_pki_types::{CertificateDer, UnixTime};
use tokio::net::TcpListener;

use crate::arguments::Up;
use crate::complaint::Complaint;
use crate::data;
use crate::welcome::{self, Welcome};

/// Serves until asked to stop.
pub(crate) fn run(arguments: &Up) -> Result<ExitCode, Complaint> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Complaint::new(format_args!("the runtime cannot start: {error}")))?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: &Up) -> Result<ExitCode, Complaint> {
    log(arguments.verbose);
    // Ports first: when one is taken, nothing has been written yet.
    let ports = Ports::take(arguments)?;
    let identity = Serving::prepare(arguments, UnixTime::now())?;
    let welcome = identity.welcome(arguments, &ports);
    let (https, http) = ports.open()?;
    anstream::print!("{welcome}");
    let (hand, ear) = stop::channel();
    let signals = hand
        .press_on_signals()
        .map_err(|error| Complaint::new(format_args!("signals cannot be heard: {error}")))?;
    tokio::spawn(signals);
    tokio::spawn(say_when_stopping(ear.clone()));
    let mut server = Server::new(https, Arc::clone(&identity.credential), identity.mirror.clone());
    server.redirect = http;
    let ended = server.run(ear).await.map_err(Complaint::new)?;
    match ended.cut {
        0 => anstream::eprintln!("Stopped."),
        1 => anstream::eprintln!("Stopped; one connection was cut."),
        cut => anstream::eprintln!("Stopped; {cut} connections were cut."),
    }
    Ok(ExitCode::SUCCESS)
}

async fn say_when_stopping(mut ear: Stop) {
    ear.reached(Phase::Draining).await;
    anstream::eprintln!("\nStopping: requests under way may finish; Ctrl-C again stops at once.");
}

fn log(verbose: u8) {
    let level = match verbose {
        0 => tracing::Level::INFO,
        1 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_target(false)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
}

/// The ports that are ours, and do not answer yet.
struct Ports {
    https: Port,
    http: Option<Port>,
}

impl Ports {
    fn take(arguments: &Up) -> Result<Self, Complaint> {
        let https = Port::take(arguments.listen).map_err(|error| complain(&error, LISTEN))?;
        if arguments.no_redirect {
            return Ok(Self { https, http: None });
        }
        let http = Port::take(arguments.redirect).map_err(|error| complain(&error, REDIRECT))?;
        Ok(Self { https, http: Some(http) })
    }

    fn open(self) -> Result<(TcpListener, Option<TcpListener>), Complaint> {
        let https = self.https.open().map_err(|error| complain(&error, LISTEN))?;
        let http = self.http.map(Port::open).transpose().map_err(|error| complain(&error, REDIRECT))?;
        Ok((https, http))
    }
}

const LISTEN: &str = "--listen";
const REDIRECT: &str = "--redirect";

fn complain(error: &ListenError, option: &str) -> Complaint {
    let ip = error.address().ip();
    let without = if option == REDIRECT { ", or do without it with --no-redirect" } else { "" };
    let mend = match error {
        ListenError::Taken { .. } => {
            format!("stop that process, or choose another port, as in {option} {}{without}", free(ip))
        }
        ListenError::Denied(_) => format!("choose another port, as in {option} {}{without}", free(ip)),
        _ => {
            let port = error.address().port();
            format!("choose an address of this machine, as in {option} 127.0.0.1:{port}{without}")
        }
    };
    Complaint::with_mend(error, mend)
}

/// An address whose port is free just now: of those that resemble HTTPS's, else what the system gives.
fn free(ip: IpAddr) -> SocketAddr {
    let open = |port| std::net::TcpListener::bind((ip, port)).and_then(|listener| listener.local_addr());
    let found = [9443, 10443, 11443, 0].into_iter().find_map(|port| open(port).ok());
    found.unwrap_or(SocketAddr::new(ip, 9443))
}

/// What is served, and who vouches for it.
struct Serving {
    credential: Arc<Credential>,
    mirror: Mirror,
    /// The names of the certificate.
    names: Vec<String>,
    remarks: Vec<String>,
    own: Option<Own>,
}

/// Our own authority; its folder stays locked while this lives.
struct Own {
    _folder: DataFolder,
    root: Root,
    new: bool,
}

impl Serving {
    fn prepare(arguments: &Up, now: UnixTime) -> Result<Self, Complaint> {
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
        Ok(Self {
            names: names_of(&issued.chain),
            mirror: Mirror { anchors: data::anchors(&root)?, identity: Identity::Private },
            credential: Arc::new(Credential::new(issued.chain, issued.key).map_err(Complaint::new)?),
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
            credential: Arc::new(Credential::new(loaded.chain, loaded.key).map_err(Complaint::new)?),
            own: None,
        })
    }

    fn welcome(&self, arguments: &Up, ports: &Ports) -> String {
        let option = data::option(arguments.data.as_deref());
        Welcome {
            https: ports.https.address(),
            http: ports.http.as_ref().map(Port::address),
            names: &self.names,
            root: self.own.as_ref().map(|own| welcome::Root {
                path: own.root.path(),
                new: own.new,
                option: &option,
            }),
            remarks: &self.remarks,
        }
        .text()
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
