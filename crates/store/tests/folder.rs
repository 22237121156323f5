//! The data folder as a user meets it: modes, lock, refusals and their exact texts.

#![allow(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs, thread};

use bulla_store::{DataFolder, FolderError, Protection};

const HOLD: &str = "BULLA_TEST_HOLD";
const OPEN: &str = "BULLA_TEST_OPEN";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("data");
    (place, path)
}

fn refusal(path: &Path) -> String {
    DataFolder::open(path).unwrap_err().to_string()
}

#[test]
fn folder_and_keys_belong_to_the_owner_alone() {
    let (_place, path) = place();
    let folder = DataFolder::open(&path).unwrap();
    folder.write("authority/root.key", b"key", Protection::OwnerOnly).unwrap();
    folder.write("authority/root.pem", b"pem", Protection::Public).unwrap();
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&path.join("authority")), 0o700);
    assert_eq!(mode(&path.join("authority/root.key")), 0o600);
    assert_eq!(mode(&path.join("authority/root.pem")) & 0o600, 0o600);
    assert_eq!(fs::read_to_string(path.join("version")).unwrap(), "1\n");
    assert_eq!(folder.read_key("authority/root.key").unwrap().unwrap().as_slice(), b"key");
}

#[test]
fn a_rewritten_key_keeps_no_wider_mode() {
    let (_place, path) = place();
    let folder = DataFolder::open(&path).unwrap();
    folder.write("a.key", b"public", Protection::Public).unwrap();
    folder.write("a.key", b"secret", Protection::OwnerOnly).unwrap();
    assert_eq!(mode(&path.join("a.key")), 0o600);
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let (_place, path) = place();
    let folder = DataFolder::open(&path).unwrap();
    folder.write("root.key", b"key", Protection::OwnerOnly).unwrap();
    for (bits, shown) in [(0o640, "0640"), (0o604, "0604")] {
        set_mode(&path.join("root.key"), bits);
        let file = path.join("root.key");
        assert_eq!(
            folder.read_key("root.key").unwrap_err().to_string(),
            format!(
                "other users can read the key {0} (mode {shown}); \
                 run: chmod 600 {0}, and replace the key if someone may have read it",
                file.display()
            )
        );
    }
}

#[test]
fn files_are_replaced_removed_and_absent() {
    let (_place, path) = place();
    let folder = DataFolder::open(&path).unwrap();
    assert_eq!(folder.read("a/b/c").unwrap(), None);
    folder.write("a/b/c", b"1", Protection::Public).unwrap();
    folder.write("a/b/c", b"22", Protection::Public).unwrap();
    assert_eq!(folder.read("a/b/c").unwrap().unwrap(), b"22");
    folder.remove("a/b/c").unwrap();
    folder.remove("a/b/c").unwrap();
    assert_eq!(folder.read("a/b/c").unwrap(), None);
    assert!(matches!(folder.write("../x", b"", Protection::Public), Err(FolderError::InvalidName { .. })));
}

#[test]
fn links_out_of_the_folder_are_not_followed() {
    let (place, path) = place();
    let folder = DataFolder::open(&path).unwrap();
    fs::write(place.path().join("outside"), "secret").unwrap();
    symlink(place.path().join("outside"), path.join("link")).unwrap();
    symlink(place.path(), path.join("door")).unwrap();
    assert!(matches!(folder.read("link"), Err(FolderError::Io { .. })));
    assert!(matches!(folder.read("door/outside"), Err(FolderError::Io { .. })));
    assert!(matches!(folder.write("door/x", b"", Protection::Public), Err(FolderError::Io { .. })));
    assert!(!place.path().join("x").exists());
}

#[test]
fn a_write_that_cannot_take_its_place_leaves_nothing_behind() {
    let (_place, path) = place();
    let folder = DataFolder::open(&path).unwrap();
    folder.write("a/file", b"", Protection::Public).unwrap();
    let error = folder.write("a", b"", Protection::Public).unwrap_err();
    let expected = format!(
        "could not write {}: Is a directory (os error 21); \
         look at the file, its folder and the disk they are on",
        path.join("a").display()
    );
    assert_eq!(error.to_string(), expected);
    let mut names: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a", "lock", "version"]);
}

/// Starts this test binary again; the child runs the one test named, with `variable` set to `path`.
fn child(test: &str, variable: &str, path: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(variable, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn another_process_holds_the_lock_until_it_ends() {
    if let Some(path) = env::var_os(HOLD) {
        let _folder = DataFolder::open(Path::new(&path)).unwrap();
        println!("\nheld");
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    let (_place, path) = place();
    let mut holder = child("another_process_holds_the_lock_until_it_ends", HOLD, &path);
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "held"));
    assert_eq!(
        refusal(&path),
        format!(
            "the data folder {} is in use by process {}; \
             stop that process, or name another folder with --data DIR",
            path.display(),
            holder.id()
        )
    );
    assert_eq!(DataFolder::read_only(&path).unwrap().read("authority/root.pem").unwrap(), None);

    holder.kill().unwrap();
    holder.wait().unwrap();
    DataFolder::open(&path).unwrap();
}

#[test]
fn of_many_that_open_at_once_one_gets_the_folder() {
    let (_place, path) = place();
    let opened: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| DataFolder::open(&path))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(opened.iter().filter(|result| result.is_ok()).count(), 1);
    for error in opened.into_iter().filter_map(Result::err) {
        assert!(matches!(error, FolderError::InUse { .. }), "{error}");
    }
}

