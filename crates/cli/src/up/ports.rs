//! The ports of `bulla up`, and what to do when one cannot be had.

use std::net::{IpAddr, SocketAddr};

use bulla_server::listen::{ListenError, Port};
use tokio::net::TcpListener;

use crate::arguments::Up;
use crate::complaint::Complaint;

/// The ports that are ours, and do not answer yet.
pub(super) struct Ports {
    pub(super) https: Port,
    pub(super) http: Option<Port>,
}

impl Ports {
    pub(super) fn take(arguments: &Up) -> Result<Self, Complaint> {
        let https = Port::take(arguments.listen).map_err(|error| complain(&error, LISTEN))?;
        if arguments.no_redirect {
            return Ok(Self { https, http: None });
        }
        let http = Port::take(arguments.redirect).map_err(|error| complain(&error, REDIRECT))?;
        Ok(Self { https, http: Some(http) })
    }

    pub(super) fn open(self) -> Result<(TcpListener, Option<TcpListener>), Complaint> {
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
