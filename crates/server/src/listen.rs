//! Ports: opening one, and saying who has it when that fails.

use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use tokio::net::{TcpListener, TcpSocket};

/// Connections that the system holds until they are accepted.
const BACKLOG: u32 = 1024;

/// A port that is ours and does not answer yet.
///
/// A server takes its ports before it does anything else, so that a port that is taken costs nothing, and opens them
/// when all is ready, so that who is answered is served.
#[derive(Debug)]
pub struct Port {
    socket: TcpSocket,
    address: SocketAddr,
}

impl Port {
    /// Takes the port at `address`. Port 0 lets the system choose one.
    ///
    /// # Errors
    ///
    /// [`ListenError`] names the port, and the process that holds it where the system tells.
    pub fn take(address: SocketAddr) -> Result<Self, ListenError> {
        let take = || {
            let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            // A port whose last connections are still fading can be taken again.
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            Ok(Self { address: socket.local_addr()?, socket })
        };
        take().map_err(|error| ListenError::new(address, &error))
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to answer.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take): another process may have begun to answer at the same port in between.
    pub fn open(self) -> Result<TcpListener, ListenError> {
        self.socket.listen(BACKLOG).map_err(|error| ListenError::new(self.address, &error))
    }
}

/// Why a port could not be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum ListenError {
    /// Another process listens there.
    Taken {
        /// The address that was asked for.
        address: SocketAddr,
        /// Who listens there, if the system tells.
        holder: Option<Holder>,
    },
    /// This user may not open the port.
    Denied(SocketAddr),
    /// The address is none of this machine's.
    NotHere(SocketAddr),
    /// Anything else the system says.
    Other(SocketAddr, io::ErrorKind),
}

impl ListenError {
    fn new(address: SocketAddr, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::Taken { address, holder: Holder::of(address) },
            io::ErrorKind::PermissionDenied => Self::Denied(address),
            io::ErrorKind::AddrNotAvailable => Self::NotHere(address),
            other => Self::Other(address, other),
        }
    }

    /// The address that was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Taken { address, .. } => *address,
            Self::Denied(address) | Self::NotHere(address) | Self::Other(address, _) => *address,
        }
    }
}

impl fmt::Display for ListenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken { address, holder: Some(holder) } => {
                write!(formatter, "{address} is taken by {holder}")
            }
            Self::Taken { address, holder: None } => {
                write!(formatter, "{address} is taken by another process")
            }
            Self::Denied(address) => {
                write!(formatter, "{address} may not be opened: ports below 1024 are kept for the system")
            }
            Self::NotHere(address) => {
                write!(
                    formatter,
                    "{address} cannot be opened: {} is no address of this machine",
                    address.ip()
                )
            }
            Self::Other(address, kind) => write!(formatter, "{address} cannot be opened: {kind}"),
        }
    }
}

impl std::error::Error for ListenError {}

/// A process that listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The program's short name, escaped for display.
    pub name: String,
    /// The process number.
    pub process: u32,
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (process {})", self.name, self.process)
    }
}

impl Holder {
    /// The process that listens on `address`, found through `/proc`: none on other systems, or when it is another
    /// user's.
    fn of(address: SocketAddr) -> Option<Self> {
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
        let sockets: Vec<String> = tables
            .iter()
            .filter_map(|table| fs::read_to_string(table).ok())
            .flat_map(|table| listening(&table, address))
            .collect();
        processes().into_iter().find(|holder| holder.has_one_of(&sockets))
    }

    fn has_one_of(&self, sockets: &[String]) -> bool {
        let Ok(open) = fs::read_dir(format!("/proc/{}/fd", self.process)) else { return false };
        open.flatten()
            .filter_map(|entry| fs::read_link(entry.path()).ok())
            .any(|target| sockets.iter().any(|socket| target == Path::new(socket)))
    }
}

fn processes() -> Vec<Holder> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let process = entry.file_name().to_str()?.parse().ok()?;
            let name = fs::read_to_string(entry.path().join("comm")).ok()?;
            Some(Holder { name: bulla_inspect::escape::visible(name.trim_end()).into_owned(), process })
        })
        .collect()
}

/// The sockets, as `/proc/PID/fd` names them, that a table of `/proc/net` shows listening where `address` would.
fn listening(table: &str, address: SocketAddr) -> Vec<String> {
    const LISTEN: &str = "0A";
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let (local, state) = (fields.nth(1)?, fields.nth(1)?);
            let inode = fields.nth(5)?;
            let (host, port) = local.split_once(':')?;
            let clashes =
                u16::from_str_radix(port, 16).ok()? == address.port() && overlaps(host, address.ip());
            (state == LISTEN && clashes).then(|| format!("socket:[{inode}]"))
        })
        .collect()
}

/// Whether a listener on `host` (hexadecimal, in words of this machine's byte order) stands in the way of `wanted`.
fn overlaps(host: &str, wanted: IpAddr) -> bool {
    let anywhere = host.bytes().all(|digit| digit == b'0');
    let same = match wanted {
        IpAddr::V4(address) => host.eq_ignore_ascii_case(&words(&address.octets())),
        IpAddr::V6(address) => host.eq_ignore_ascii_case(&words(&address.octets())),
    };
    anywhere || wanted.is_unspecified() || same
}

fn words(octets: &[u8]) -> String {
    octets
        .chunks_exact(4)
        .filter_map(|word| <[u8; 4]>::try_from(word).ok())
        .map(|word| format!("{:08X}", u32::from_ne_bytes(word)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_names_its_holder() {
        let first = Port::take("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = first.address();
        let _listener = first.open().unwrap();
        let error = Port::take(address).unwrap_err();
        let ListenError::Taken { holder: Some(holder), .. } = &error else { panic!("{error}") };
        assert_eq!(holder.process, std::process::id());
        assert!(error.to_string().starts_with(&format!("{address} is taken by ")), "{error}");
    }

    #[tokio::test]
    async fn an_address_of_another_machine_is_named() {
        let error = Port::take("192.0.2.1:8443".parse().unwrap()).unwrap_err();
        let says = "192.0.2.1:8443 cannot be opened: 192.0.2.1 is no address of this machine";
        assert_eq!(error.to_string(), says);
    }

    #[tokio::test]
    async fn a_port_answers_only_once_it_is_open() {
        let port = Port::take("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = port.address();
        assert!(std::net::TcpStream::connect(address).is_err());
        let _listener = port.open().unwrap();
        assert!(std::net::TcpStream::connect(address).is_ok());
    }

    #[test]
    fn the_table_is_read_in_this_machines_byte_order() {
        assert!(overlaps(
            &format!("{:08X}", u32::from_ne_bytes([127, 0, 0, 1])),
            "127.0.0.1".parse().unwrap()
        ));
        assert!(!overlaps(
            &format!("{:08X}", u32::from_ne_bytes([127, 0, 0, 2])),
            "127.0.0.1".parse().unwrap()
        ));
        assert!(overlaps("00000000", "127.0.0.1".parse().unwrap()));
    }
}
