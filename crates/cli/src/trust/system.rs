//! The system's store on Debian and its kin: files of local roots, and a program that joins them into one bundle.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bulla_crypto::pem;
use bulla_store::quote;

use super::program;
use super::{Anchor, Outcome, Store};

const UPDATE: &str = "update-ca-certificates";
/// Programs that are told of changes.
const HOOKS: &str = "/etc/ca-certificates/update.d";

/// Debian's store.
#[derive(Debug)]
pub(super) struct SystemStore {
    /// Another folder than `/` that the system is in.
    sysroot: Option<PathBuf>,
    /// The option that names our root again, for the mend.
    again: String,
}

/// Where our root is in the store.
#[derive(Debug, Default)]
struct Found {
    /// Files that hold it alone.
    alone: Vec<PathBuf>,
    /// Files that hold it among others; someone else put them there.
    among: Vec<PathBuf>,
    /// Whether programs see it.
    bundled: bool,
}

impl SystemStore {
    pub(super) fn at(sysroot: Option<&Path>, again: String) -> Self {
        Self { sysroot: sysroot.map(Path::to_owned), again }
    }

    fn within(&self, path: &str) -> PathBuf {
        match &self.sysroot {
            Some(sysroot) => sysroot.join(path.trim_start_matches('/')),
            None => PathBuf::from(path),
        }
    }

    /// The folder for roots that this system's owner adds.
    fn local(&self) -> PathBuf {
        self.within("/usr/local/share/ca-certificates")
    }

    /// What programs read.
    fn bundle(&self) -> PathBuf {
        self.within("/etc/ssl/certs/ca-certificates.crt")
    }

    fn find(&self, anchor: &Anchor) -> Result<Found, String> {
        let mut found = Found::default();
        let mut folders = vec![self.local()];
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(format!("{} cannot be read: {error}", quote::path(&folder))),
            };
            for entry in entries.flatten() {
                let path = entry.path();
                // A link to a folder is not followed: it might lead in a circle.
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "crt") {
                    match certificates(&path) {
                        held if !held.iter().any(|der| der.as_slice() == anchor.der.as_ref()) => {}
                        held if held.len() == 1 => found.alone.push(path),
                        _ => found.among.push(path),
                    }
                }
            }
        }
        found.bundled = certificates(&self.bundle()).iter().any(|der| der.as_slice() == anchor.der.as_ref());
        Ok(found)
    }

    /// Has the bundle made anew.
    fn update(&self) -> Result<(), String> {
        let update = program::find(UPDATE).ok_or_else(|| {
            format!("{UPDATE} is missing; install it with: sudo apt install ca-certificates")
        })?;
        let mut arguments = Vec::new();
        if self.sysroot.is_some() {
            for (option, path) in [
                ("--certsconf", "/etc/ca-certificates.conf"),
                ("--certsdir", "/usr/share/ca-certificates"),
                ("--localcertsdir", "/usr/local/share/ca-certificates"),
                ("--etccertsdir", "/etc/ssl/certs"),
                ("--hooksdir", HOOKS),
            ] {
                arguments.extend([option.into(), self.whole(path).into_os_string()]);
            }
        }
        program::run(&update, arguments, b"").map(drop)
    }

    /// As [`within`](Self::within), from the system's own root: programs change their folder on the way.
    fn whole(&self, path: &str) -> PathBuf {
        let path = self.within(path);
        std::path::absolute(&path).unwrap_or(path)
    }

    /// Removes the links that the program made to a file that is gone; it leaves them behind. Gives those that are
    /// named after the file.
    fn unlink(&self, file: &Path) -> io::Result<Vec<PathBuf>> {
        let file = std::path::absolute(file)?;
        let links: Vec<(PathBuf, PathBuf)> = fs::read_dir(self.whole("/etc/ssl/certs"))?
            .flatten()
            .filter_map(|entry| Some((entry.path(), fs::read_link(entry.path()).ok()?)))
            .collect();
        let (named, others): (Vec<_>, Vec<_>) = links.into_iter().partition(|(_, to)| *to == file);
        let named: Vec<PathBuf> = named.into_iter().map(|(link, _)| link).collect();
        let hashed = others.into_iter().filter(|(_, to)| named.iter().any(|name| name.ends_with(to)));
        for link in named.iter().cloned().chain(hashed.map(|(link, _)| link)) {
            fs::remove_file(link)?;
        }
        Ok(named)
    }

    /// Tells those who keep a store of their own beside the bundle, as Java does, what is gone from it. The program
    /// itself tells them of what is new alone.
    fn tell_hooks(&self, gone: &[PathBuf]) -> Result<(), String> {
        let hooks = self.whole(HOOKS);
        let Some(list) = program::find("run-parts").filter(|_| hooks.is_dir() && !gone.is_empty()) else {
            return Ok(());
        };
        let news: String = gone.iter().map(|link| format!("-{}\n", link.display())).collect();
        let hooks = program::run(&list, [OsStr::new("--test"), OsStr::new("--"), hooks.as_os_str()], b"")?;
        for hook in String::from_utf8_lossy(&hooks).lines() {
            program::run(Path::new(hook), [] as [&str; 0], news.as_bytes())?;
        }
        Ok(())
    }

    fn write(&self, anchor: &Anchor) -> Result<PathBuf, String> {
        let mark = anchor.fingerprint.get(..16).unwrap_or(&anchor.fingerprint);
        let path = self.local().join(format!("bulla-{mark}.crt"));
        let unfinished = self.local().join(format!("bulla-{mark}.new"));
        let write = || {
            fs::create_dir_all(self.local())?;
            fs::write(&unfinished, pem::write("CERTIFICATE", &anchor.der))?;
            let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            fs::set_permissions(&unfinished, readable)?;
            fs::File::open(&unfinished)?.sync_all()?;
            fs::rename(&unfinished, &path)
        };
        write().map_err(|error| {
            let _ = fs::remove_file(&unfinished);
            self.denied(&path, "written", &error, "install")
        })?;
        Ok(path)
    }

    fn denied(&self, path: &Path, what: &str, error: &io::Error, action: &str) -> String {
        let shown = quote::path(path);
        if error.kind() == io::ErrorKind::PermissionDenied {
            let again = &self.again;
            return format!(
                "{shown} can be {what} by root alone; run: sudo bulla trust {action} --system {again}"
            );
        }
        format!("{shown} cannot be {what}: {error}")
    }

    fn put_in(&self, anchor: &Anchor) -> Result<String, String> {
        let found = self.find(anchor)?;
        let there = found.alone.first().or(found.among.first());
        if let (Some(path), true) = (there, found.bundled) {
            return Ok(format!("trusted already, by {}", quote::path(path)));
        }
        let (path, written) = match there {
            Some(path) => (path.clone(), false),
            None => (self.write(anchor)?, true),
        };
        let updated = self.update().and_then(|()| match self.find(anchor)?.bundled {
            true => Ok(()),
            false => Err(format!("{} does not hold it after {UPDATE}", quote::path(&self.bundle()))),
        });
        if let Err(problem) = updated {
            if written {
                let _ = fs::remove_file(&path);
            }
            return Err(format!("not installed: {problem}"));
        }
        let verb = if written { "wrote" } else { "found" };
        Ok(format!("installed: {verb} {}, ran {UPDATE}", quote::path(&path)))
    }

    fn take_out(&self, anchor: &Anchor) -> Result<String, String> {
        let found = self.find(anchor)?;
        if let Some(path) = found.among.first() {
            return Err(format!(
                "not removed: {} holds it among other roots; take it out of that file, then run {UPDATE}",
                quote::path(path)
            ));
        }
        if found.alone.is_empty() && !found.bundled {
            return Ok("not there, nothing to do".to_owned());
        }
        for path in &found.alone {
            fs::remove_file(path).map_err(|error| {
                format!("not removed: {}", self.denied(path, "removed", &error, "remove"))
            })?;
        }
        let mut links = Vec::new();
        for path in &found.alone {
            links.extend(self.unlink(path).map_err(|error| {
                format!(
                    "the file is removed, but not its link in {}: {error}",
                    quote::path(&self.within("/etc/ssl/certs"))
                )
            })?);
        }
        let rest = self.update().and_then(|()| self.tell_hooks(&links));
        rest.map_err(|problem| format!("the file is removed, but {problem}"))?;
        if self.find(anchor)?.bundled {
            let bundle = quote::path(&self.bundle());
            return Err(format!("{bundle} still holds it: it comes from a place that {UPDATE} alone knows"));
        }
        let removed: Vec<String> = found.alone.iter().map(|path| quote::path(path)).collect();
        Ok(format!("removed: deleted {}, ran {UPDATE}", removed.join(" and ")))
    }

    fn look(&self, anchor: &Anchor) -> Result<String, String> {
        let found = self.find(anchor)?;
        match (found.alone.first().or(found.among.first()), found.bundled) {
            (Some(path), true) => Ok(format!("trusted, by {}", quote::path(path))),
            (None, true) => Ok(format!("trusted until {UPDATE} runs again; its file is gone")),
            (Some(path), false) => Err(format!(
                "not trusted yet: {} is there, but {UPDATE} has not run since",
                quote::path(path)
            )),
            (None, false) => Err("not trusted".to_owned()),
        }
    }
}

