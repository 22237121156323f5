//! The authorities to trust, as the command line names them.

use std::path::Path;

use bulla_inspect::cue::Identity;
use bulla_x509::trust::TrustAnchors;

use crate::complaint::Complaint;
use crate::data;

/// Which authorities: at most one of the first three; none is the system's store.
#[derive(Clone, Copy)]
pub(crate) struct Choice<'a> {
    pub(crate) ca: Option<&'a Path>,
    pub(crate) local: bool,
    pub(crate) mozilla: bool,
    pub(crate) data: Option<&'a Path>,
}

impl Choice<'_> {
    /// The authorities, and their kind.
    pub(crate) fn load(self) -> Result<(TrustAnchors, Identity), Complaint> {
        if let Some(path) = self.ca {
            return Ok((data::anchors_in(path)?, Identity::Private));
        }
        if self.local {
            return Ok((data::local_anchors(self.data)?, Identity::Private));
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
