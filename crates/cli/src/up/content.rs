//! What `bulla up` serves over HTTPS: its page, a folder, or a backend.

use std::net::IpAddr;

use bulla_server::Content;
use bulla_server::files::Folder;
use bulla_server::proxy::Backend;
use bulla_store::quote;

use super::ports::Ports;
use crate::arguments::Up;
use crate::complaint::Complaint;

/// What was asked for.
pub(super) fn of(arguments: &Up, ports: &Ports) -> Result<Content, Complaint> {
    if let Some(path) = &arguments.root {
        let folder = Folder::open(path, arguments.dotfiles).map_err(|error| {
            Complaint::with_mend(error, "name a folder that you may read with --root DIR")
        })?;
        return Ok(Content::Folder(folder));
    }
    if let Some(backend) = &arguments.proxy {
        refuse_circle(backend, ports)?;
        return Ok(Content::Backend(backend.clone()));
    }
    Ok(Content::Page)
}

/// The same for people, with its label; none for the page.
pub(super) fn told(arguments: &Up) -> Option<(&'static str, String)> {
    let folder = arguments.root.as_deref().map(|path| ("Files", quote::path(path)));
    folder.or_else(|| Some(("Backend", arguments.proxy.as_ref()?.to_string())))
}

/// A server that is its own backend would ask itself for ever.
fn refuse_circle(backend: &Backend, ports: &Ports) -> Result<(), Complaint> {
    let here = match backend.host().trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback() || address.is_unspecified(),
        Err(_) => backend.host().eq_ignore_ascii_case("localhost"),
    };
    let own = [Some(&ports.https), ports.http.as_ref()];
    if here && own.into_iter().flatten().any(|port| port.address().port() == backend.port()) {
        return Err(Complaint::with_mend(
            format_args!("the backend {backend} is this server itself"),
            "name the port of the program behind it, as in --proxy http://127.0.0.1:3000",
        ));
    }
    Ok(())
}
