//! The certificates that every peer shows and trusts.

use std::fs;
use std::path::Path;

use crate::fault::Fault;

/// The name that the leaf bears and the client asks for.
pub const SERVER_NAME: &str = "server.example";

/// A root, an intermediate, a server's leaf and a client's with their keys, all in DER, as the harness made them.
pub struct Identity {
    /// The client's only anchor; never sent.
    pub root: Vec<u8>,
    /// Sent behind the leaf.
    pub intermediate: Vec<u8>,
    /// For [`SERVER_NAME`].
    pub leaf: Vec<u8>,
    /// The leaf's key in PKCS#8.
    pub key: Vec<u8>,
    /// What a client shows where it is asked, before the same intermediate.
    pub client: Vec<u8>,
    /// Its key in PKCS#8.
    pub client_key: Vec<u8>,
}

impl Identity {
    /// Reads the files.
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
            client: file("client.der")?,
            client_key: file("client-key.der")?,
        })
    }

    /// Writes the files.
    ///
    /// # Errors
    /// One cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Fault> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("root.der"), &self.root)?;
        fs::write(folder.join("intermediate.der"), &self.intermediate)?;
        fs::write(folder.join("leaf.der"), &self.leaf)?;
        fs::write(folder.join("key.der"), &self.key)?;
        fs::write(folder.join("client.der"), &self.client)?;
        fs::write(folder.join("client-key.der"), &self.client_key)?;
        Ok(())
    }
}
