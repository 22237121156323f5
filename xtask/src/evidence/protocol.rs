//! One row for each claim of the third milestone: the protocol over streams.

use super::Row;
use super::figures::Figures;
use crate::failure::Failure;

/// All rows, in the milestone's order.
pub(super) fn all(figures: &Figures) -> Result<Vec<Row>, Failure> {
    [key_transport].into_iter().map(|row| row(figures)).collect()
}

fn key_transport(figures: &Figures) -> Result<Row, Failure> {
    let trial = &figures.left.constant_time;
    let count = |of: &str, field: &str| {
        let count = trial[of][field].as_u64();
        count.ok_or_else(|| {
            Failure::new(format!("evidence: target/constant-time.json has no {field} of {of}"))
        })
    };
    let (blocks, errors) = (count("ours", "blocks")?, count("ours", "memcheck_errors")?);
    let (least, most) = (count("ours", "least")?, count("ours", "most")?);
    if errors > 0 || least != most {
        return Err(Failure::new("evidence: the RSA key transport is not constant in time"));
    }
    Ok(Row {
        claim: "RSA key transport in constant time",
        shown_by: "`cargo xtask constant-time`".to_owned(),
        figure: format!(
            "{blocks} blocks well and ill padded: memcheck reports {errors} uses of the block or the fallback, {least} instructions after the raw operation for each; of a careless twin {} uses, and {} to {} instructions",
            count("careless", "memcheck_errors")?,
            count("careless", "least")?,
            count("careless", "most")?,
        ),
        against: trial["valgrind"].as_str().map(str::to_owned).unwrap_or_default(),
    })
}