#[test]
fn the_lock_ends_with_the_folder() {
    let (_place, path) = place();
    drop(DataFolder::open(&path).unwrap());
    let _folder = DataFolder::open(&path).unwrap();
    assert!(matches!(DataFolder::open(&path), Err(FolderError::InUse { process: Some(_), .. })));
}

/// Root may write anywhere, so the child gives that right up.
#[test]
fn a_folder_that_cannot_be_written_is_named() {
    if let Some(path) = env::var_os(OPEN) {
        println!("\n{}", refusal(Path::new(&path)));
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("data");
    drop(DataFolder::open(&path).unwrap());
    let program = place.path().join("program");
    fs::copy(env::current_exe().unwrap(), &program).unwrap();
    for path in [place.path(), &program] {
        set_mode(path, 0o755);
    }
    fs::set_permissions(path.join("lock"), fs::Permissions::from_mode(0o666)).unwrap();
    set_mode(&path, 0o555);

    let mut command = Command::new(&program);
    command.args(["--exact", "a_folder_that_cannot_be_written_is_named", "--nocapture"]).env(OPEN, &path);
    if fs::metadata(&path).unwrap().uid() == 0 {
        command.uid(65534).gid(65534);
    }
    let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
    set_mode(&path, 0o700);
    let expected = format!(
        "the data folder {} cannot be written: Permission denied (os error 13); \
         give yourself the right to write there, or name another folder with --data DIR",
        path.display()
    );
    assert!(output.lines().any(|line| line == expected), "{output}");
}

#[test]
fn a_folder_others_can_write_is_refused() {
    let (_place, path) = place();
    drop(DataFolder::open(&path).unwrap());
    set_mode(&path, 0o770);
    let shown = path.display();
    let expected =
        format!("other users can write into the data folder {shown} (mode 0770); run: chmod go-w {shown}");
    assert_eq!(refusal(&path), expected);
}

#[test]
fn an_empty_folder_is_taken_over_and_closed_to_others() {
    let (_place, path) = place();
    fs::create_dir(&path).unwrap();
    set_mode(&path, 0o777);
    DataFolder::open(&path).unwrap();
    assert_eq!(mode(&path), 0o700);
}

#[test]
fn a_folder_with_other_things_is_left_alone() {
    let (_place, path) = place();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("letter.txt"), "dear").unwrap();
    let expected = format!(
        "{} is not a data folder of bulla: it holds \"letter.txt\" but no \"version\"; \
         name an empty folder, or one that does not exist yet, with --data DIR",
        path.display()
    );
    assert_eq!(refusal(&path), expected);
    assert_eq!(DataFolder::read_only(&path).unwrap_err().to_string(), expected);
    assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
}

#[test]
fn a_file_in_the_folders_place_is_named() {
    let (_place, path) = place();
    fs::write(&path, "").unwrap();
    let expected = format!(
        "{} is not a data folder of bulla: it is not a folder; \
         name an empty folder, or one that does not exist yet, with --data DIR",
        path.display()
    );
    assert_eq!(refusal(&path), expected);
    assert_eq!(DataFolder::read_only(&path).unwrap_err().to_string(), expected);
}

#[test]
fn an_unknown_layout_is_refused() {
    let (_place, path) = place();
    drop(DataFolder::open(&path).unwrap());
    fs::write(path.join("version"), "2\x1b[2J\n").unwrap();
    let expected = format!(
        "the data folder {} has the unknown layout \"2\\x1b[2J\"; \
         use the version of bulla that made it, or name another folder with --data DIR",
        path.display()
    );
    assert_eq!(refusal(&path), expected);
    assert_eq!(DataFolder::read_only(&path).unwrap_err().to_string(), expected);
}

#[test]
fn reading_makes_nothing() {
    let (_place, path) = place();
    let shown = path.display();
    let expected = format!("there is no data folder at {shown}; make it with: bulla up --data {shown}");
    assert_eq!(DataFolder::read_only(&path).unwrap_err().to_string(), expected);
    assert!(!path.exists());
}

#[test]
fn the_usual_place_follows_the_environment() {
    let place = |data: Option<&str>, home: Option<&str>| {
        let pick = |name: &str| if name == "HOME" { home } else { data };
        DataFolder::default_path(|name| pick(name).map(Into::into)).map_err(|error| error.to_string())
    };
    assert_eq!(place(Some("/data"), Some("/home/me")), Ok("/data/bulla".into()));
    assert_eq!(place(None, Some("/home/me")), Ok("/home/me/.local/share/bulla".into()));
    assert_eq!(place(Some("relative"), Some("/home/me")), Ok("/home/me/.local/share/bulla".into()));
    assert_eq!(
        place(Some(""), None),
        Err("no place for the data folder: neither XDG_DATA_HOME nor HOME is set; \
             name the folder with --data DIR"
            .into())
    );
}
