//! The command line that the peers written in Rust share: that of `bulla-peer`, for another engine.
//!
//! `PROGRAM serve --listen ADDR --chain FILE --key FILE` sends everything back and prints one line of facts per
//! connection. `PROGRAM fetch --connect ADDR --name NAME --ca FILE` sends its input to such a server, closes its side,
//! and prints what comes back. What both understand besides is in [`Options`]; `PROGRAM version` names the engine.

mod connection;
mod facts;
mod options;

use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

pub use connection::Connection;
use connection::{echo, exchange, fetch};
pub use facts::Facts;
pub use options::Options;

/// Why something did not work, in words.
pub type Error = Box<dyn std::error::Error>;

/// How long a peer may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// A TLS engine as both sides of a connection.
pub trait Engine {
    /// Its name and version.
    fn version() -> String;
    /// A server, ready to accept connections.
    ///
    /// # Errors
    /// What does not fit together in the options.
    fn server(
        options: &Options,
    ) -> Result<impl FnMut(TcpStream) -> Result<Box<dyn Connection>, Error>, Error>;
    /// A client, ready to connect; it offers at its second connection what the first brought it.
    ///
    /// # Errors
    /// What does not fit together in the options.
    fn client(
        options: &Options,
    ) -> Result<impl FnMut(TcpStream) -> Result<Box<dyn Connection>, Error>, Error>;
}

/// Runs the program: `main` of each peer.
pub fn run<E: Engine>() -> ExitCode {
    match verb::<E>() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn verb<E: Engine>() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let verb = arguments.next().unwrap_or_default();
    let options = Options::read(arguments)?;
    match verb.as_str() {
        "version" => println!("{}", E::version()),
        "serve" => serve::<E>(&options)?,
        "fetch" => connect::<E>(&options)?,
        other => return Err(format!("no such verb: {other}; there are serve, fetch and version").into()),
    }
    Ok(())
}

/// One connection after another, until the program is ended.
fn serve<E: Engine>(options: &Options) -> Result<(), Error> {
    let mut accept = E::server(options)?;
    let listener = TcpListener::bind(options.value("--listen")?)?;
    println!("listening");
    loop {
        let (stream, _) = listener.accept()?;
        let ended = patient(stream).and_then(&mut accept).and_then(|mut connection| {
            println!("{}", connection.facts());
            if options.flag("--update-keys") {
                connection.update_keys()?;
            }
            echo(&mut *connection)
        });
        match ended {
            Ok(()) => println!("ended"),
            Err(error) => eprintln!("peer: {error}"),
        }
    }
}

fn connect<E: Engine>(options: &Options) -> Result<(), Error> {
    let mut connect = E::client(options)?;
    if options.flag("--resume") {
        let mut first = connect(patient(TcpStream::connect(options.value("--connect")?)?)?)?;
        eprintln!("{}", first.facts());
        exchange(&mut *first, b"first\n")?;
    }
    let mut connection = connect(patient(TcpStream::connect(options.value("--connect")?)?)?)?;
    eprintln!("{}", connection.facts());
    if options.flag("--update-keys") {
        connection.update_keys()?;
    }
    fetch(&mut *connection, &mut std::io::stdin(), &mut std::io::stdout())
}

fn patient(stream: TcpStream) -> Result<TcpStream, Error> {
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(SILENCE))?;
    Ok(stream)
}
