//! What `bulla up` says once it listens.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use bulla_inspect::cue::place;
use bulla_inspect::escape;

const BOLD: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();
const LINK: Style = AnsiColor::Cyan.on_default().underline();

/// What there is to say.
#[derive(Debug)]
pub(crate) struct Welcome<'a> {
    /// Where HTTPS is served.
    pub(crate) https: SocketAddr,
    /// Where plain HTTP leads to it.
    pub(crate) http: Option<SocketAddr>,
    /// The names and addresses that the certificate is good for.
    pub(crate) names: &'a [String],
    /// The authority behind the certificate; none for a certificate from elsewhere.
    pub(crate) root: Option<Root<'a>>,
    /// What is served in place of the page, and its label.
    pub(crate) content: Option<(&'a str, String)>,
    /// Remarks on the certificate that are no reason not to serve it.
    pub(crate) remarks: &'a [String],
}

/// Our own authority.
#[derive(Debug)]
pub(crate) struct Root<'a> {
    /// The root certificate's file.
    pub(crate) path: &'a Path,
    /// Whether it was made just now.
    pub(crate) new: bool,
    /// The option that names its folder, when that is not the usual one: ` --data DIR`.
    pub(crate) option: &'a str,
}

impl Welcome<'_> {
    /// The text, with colour, each line ended.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        self.places(&mut text);
        if let Some(root) = &self.root {
            trust(&mut text, root);
        }
        self.next(&mut text);
        text
    }

    fn places(&self, text: &mut String) {
        let names = self.reachable();
        for (number, name) in names.iter().enumerate() {
            let label = if number == 0 { "Serving" } else { "" };
            line(text, label, &format!("{LINK}https://{}{LINK:#}", place(name, self.https.port())));
        }
        if let (Some(http), Some(first)) = (self.http, names.first()) {
            let plain = if http.port() == 80 {
                (*first).to_owned()
            } else {
                format!("{}:{}", bracketed(first), http.port())
            };
            line(text, "", &format!("{QUIET}http://{plain} leads there{QUIET:#}"));
        }
        if let Some((label, content)) = &self.content {
            line(text, label, content);
            if let Some(first) = names.first() {
                let page = format!("https://{}/.bulla/", place(first, self.https.port()));
                line(text, "Page", &format!("{page} {QUIET}(your connection){QUIET:#}"));
            }
        }
        if let Some(root) = &self.root {
            let made = if root.new { "made just now" } else { "as before" };
            line(text, "Root", &format!("{} {QUIET}({made}){QUIET:#}", shown(root.path)));
        }
        for remark in self.remarks {
            line(text, "Mind", &escape::visible(remark));
        }
    }

    /// The same on one line, for a log.
    pub(crate) fn line(&self) -> String {
        let port = self.https.port();
        let names =
            self.reachable().iter().map(|name| format!("https://{}", place(name, port))).collect::<Vec<_>>();
        let what = self.content.as_ref().map_or("the page", |(_, content)| content);
        format!("serving {} at {}", escape::visible(what), names.join(", "))
    }

    /// The names to call this server by from here: an address that it does not listen at is left out.
    fn reachable(&self) -> Vec<&str> {
        let listens = self.https.ip();
        let here = |name: &&str| match name.parse::<std::net::IpAddr>() {
            Ok(address) => listens.is_unspecified() || listens == address,
            Err(_) => !name.starts_with("*."),
        };
        self.names.iter().map(String::as_str).filter(here).collect()
    }

    fn next(&self, text: &mut String) {
        let Some(first) = self.reachable().first().copied() else { return };
        let at = place(first, self.https.port());
        heading(text, "Try next, in another terminal");
        match &self.root {
            Some(root) => {
                command(text, &format!("bulla check {at} --local{}", root.option));
                command(text, &format!("bulla check {at}"));
                let page = if self.content.is_some() { "/.bulla/" } else { "/" };
                let facts = format!("https://{at}{page}connection.json");
                command(text, &format!("curl --cacert {} {facts}", word(root.path)));
            }
            None => command(text, &format!("bulla check {at}")),
        }
        let _ = write!(text, "\n  {QUIET}Ctrl-C stops, after the requests under way.{QUIET:#}\n");
    }
}

fn trust(text: &mut String, root: &Root<'_>) {
    heading(text, "Trust the root, and browsers open the page without a warning");
    command(text, &format!("bulla trust install{}", root.option));
}

fn line(text: &mut String, label: &str, value: &str) {
    let _ = writeln!(text, "  {BOLD}{label:<9}{BOLD:#}{value}");
}

fn heading(text: &mut String, words: &str) {
    let _ = write!(text, "\n  {BOLD}{words}{BOLD:#}\n");
}

fn command(text: &mut String, words: &str) {
    let _ = writeln!(text, "    {words}");
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

fn shown(path: &Path) -> String {
    bulla_store::quote::path(path)
}

/// A path as a word for a shell.
fn word(path: &Path) -> String {
    bulla_store::quote::shell_word(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(welcome: &Welcome<'_>) -> String {
        anstream::adapter::strip_str(&welcome.text()).to_string()
    }

    #[test]
    fn with_our_own_authority() {
        let names = ["localhost", "127.0.0.1", "::1", "shop.test"].map(str::to_owned);
        let welcome = Welcome {
            https: "127.0.0.1:8443".parse().unwrap(),
            http: Some("127.0.0.1:8080".parse().unwrap()),
            names: &names,
            root: Some(Root { path: Path::new("/data/my folder/authority/root.pem"), new: true, option: "" }),
            content: None,
            remarks: &[],
        };
        insta::assert_snapshot!(plain(&welcome));
    }

    #[test]
    fn with_a_certificate_from_elsewhere() {
        let names = ["example.com", "*.example.com"].map(str::to_owned);
        let welcome = Welcome {
            https: "[::]:443".parse().unwrap(),
            http: Some("[::]:80".parse().unwrap()),
            names: &names,
            root: None,
            content: Some(("Backend", "http://127.0.0.1:3000".to_owned())),
            remarks: &["the chain ends without its intermediate; clients will refuse it".to_owned()],
        };
        insta::assert_snapshot!(plain(&welcome));
    }
}
