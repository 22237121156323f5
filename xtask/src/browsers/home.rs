//! A home folder for one browser, with the NSS database that its trust comes from.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::interop::process;

/// An empty home; for Firefox it is the profile too.
pub(crate) struct Home {
    pub(crate) folder: PathBuf,
}

/// An NSS database.
pub(crate) struct Store {
    folder: PathBuf,
}

impl Home {
    pub(crate) fn create(folder: &Path) -> Result<Home, Failure> {
        fs::create_dir_all(folder).map_err(|error| Failure::at(folder, &error))?;
        Ok(Home { folder: folder.to_path_buf() })
    }

    /// The database that Chromium reads: `~/.pki/nssdb`.
    pub(crate) fn shared_store(&self) -> Result<Store, Failure> {
        Store::create(self.folder.join(".pki/nssdb"))
    }

    /// The database that Firefox keeps in each profile.
    pub(crate) fn profile_store(&self) -> Result<Store, Failure> {
        Store::create(self.folder.clone())
    }

    /// Writes preferences, as JavaScript literals, into the Firefox profile.
    pub(crate) fn prefer(&self, preferences: &[(&str, &str)]) -> Result<(), Failure> {
        let lines = preferences.iter().map(|(name, value)| format!("user_pref(\"{name}\", {value});\n"));
        let file = self.folder.join("user.js");
        fs::write(&file, lines.collect::<String>()).map_err(|error| Failure::at(&file, &error))
    }
}

impl Store {
    fn create(folder: PathBuf) -> Result<Store, Failure> {
        fs::create_dir_all(&folder).map_err(|error| Failure::at(&folder, &error))?;
        let store = Store { folder };
        store.certutil(&["-N", "--empty-password"])?;
        Ok(store)
    }

    /// Trusts an authority for web servers.
    pub(crate) fn trust(&self, root: &Path) -> Result<(), Failure> {
        self.certutil(&["-A", "-t", "C,,", "-n", "bulla", "-i", &root.display().to_string()])
    }

    fn certutil(&self, arguments: &[&str]) -> Result<(), Failure> {
        let database = format!("sql:{}", self.folder.display());
        let mut certutil = Command::new("certutil");
        process::run(certutil.args(["-d", &database]).args(arguments), Vec::new())?.succeeded()?;
        Ok(())
    }
}
