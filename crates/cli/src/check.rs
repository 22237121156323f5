//! `bulla check`: judge a server.

use std::process::ExitCode;
use std::time::Duration;

use bulla_inspect::connect::Check;
use bulla_inspect::report::{Moment, Report, to_json};
use bulla_inspect::text;
use bulla_x509::verdict::Rule;
use rustls_pki_types::UnixTime;

use crate::arguments;
use crate::complaint::Complaint;
use crate::data;
use crate::key_log;
use crate::terminal::{columns, print, say};

/// The exit code when the certificate is not to be trusted.
const NOT_TRUSTED: u8 = 1;
/// The exit code when there was nothing to judge.
const NOT_CHECKED: u8 = 2;

/// Judges a server and prints the finding.
pub(crate) fn run(arguments: &arguments::Check) -> Result<ExitCode, Complaint> {
    let check = question(arguments).map_err(|complaint| complaint.code(NOT_CHECKED))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        Complaint::new(format_args!("the runtime cannot start: {error}")).code(NOT_CHECKED)
    })?;
    let now = UnixTime::now();
    match runtime.block_on(check.run(now)) {
        Ok(report) => {
            let shown = if arguments.json { report.to_json() } else { text::render(&report, columns()) };
            print(&shown).map_err(|complaint| complaint.code(NOT_CHECKED))?;
            if !arguments.anchors.local && is_from_our_own(&report) {
                say("\nThe missing root is that of your own authority: --local trusts it.");
            }
            Ok(ExitCode::from(if report.trusted { 0 } else { NOT_TRUSTED }))
        }
        Err(error) => {
            if arguments.json {
                print(&to_json(&error.document(Moment::from_unix(now.as_secs()))))
                    .map_err(|complaint| complaint.code(NOT_CHECKED))?;
            }
            Err(Complaint::with_mend(&error, error.mend()).code(NOT_CHECKED))
        }
    }
}

fn question(arguments: &arguments::Check) -> Result<Check, Complaint> {
    let (anchors, identity) = arguments.anchors.load()?;
    let target = &arguments.target;
    let mut check = Check::new(target.host.server_name().clone(), target.port, anchors, identity);
    let protocols = arguments.alpn.iter().filter(|protocol| !protocol.is_empty());
    check.alpn = protocols.map(|protocol| protocol.clone().into_bytes()).collect();
    check.time_limit = Duration::from_secs(arguments.timeout);
    if let Some(path) = &arguments.key_log {
        check.key_log = Some(key_log::open(path)?);
        say(key_log::warning(path));
    }
    if let Some(place) = &arguments.connect {
        check.connect_host = Some(place.host.ascii());
        check.connect_port = place.port;
    }
    Ok(check)
}

/// Whether all that a chain lacks is the root of the authority on this machine.
fn is_from_our_own(report: &Report) -> bool {
    let missing = report.reason.rule.as_deref() == Some(Rule::UnknownAuthority.id());
    let issuer = report.chain.last().map(|link| link.issuer.as_str());
    missing && issuer.is_some() && data::local_root_name().as_deref() == issuer
}
