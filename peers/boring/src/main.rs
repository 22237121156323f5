//! BoringSSL, by the `boring` crate, as a peer program; the command line is peer-program's.

mod connection;

use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use boring::ssl::{
    AlpnError, Ssl, SslContext, SslContextBuilder, SslFiletype, SslMethod, SslOptions, SslSession,
    SslSessionCacheMode, SslVerifyMode, SslVersion,
};
use boring::x509::X509;
use connection::Talk;
use peer_program::{Connection, Engine, Error, Options, run};

struct BoringSsl;

fn main() -> ExitCode {
    run::<BoringSsl>()
}

impl Engine for BoringSsl {
    fn version() -> String {
        format!("boring {}", env!("PEER_VERSION"))
    }

    fn server(
        options: &Options,
    ) -> Result<impl FnMut(TcpStream) -> Result<Box<dyn Connection>, Error>, Error> {
        let context = server_context(options)?;
        Ok(move |stream| Talk::boxed(Ssl::new(&context)?.accept(stream).map_err(|error| error.to_string())?))
    }

    fn client(
        options: &Options,
    ) -> Result<impl FnMut(TcpStream) -> Result<Box<dyn Connection>, Error>, Error> {
        let kept = Arc::new(Mutex::new(None));
        let context = client_context(options, Arc::clone(&kept))?;
        let name = options.value("--name")?.to_owned();
        Ok(move |stream| {
            let mut ssl = Ssl::new(&context)?;
            ssl.set_hostname(&name)?;
            ssl.param_mut().set_host(&name)?;
            if let Some(session) = kept.lock().unwrap_or_else(PoisonError::into_inner).take() {
                resume(&mut ssl, &session)?;
            }
            Talk::boxed(ssl.connect(stream).map_err(|error| error.to_string())?)
        })
    }
}

fn server_context(options: &Options) -> Result<SslContext, Error> {
    let mut context = builder(options)?;
    context.set_session_id_context(b"peer")?;
    if let Some(file) = options.optional("--client-ca") {
        context.set_ca_file(file)?;
        context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }
    if let Some(name) = options.optional("--alpn") {
        let ours = name.as_bytes().to_vec();
        context
            .set_alpn_select_callback(move |_, theirs| chosen(&ours, theirs).ok_or(AlpnError::ALERT_FATAL));
    }
    if options.flag("--no-tickets") {
        context.set_options(SslOptions::NO_TICKET);
    }
    show(options, &mut context)?;
    Ok(context.build())
}

fn client_context(options: &Options, kept: Arc<Mutex<Option<SslSession>>>) -> Result<SslContext, Error> {
    let mut context = builder(options)?;
    context.set_ca_file(options.value("--ca")?)?;
    context.set_verify(SslVerifyMode::PEER);
    if let Some(name) = options.optional("--alpn") {
        context.set_alpn_protos(&listed(name))?;
    }
    context.set_session_cache_mode(SslSessionCacheMode::CLIENT | SslSessionCacheMode::NO_INTERNAL);
    context.set_new_session_callback(move |_, session| {
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
    });
    if options.flag("--chain") {
        show(options, &mut context)?;
    }
    Ok(context.build())
}

fn builder(options: &Options) -> Result<SslContextBuilder, Error> {
    let mut context = SslContext::builder(SslMethod::tls())?;
    let highest = if options.flag("--tls12") { SslVersion::TLS1_2 } else { SslVersion::TLS1_3 };
    context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_max_proto_version(Some(highest))?;
    if let Some(names) = options.optional("--groups") {
        let names: Vec<&str> = names.split(':').map(boring_name).collect();
        context.set_curves_list(&names.join(":"))?;
    }
    Ok(context)
}

/// BoringSSL's name for a group.
fn boring_name(registered: &str) -> &str {
    match registered {
        "secp256r1" => "P-256",
        "secp384r1" => "P-384",
        "secp521r1" => "P-521",
        other => other,
    }
}

/// What we show of ourselves.
fn show(options: &Options, context: &mut SslContextBuilder) -> Result<(), Error> {
    let mut chain = X509::stack_from_pem(&std::fs::read(options.value("--chain")?)?)?.into_iter();
    context.set_certificate(&*chain.next().ok_or("the chain is empty")?)?;
    for certificate in chain {
        context.add_extra_chain_cert(certificate)?;
    }
    Ok(context.set_private_key_file(options.value("--key")?, SslFiletype::PEM)?)
}

/// Our protocol where it stands in the client's list.
fn chosen<'a>(ours: &[u8], mut theirs: &'a [u8]) -> Option<&'a [u8]> {
    while let Some((length, rest)) = theirs.split_first() {
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        if name == ours {
            return Some(name);
        }
        theirs = rest;
    }
    None
}

/// One protocol in the form of the extension.
fn listed(name: &str) -> Vec<u8> {
    [&[u8::try_from(name.len()).unwrap_or(u8::MAX)], name.as_bytes()].concat()
}

#[expect(unsafe_code, reason = "the crate asks that a session be used with its own context alone")]
fn resume(ssl: &mut Ssl, session: &SslSession) -> Result<(), Error> {
    // SAFETY: the program has one client context, which made the session.
    Ok(unsafe { ssl.set_session(session) }?)
}
