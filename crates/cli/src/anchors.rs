//! The authorities to trust, as the command line names them.

use std::path::PathBuf;

use bulla_inspect::cue::Identity;
use bulla_x509::trust::TrustAnchors;
use clap::{Args, ValueHint};

use crate::complaint::Complaint;
use crate::data;

/// The authorities to judge by: at most one of the first three; none is the system's store.
#[derive(Args, Debug)]
pub(crate) struct Anchors {
    /// Trust the certificates in this file
    #[arg(long, value_name = "FILE", group = "anchors", value_hint = ValueHint::FilePath)]
    pub(crate) ca: Option<PathBuf>,

    /// Trust the authority that `bulla up` made on this machine
    #[arg(long, group = "anchors")]
    pub(crate) local: bool,

    /// Trust Mozilla's list of authorities, built in, instead of the system's
    #[arg(long, group = "anchors")]
    pub(crate) mozilla: bool,

    /// Folder of the authority [default: $XDG_DATA_HOME/bulla or ~/.local/share/bulla]
    #[arg(long, value_name = "DIR", requires = "local", value_hint = ValueHint::DirPath)]
    pub(crate) data: Option<PathBuf>,
}

impl Anchors {
    /// Whether any is named.
    pub(crate) fn are_named(&self) -> bool {
        self.ca.is_some() || self.local || self.mozilla
    }

    /// The authorities, and their kind.
    pub(crate) fn load(&self) -> Result<(TrustAnchors, Identity), Complaint> {
        if let Some(path) = &self.ca {
            return Ok((data::anchors_in(path)?, Identity::Private));
        }
        if self.local {
            return Ok((data::local_anchors(self.data.as_deref())?, Identity::Private));
        }
        if self.mozilla {
            return Ok((TrustAnchors::mozilla(), Identity::Domain));
        }
        let system = TrustAnchors::system().map_err(|error| {
            Complaint::with_mend(
                error,
                "install the system's authorities (package ca-certificates), or use --mozilla",
            )
        })?;
        Ok((system, Identity::Domain))
    }
}
