//! A shim for BoringSSL's protocol test runner: one process, one connection, driven by the command line.
//!
//! Exit codes: 0 for success, 1 for a failed connection (the error's name on stderr), 89 for a case that
//! needs what bulla does not have.

mod compression;
mod credentials;
mod exchange;
mod left_out;
mod memory;
mod missing;
mod names;
mod options;
mod policies;
mod setup;
mod tickets;

use std::ffi::OsString;
use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr, TcpStream};
use std::process::ExitCode;

use credentials::Holdings;
use exchange::{Exchange, Failure};
use memory::Memory;
use options::{Options, Unsupported};

const NOT_IMPLEMENTED: u8 = 89;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if arguments.iter().any(|argument| argument == "-is-handshaker-supported") {
        println!("No");
        return ExitCode::SUCCESS;
    }
    let outcome = Options::parse(arguments.iter().cloned())
        .map_err(|Unsupported(what)| Failure::Unsupported(what))
        .and_then(|options| run(&options));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Unsupported(what)) => {
            let what = left_out::reason(&arguments, &what);
            eprintln!("not implemented: {what}");
            match missing::note(&arguments, &what) {
                Ok(()) => ExitCode::from(NOT_IMPLEMENTED),
                Err(error) => {
                    eprintln!("shim: the missing option could not be noted: {error}");
                    ExitCode::FAILURE
                }
            }
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run([initial, resumed]: &[Options; 2]) -> Result<(), Failure> {
    let memory = Memory::new()?;
    let holdings = Holdings::load(initial)?;
    connect(initial, &holdings, &memory, false)?;
    let holdings = Holdings::load(resumed)?;
    for _ in 0..initial.resume_count {
        connect(resumed, &holdings, &memory, true)?;
    }
    Ok(())
}

fn connect(options: &Options, holdings: &Holdings, memory: &Memory, again: bool) -> Result<(), Failure> {
    if again && !options.server && memory.sessions.servers() == 0 {
        return Err(Failure::Unmet("a session to offer".into()));
    }
    let start = setup::start(options, holdings, memory)?;
    let mut socket = match options.ipv6 {
        true => TcpStream::connect((Ipv6Addr::LOCALHOST, options.port))?,
        false => TcpStream::connect((Ipv4Addr::LOCALHOST, options.port))?,
    };
    socket.set_nodelay(true)?;
    socket.write_all(&options.shim_id.to_le_bytes())?;
    Exchange::new(options, holdings, start, socket).resuming(again).run()?;
    memory.check(options)?;
    memory.pass(options.resumption_delay);
    Ok(())
}
