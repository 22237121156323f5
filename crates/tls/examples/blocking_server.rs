//! A server over blocking sockets that says hello to whoever asks:
//! `cargo run -p bulla-tls --example blocking_server -- PORT CHAIN.pem KEY.pem`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;

use bulla_crypto::pem;
use bulla_crypto::private_key::PrivateKey;
use bulla_tls::{Checked, Connection, Credential, Credentials, ServerConfig, Step};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().ok_or("PORT is missing")?.parse()?;
    let chain = std::fs::read(arguments.next().ok_or("CHAIN.pem is missing")?)?;
    let key = std::fs::read(arguments.next().ok_or("KEY.pem is missing")?)?;
    let chain = pem::read(&chain)?.into_iter().map(|section| section.into_der().to_vec().into()).collect();
    let credential = Credential::new(chain, PrivateKey::from_pem(&key)?)?;
    let mut config = ServerConfig::new(Credentials::Fixed(Arc::new(credential)));
    config.alpn = vec![b"http/1.1".to_vec()];
    let config = config.check()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    for socket in listener.incoming() {
        if let Err(error) = serve(&config, socket?) {
            eprintln!("{error}");
        }
    }
    Ok(())
}

fn serve(config: &Checked<ServerConfig>, mut socket: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = Connection::server(config);
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
            Step::Established(facts) => eprintln!("{facts:?}"),
            Step::Deliver(request) => {
                let count = request.len();
                connection.consume(count)?;
                connection.send(ANSWER)?;
                connection.close();
            }
            Step::Closed => return Ok(()),
            other => return Err(format!("unexpected: {other:?}").into()),
        }
    }
}
