//! A process killed in the middle of its work leaves an authority that works.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends at what it did not expect")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use bulla_ca::{Authority, Names, Root};
use bulla_crypto::random::Source;
use bulla_store::DataFolder;
use rustls_pki_types::UnixTime;

const PLACE: &str = "BULLA_TEST_PLACE";
const ROUNDS: u64 = 24;

/// Changes everything over and over, until killed.
fn change_for_ever(path: &Path) {
    let folder = DataFolder::open(path).unwrap();
    for round in 0.. {
        let names = Names::parse([format!("n{round}.test")]).unwrap();
        let authority =
            Authority::with_new_root(&folder, &names, UnixTime::now(), &Source::system()).unwrap();
        authority.issue(&names, UnixTime::now()).unwrap();
    }
}

/// A root's key is never lost while its certificate is in the folder, in force or put aside.
fn every_root_has_its_key(path: &Path) {
    let authority = path.join("authority");
    let retired =
        fs::read_dir(&authority).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    for folder in retired.chain([authority.clone()]).filter(|folder| folder.join("root.pem").exists()) {
        assert!(folder.join("root.key").exists(), "{}", folder.display());
    }
}

#[test]
fn a_killed_process_leaves_a_working_authority() {
    if let Some(path) = env::var_os(PLACE) {
        return change_for_ever(Path::new(&path));
    }
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("data");
    for round in 0..ROUNDS {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "a_killed_process_leaves_a_working_authority"])
            .env(PLACE, &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(20 + 7 * round));
        child.kill().unwrap();
        child.wait().unwrap();

        let Ok(folder) = DataFolder::open(&path) else { panic!("round {round}: the folder does not open") };
        let seen = Root::read(folder.reader()).unwrap();
        let none = Names::default();
        let authority =
            Authority::open_or_create(&folder, &none, UnixTime::now(), &Source::system()).unwrap();
        authority.issue(&none, UnixTime::now()).unwrap();
        assert!(seen.is_none_or(|root| root.fingerprint() == authority.root_fingerprint()));
        every_root_has_its_key(&path);
    }
    let retired =
        fs::read_dir(path.join("authority")).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert!(retired.count() > 1, "the processes were killed before they did anything");
}
