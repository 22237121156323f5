//! The certificates that every peer shows and trusts.

use std::fs;
use std::path::Path;

use crate::fault::Fault;

/// The name that the leaf bears and the client asks for.
pub const SERVER_NAME: &str = "server.example";

/// A root, an intermediate and a leaf with its key, all in DER, as the harness made them.
pub struct Identity {
    /// The client's only anchor; never sent.
    pub root: Vec<u8>,
    /// Sent behind the leaf.
    pub intermediate: Vec<u8>,
    /// For [`SERVER_NAME`].
    pub leaf: Vec<u8>,
    /// The leaf's key in PKCS#8.
    pub key: Vec<u8>,
}

impl Identity {
    /// Reads the four files.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn read(folder: &Path) -> Result<Self, Fault> {
        let file = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(|error| Fault::new(format!("{}: {error}", path.display())))
        };
        Ok(Self {
            root: file("root.der")?,
            intermediate: file("intermediate.der")?,
            leaf: file("leaf.der")?,
            key: file("key.der")?,
        })
    }

    /// Writes the four files.
    ///
    /// # Errors
    /// One cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Fault> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("root.der"), &self.root)?;
        fs::write(folder.join("intermediate.der"), &self.intermediate)?;
        fs::write(folder.join("leaf.der"), &self.leaf)?;
        fs::write(folder.join("key.der"), &self.key)?;
        Ok(())
    }
}
