//! A shim for BoringSSL's protocol test runner: one process, one connection, driven by the command line.
//!
//! Exit codes: 0 for success, 1 for a failed connection (the error's name on stderr), 89 for a case that
//! needs what bulla does not have.

mod exchange;
mod names;
mod options;
mod setup;

use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr, TcpStream};
use std::process::ExitCode;

use exchange::{Exchange, Failure};
use options::{Options, Unsupported};

const NOT_IMPLEMENTED: u8 = 89;

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "-is-handshaker-supported") {
        println!("No");
        return ExitCode::SUCCESS;
    }
    let options = match Options::parse(std::env::args_os().skip(1)) {
        Ok(options) => options,
        Err(Unsupported(what)) => {
            eprintln!("not implemented: {what}");
            return ExitCode::from(NOT_IMPLEMENTED);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Unsupported(what)) => {
            eprintln!("not implemented: {what}");
            ExitCode::from(NOT_IMPLEMENTED)
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    let connection = setup::connection(options)?;
    let mut socket = match options.ipv6 {
        true => TcpStream::connect((Ipv6Addr::LOCALHOST, options.port))?,
        false => TcpStream::connect((Ipv4Addr::LOCALHOST, options.port))?,
    };
    socket.set_nodelay(true)?;
    socket.write_all(&options.shim_id.to_le_bytes())?;
    Exchange::new(options, connection, socket).run()
}
