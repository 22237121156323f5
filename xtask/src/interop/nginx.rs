//! nginx: as a proxy in front of our server, and as a server for our client.

use std::path::Path;
use std::process::Command;

use super::authority::NAME;
use super::bulla::{self, Up};
use super::process::{self, Running};
use super::table::{Peer, Table};
use super::{Bench, expect, tail};
use crate::failure::Failure;

/// All cases of nginx as a client of our server.
pub(crate) fn server_cases(bench: &Bench, up: &Up, peer: &Peer, table: &mut Table) {
    table.case(peer, "our server", "as a proxy that verifies our certificate", || proxy(bench, up, peer));
}

/// All cases of nginx as a server for our client.
pub(crate) fn client_cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    for (checked, settings, field, value) in
        [("protocol h2", "http2", "alpn", "h2"), ("protocol http/1.1", "", "alpn", "http/1.1")]
    {
        table.case(peer, "our client", checked, || {
            let (_nginx, port) = server(bench, peer, settings, "")?;
            let command = bulla::check_command(bench, port, &[]);
            Ok(format!("{}, {value}", bulla::check(command)?.trusted()?.connection(field, value)?.seen()))
        });
    }
    table.case(peer, "our client", "HelloRetryRequest to secp384r1", || {
        let (_nginx, port) = server(bench, peer, "", "ssl_ecdh_curve secp384r1;")?;
        let checked = bulla::check(bulla::check_command(bench, port, &[]))?.trusted()?;
        Ok(checked.connection("group", "secp384r1")?.connection("hello_retried", "true")?.seen())
    });
    for version in ["1.3", "1.2"] {
        let case = format!("TLS {version}, resumed by ticket");
        table.case(peer, "our client", &case, || resumed(bench, peer, version));
    }
    table.case(peer, "our client", "download of 32 MiB over HTTP/1.1", || download(bench, peer));
}

/// nginx answers anything with a line; the second connection brings back the session of the first.
fn resumed(bench: &Bench, peer: &Peer, version: &str) -> Result<String, Failure> {
    let (_nginx, port) = server(bench, peer, "", &format!("ssl_protocols TLSv{version};"))?;
    bulla::fetch_resumed(bench, port, version, &["--keep-open"])
}

fn download(bench: &Bench, peer: &Peer) -> Result<String, Failure> {
    let (_nginx, port) = server(bench, peer, "", "")?;
    let request = format!("GET /bulk.bin HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n");
    let got = process::run(&mut bulla::fetch_command(bench, port, &["--keep-open"]), request.into_bytes())?
        .succeeded()?;
    let body = std::fs::read(&bench.bulk)?;
    expect(&String::from_utf8_lossy(got.output.get(..200).unwrap_or_default()), "200 OK")?;
    if !got.output.ends_with(&body) {
        return Err(Failure::new(format!("{} bytes, not the file: {}", got.output.len(), tail(&got.errors))));
    }
    Ok(format!("{} MiB, byte for byte", body.len() >> 20))
}

fn server(bench: &Bench, peer: &Peer, listen: &str, more: &str) -> Result<(Running, u16), Failure> {
    let chain = bench.authority.chain(&["ecdsa-p256", "intermediate"])?;
    let key = bench.authority.key("ecdsa-p256");
    let (chain, key, folder) = (chain.display(), key.display(), bench.folder.display());
    start(bench, peer, |port| {
        format!(
            "listen 127.0.0.1:{port} ssl {listen}; server_name {NAME}; ssl_protocols TLSv1.3;
             ssl_certificate {chain}; ssl_certificate_key {key}; root {folder}; {more}
             location = / {{ return 200 hello; }}"
        )
    })
}

fn proxy(bench: &Bench, up: &Up, peer: &Peer) -> Result<String, Failure> {
    let (to, root) = (up.port, up.root_file());
    let (_nginx, port) = start(bench, peer, |port| {
        format!(
            "listen 127.0.0.1:{port};
             location / {{
                 proxy_pass https://127.0.0.1:{to}; proxy_ssl_name localhost; proxy_ssl_server_name on;
                 proxy_ssl_verify on; proxy_ssl_verify_depth 3; proxy_ssl_trusted_certificate {root};
                 proxy_ssl_protocols TLSv1.3; proxy_set_header Host localhost:{to};
             }}"
        )
    })?;
    let mut curl = Command::new("curl");
    let finished = process::run(
        curl.args(["--silent", "--noproxy", "*", &format!("http://127.0.0.1:{port}/")]),
        Vec::new(),
    )?;
    let page = finished.succeeded()?.text();
    expect(&page, "</html>")?;
    expect(&page, "TLS_AES_256_GCM_SHA384").or_else(|_| expect(&page, "TLS_AES_128_GCM_SHA256"))?;
    Ok("the page came through".to_owned())
}

/// Starts nginx in the foreground with everything it writes in a folder of the run.
fn start(bench: &Bench, peer: &Peer, site: impl Fn(u16) -> String) -> Result<(Running, u16), Failure> {
    let port = process::free_port()?;
    let home = bench.folder.join(format!("nginx-{port}"));
    std::fs::create_dir_all(&home).map_err(|error| Failure::at(&home, &error))?;
    let file = home.join("nginx.conf");
    std::fs::write(&file, settings(&home, &site(port))).map_err(|error| Failure::at(&file, &error))?;
    let mut command = Command::new(&peer.program);
    let running = Running::start(command.arg("-e").arg("stderr").arg("-p").arg(&home).arg("-c").arg(&file))?;
    process::wait_for_port(port)
        .map_err(|failure| Failure::new(format!("nginx: {failure}: {}", tail(&running.text()))))?;
    Ok((running, port))
}

/// One process, so that ending it ends all of nginx.
fn settings(home: &Path, site: &str) -> String {
    let home = home.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {home}/{kind};\n"))
        .concat();
    format!(
        "daemon off; master_process off; pid {home}/pid;
         events {{ worker_connections 64; }}
         http {{ access_log off; {temporary} server {{ {site} }} }}\n"
    )
}
