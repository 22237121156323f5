//! Sessions resumed.

use super::super::bulla::{self, Echo};
use super::super::expect;
use super::super::process::Running;
use super::super::table::Table;
use super::{OUR_CLIENT, OUR_SERVER, OpenSsl};
use crate::failure::Failure;

/// A version as cases name it, OpenSSL's option for it, and what both say of it.
const VERSIONS: [(&str, &str, &str); 2] = [("1.3", "-tls1_3", "TLSv1.3"), ("1.2", "-tls1_2", "TLSv1.2")];

/// How our server keeps sessions, and its option.
pub(in super::super) const KEEPINGS: [(&str, &[&str]); 2] = [("by ticket", &[]), ("by name", &["--store"])];

pub(super) fn cases(openssl: &OpenSsl<'_>, table: &mut Table) {
    for version in VERSIONS {
        for keeping in KEEPINGS {
            let case = format!("resumed {}, {}", version.0, keeping.0);
            table.case(openssl.peer, OUR_SERVER, &case, || served(openssl, version, keeping.1));
        }
        for (how, option) in [("by ticket", &[][..]), ("by name", &["-no_ticket"])] {
            let case = format!("resumed {}, {how}", version.0);
            table.case(openssl.peer, OUR_CLIENT, &case, || fetched(openssl, version, option));
        }
    }
}

/// Two `s_client`s, of which the second brings back the session of the first.
fn served(openssl: &OpenSsl<'_>, version: (&str, &str, &str), options: &[&str]) -> Result<String, Failure> {
    let echo = Echo::start_with(openssl.bench, "ecdsa-p256", options)?;
    let session = openssl.bench.folder.join("session.pem").display().to_string();
    for (option, words) in [("-sess_out", "New, "), ("-sess_in", "Reused, ")] {
        let mut command = openssl.client_of(&echo);
        let mut running = Running::start(command.args([version.1, option, &session]))?;
        running.wait_for("Verify return code: 0")?;
        running.say(b"hello\n")?;
        let text = running.wait_for("\nhello")?;
        expect(&text, &format!("{words}{}", version.2))?;
        running.say(b"Q\n")?;
        running.finish()?;
    }
    Ok(format!("Reused, {}", version.2))
}

/// `s_server` that sends lines back reversed, and our client twice.
fn fetched(openssl: &OpenSsl<'_>, version: (&str, &str, &str), theirs: &[&str]) -> Result<String, Failure> {
    let (_server, port) = openssl.server("ecdsa-p256", &[&[version.1, "-rev"], theirs].concat())?;
    let tls12: &[&str] = if version.1 == "-tls1_2" { &["--tls12"] } else { &[] };
    let mut ours =
        Running::start(&mut bulla::fetch_command(openssl.bench, port, &[&["--resume"], tls12].concat()))?;
    ours.say(b"second\n")?;
    let text = ours.wait_for("dnoces")?;
    expect(&text, "\"resumed\":false")?;
    expect(&text, "\"resumed\":true")?;
    Ok("a new session, then the same resumed".to_owned())
}
