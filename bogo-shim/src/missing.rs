//! What a case asks for and bulla does not have, noted for whoever started the runner: the runner itself
//! counts such cases without saying what they miss.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;

/// Our own option, given to the runner by `-shim-extra-flags`: the file that takes the notes.
pub const FILE: &str = "-note-missing";
/// The runner's option whose value ends in the name of the case.
pub const CASE: &str = "-write-settings";

/// Adds the line `CASE<TAB>WHAT` to the file that the command line names; without one, does nothing.
pub fn note<A: AsRef<OsStr>>(arguments: &[A], what: &str) -> std::io::Result<()> {
    let Some(file) = value(arguments, FILE) else { return Ok(()) };
    let case = value(arguments, CASE).map(case_name).unwrap_or_default();
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    // One write, so that lines of shims that run at the same time do not mix.
    file.write_all(format!("{case}\t{what}\n").as_bytes())
}

fn value<'a, A: AsRef<OsStr>>(arguments: &'a [A], name: &str) -> Option<&'a OsStr> {
    let mut arguments = arguments.iter().map(AsRef::as_ref);
    arguments.find(|argument| argument.as_bytes() == name.as_bytes())?;
    arguments.next()
}

/// `FOLDER/tls/client/NAME-` names the case `NAME`.
fn case_name(prefix: &OsStr) -> String {
    let prefix = prefix.to_string_lossy();
    let name = prefix.rsplit('/').next().unwrap_or_default();
    name.strip_suffix('-').unwrap_or(name).to_owned()
}
