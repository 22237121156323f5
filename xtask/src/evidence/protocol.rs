//! One row for each claim of the third milestone: the protocol over streams.

use super::Row;
use super::figures::{Figures, peers};
use crate::failure::Failure;

/// All rows, in the milestone's order.
pub(super) fn all(figures: &Figures) -> Result<Vec<Row>, Failure> {
    [tls12, resumption, clients, key_transport, outside_work, manual]
        .into_iter()
        .map(|row| row(figures))
        .collect()
}

fn tls12(figures: &Figures) -> Result<Row, Failure> {
    let trials = figures.trials("bulla-tls")?;
    let cases = figures.cases(|case| case.checked.contains("TLS 1.2"))?;
    Ok(Row {
        claim: "TLS 1.2",
        shown_by: "`cargo test -p bulla-tls tls12`, `cargo xtask interop`".to_owned(),
        figure: format!("{} tests, {} cases with real peers", trials.about(&["tls12"])?, cases.len()),
        against: peers(&cases),
    })
}

fn resumption(figures: &Figures) -> Result<Row, Failure> {
    let (tls, tokio) = (figures.trials("bulla-tls")?, figures.trials("bulla-tokio")?);
    let cases = figures.cases(|case| case.checked.contains("resum"))?;
    Ok(Row {
        claim: "Resumption in both versions, never across names, policies or trust",
        shown_by: "`cargo test -p bulla-tls resumption`, `cargo test -p bulla-tokio sessions`, `cargo xtask interop`"
            .to_owned(),
        figure: format!(
            "{} and {} tests, {} cases with real peers",
            tls.about(&["resumption", "session"])?,
            tokio.about(&["sessions"])?,
            cases.len()
        ),
        against: peers(&cases),
    })
}

fn clients(figures: &Figures) -> Result<Row, Failure> {
    let trials = figures.trials("bulla-tls")?;
    let about_clients = ["client certificate", "a client without", "a client of"];
    let cases = figures.cases(|case| about_clients.iter().any(|words| case.checked.contains(words)))?;
    Ok(Row {
        claim: "Client certificates, at once and after the handshake",
        shown_by: "`cargo test -p bulla-tls`, `cargo xtask interop`".to_owned(),
        figure: format!(
            "{} tests of what comes after the handshake, {} cases with real peers",
            trials.about(&["later"])?,
            cases.len()
        ),
        against: peers(&cases),
    })
}

fn outside_work(figures: &Figures) -> Result<Row, Failure> {
    let (tls, tokio) = (figures.trials("bulla-tls")?, figures.trials("bulla-tokio")?);
    let tokens = figures.cases(|case| case.peer == "softhsm")?;
    Ok(Row {
        claim: "Outside work at once or later",
        shown_by: "`cargo test -p bulla-tls needs`, `cargo test -p bulla-tokio`, `cargo xtask interop`"
            .to_owned(),
        figure: format!(
            "{} tests of every need in both roles, {} of the traits, {} with the key in another process, {} with a token",
            tls.about(&["needs::"])?,
            tokio.about(&["outside", "lazy"])?,
            tokio.about(&["other_process"])?,
            tokens.len()
        ),
        against: peers(&tokens),
    })
}

fn manual(figures: &Figures) -> Result<Row, Failure> {
    let (tls, tokio) = (figures.trials("bulla-tls")?, figures.trials("bulla-tokio")?);
    Ok(Row {
        claim: "The manual",
        shown_by: "`cargo test -p bulla-tls --test manual`, `cargo test -p bulla-tokio --doc`".to_owned(),
        figure: format!(
            "{} tests hold each avoided attack to its test, {} how-tos compile",
            tls.about(&["manual"])?,
            tokio.about(&["how_to"])?
        ),
        against: figures.rustc.clone(),
    })
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
