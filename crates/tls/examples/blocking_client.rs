//! A client over a blocking socket: `cargo run -p bulla-tls --example blocking_client -- HOST PORT [CA.pem]`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use std::io::{Read, Write};
use std::net::TcpStream;

use bulla_tls::{ClientConfig, Connection, Step, Verification};
use bulla_x509::trust::TrustAnchors;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let host = arguments.next().ok_or("HOST is missing")?;
    let port: u16 = arguments.next().ok_or("PORT is missing")?.parse()?;
    let anchors = match arguments.next() {
        Some(file) => TrustAnchors::from_pem_file(file)?,
        None => TrustAnchors::system()?,
    };
    let mut config = ClientConfig::new(Verification::Anchors(anchors));
    config.alpn = vec![b"http/1.1".to_vec()];
    let mut connection = Connection::client(&config.check()?, host.clone().try_into()?);
    let mut socket = TcpStream::connect((host.as_str(), port))?;
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    loop {
        match connection.step()? {
            Step::NeedBytes => match socket.read(connection.read_slot())? {
                0 => connection.end_of_input(),
                count => connection.advance(count)?,
            },
            Step::Transmit(bytes) => {
                let count = socket.write(bytes)?;
                connection.transmitted(count)?;
            }
            Step::Established(facts) => {
                eprintln!("{facts:#?}");
                connection.send(request.as_bytes())?;
            }
            Step::Deliver(plaintext) => {
                let count = plaintext.len();
                std::io::stdout().write_all(plaintext)?;
                connection.consume(count)?;
            }
            Step::Closed => return Ok(()),
            other => return Err(format!("unexpected: {other:?}").into()),
        }
    }
}
