//! curl: HTTP/1.1 and HTTP/2, reuse of a connection, the redirect, and what must be refused.

use std::process::Command;

use super::bulla::{Up, page_agrees};
use super::process::{self, Finished};
use super::table::{Peer, Table};
use super::{Bench, expect};
use crate::failure::Failure;

const OURS: &str = "our server";

/// All cases with curl.
pub(crate) fn cases(bench: &Bench, up: &Up, peer: &Peer, table: &mut Table) {
    let page = format!("https://localhost:{}/", up.port);
    table.case(peer, OURS, "HTTP/1.1 page", || version(up, &page, "--http1.1", "http/1.1"));
    table.case(peer, OURS, "HTTP/2 page", || version(up, &page, "--http2", "h2"));
    table.case(peer, OURS, "HTTPS by address", || {
        get(up, &[&format!("https://127.0.0.1:{}/", up.port)])?.succeeded()?;
        Ok("127.0.0.1 is a name of the certificate".to_owned())
    });
    table.case(peer, OURS, "one connection for 20 requests, HTTP/1.1", || {
        reuse(up, &page, "--http1.1", "1.1")
    });
    table.case(peer, OURS, "one connection for 20 requests, HTTP/2", || reuse(up, &page, "--http2", "2"));
    table.case(peer, OURS, "upload of 32 MiB is answered", || upload(bench, up, &page));
    table.case(peer, OURS, "redirect from plain HTTP", || redirect(up));
    table.case(peer, OURS, "plain HTTP on the TLS port gets a 400", || plain(up));
    table.case(peer, OURS, "TLS 1.2", || older_page(up));
    table.case(peer, OURS, "TLS 1.1 is refused", || {
        let old = ["--tlsv1.1", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"];
        refused(up, &page, &old, "protocol version")
    });
    table.case(peer, OURS, "unknown authority is refused by curl", || {
        let finished =
            process::run(Command::new("curl").args(["--silent", "--show-error", &page]), Vec::new())?;
        if finished.code != Some(60) {
            return Err(Failure::new(format!("exit code {:?}, not 60", finished.code)));
        }
        Ok("exit code 60".to_owned())
    });
}

/// curl with the root of `up`, talkative.
fn get(up: &Up, arguments: &[&str]) -> Result<Finished, Failure> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--verbose", "--max-time", "40", "--noproxy", "*"]);
    command.args(["--cacert", &up.root_file()]).args(arguments);
    process::run(&mut command, Vec::new())
}

fn version(up: &Up, page: &str, option: &str, protocol: &str) -> Result<String, Failure> {
    let finished = get(up, &[option, page])?.succeeded()?;
    expect(&finished.errors, &format!("ALPN: server accepted {protocol}"))?;
    expect(&finished.errors, "SSL certificate verify ok")?;
    let suite =
        finished.errors.lines().find_map(|line| line.split_once("using TLSv1.3 / ").map(|(_, suite)| suite));
    let suite = suite.map(str::trim).ok_or_else(|| Failure::new("curl names no suite"))?;
    let page = String::from_utf8_lossy(&finished.output);
    page_agrees(&page, &["TLS 1.3", suite, protocol])?;
    Ok(format!("{suite}, {protocol}; the page says the same"))
}

fn reuse(up: &Up, page: &str, option: &str, version: &str) -> Result<String, Failure> {
    let report = ["--output", "/dev/null", "--write-out", "%{http_code}:%{http_version}:%{num_connects}\\n"];
    let mut arguments = vec![option];
    for _ in 0..20 {
        arguments.extend(report);
        arguments.push(page);
    }
    let finished = get(up, &arguments)?.succeeded()?;
    let text = String::from_utf8_lossy(&finished.output).into_owned();
    let (opened, used) = (format!("200:{version}:1"), format!("200:{version}:0"));
    let (first, again) = (text.matches(&opened).count(), text.matches(&used).count());
    if (first, again) != (1, 19) {
        return Err(Failure::new(format!("{first} connections for {} answers", first + again)));
    }
    Ok("1 connection, 20 answers".to_owned())
}

fn upload(bench: &Bench, up: &Up, page: &str) -> Result<String, Failure> {
    let bulk = format!("@{}", bench.bulk.display());
    let arguments =
        ["--http1.1", "--data-binary", &bulk, "--write-out", "\ncode %{http_code} sent %{size_upload}", page];
    let finished = get(up, &arguments)?;
    let text = finished.text();
    let line = text.lines().find(|line| line.starts_with("code ")).unwrap_or_default().to_owned();
    let answered = ["code 2", "code 405", "code 413"].iter().any(|start| line.starts_with(start));
    if answered { Ok(line) } else { Err(Failure::new(format!("no answer: {}", super::tail(&text)))) }
}

fn redirect(up: &Up) -> Result<String, Failure> {
    let plain = format!("http://localhost:{}/somewhere?a=b", up.plain_port);
    let finished = get(up, &["--head", &plain])?.succeeded()?;
    let text = finished.text();
    let location = format!("https://localhost:{}/somewhere?a=b", up.port);
    expect(&text.to_ascii_lowercase(), &format!("location: {location}"))?;
    let code = text.lines().find(|line| line.starts_with("HTTP/")).unwrap_or_default().trim();
    Ok(format!("{code}, {location}"))
}

fn plain(up: &Up) -> Result<String, Failure> {
    let finished = get(up, &[&format!("http://localhost:{}/", up.port)])?;
    let text = finished.text();
    expect(&text, "< HTTP/1.1 400")?;
    Ok("HTTP/1.1 400".to_owned())
}

fn refused(up: &Up, page: &str, arguments: &[&str], words: &str) -> Result<String, Failure> {
    let finished = get(up, &[arguments, &[page]].concat())?;
    if finished.code == Some(0) {
        return Err(Failure::new("was accepted"));
    }
    expect(&finished.errors, words)?;
    Ok(format!("alert: {words}"))
}

/// The page in TLS 1.2.
fn older_page(up: &Up) -> Result<String, Failure> {
    let page = format!("https://localhost:{}/", up.port);
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "40", "--noproxy", "*", "--tls-max", "1.2"]);
    let finished =
        process::run(command.args(["--cacert", &up.root_file(), &page]), Vec::new())?.succeeded()?;
    page_agrees(&String::from_utf8_lossy(&finished.output), &["TLS 1.2"])?;
    Ok("TLS 1.2; the page says the same".to_owned())
}