impl Store for SystemStore {
    fn name(&self) -> String {
        match &self.sysroot {
            Some(sysroot) => format!("system in {}", quote::path(sysroot)),
            None => "system".to_owned(),
        }
    }

    fn install(&self, anchor: &Anchor) -> Outcome {
        self.put_in(anchor).map_or_else(Outcome::Bad, Outcome::Good)
    }

    fn remove(&self, anchor: &Anchor) -> Outcome {
        self.take_out(anchor).map_or_else(Outcome::Bad, Outcome::Good)
    }

    fn status(&self, anchor: &Anchor) -> Outcome {
        self.look(anchor).map_or_else(Outcome::Bad, Outcome::Good)
    }
}

/// The certificates in a file; none when it cannot be read as PEM.
fn certificates(path: &Path) -> Vec<Vec<u8>> {
    let sections = fs::read(path).ok().and_then(|bytes| pem::read(&bytes).ok()).unwrap_or_default();
    sections
        .into_iter()
        .filter(|section| section.label == "CERTIFICATE")
        .map(|section| section.der.to_vec())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_write_is_told_what_to_run() {
        let store = SystemStore::at(None, "--data '/home/me/my data'".to_owned());
        let told =
            store.denied(Path::new("/x.crt"), "written", &io::ErrorKind::PermissionDenied.into(), "install");
        let command = "sudo bulla trust install --system --data '/home/me/my data'";
        assert_eq!(told, format!("/x.crt can be written by root alone; run: {command}"));
        let told = store.denied(Path::new("/x.crt"), "removed", &io::ErrorKind::StorageFull.into(), "remove");
        assert_eq!(told, "/x.crt cannot be removed: no storage space");
    }
}
