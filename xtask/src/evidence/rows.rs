//! One row for each claim of the first milestone, in its order.

use super::Row;
use super::figures::{Case, Figures, peers};
use crate::failure::Failure;
use crate::shape::{Length, Shape};

/// All rows.
pub(super) fn all(figures: &Figures) -> Result<Vec<Row>, Failure> {
    [workspace, crypto, tls, x509, tokio, real_peers, up, check, bad_input, shape]
        .into_iter()
        .map(|row| row(figures))
        .collect()
}

fn workspace(figures: &Figures) -> Result<Row, Failure> {
    let fresh = &figures.fresh;
    Ok(Row {
        claim: "1 Workspace",
        shown_by: "`cargo xtask layers`, `cargo deny check bans licenses sources`, `cargo xtask fresh`"
            .to_owned(),
        figure: format!(
            "layers: {}; deny: {}; fresh clone of {}: the page after {} s, all tests passed after {} s, compilation included; {} tests",
            figures.layers,
            figures.deny,
            fresh["commit"].as_str().unwrap_or_default(),
            seconds(&fresh["up_seconds"])?,
            seconds(&fresh["test_seconds"])?,
            figures.tests(),
        ),
        against: figures.rustc.clone(),
    })
}

fn seconds(value: &serde_json::Value) -> Result<u64, Failure> {
    value
        .as_u64()
        .ok_or_else(|| Failure::new("evidence: target/fresh.json has no seconds; run `cargo xtask fresh`"))
}

fn crypto(figures: &Figures) -> Result<Row, Failure> {
    let trials = figures.trials("bulla-crypto")?;
    let (hkdf, vectors) = (trials.about(&["rfc_5869"])?, trials.about(VECTORS)?);
    Ok(Row {
        claim: "2 bulla-crypto",
        shown_by: "`cargo test -p bulla-crypto`: Wycheproof vectors, RFC 5869, keys in three encodings"
            .to_owned(),
        figure: format!("{} tests, {vectors} of them Wycheproof sets, {hkdf} of RFC 5869", trials.count()),
        against: format!("{}, {}", figures.version("wycheproof")?, figures.version("aws-lc-rs")?),
    })
}

/// The tests that try a Wycheproof set, each of which states how many cases it tried.
const VECTORS: &[&str] = &["wycheproof::", "exchange::vectors::"];

fn tls(figures: &Figures) -> Result<Row, Failure> {
    let trials = figures.trials("bulla-tls")?;
    let futures = trials.lines("future of ")?.join(", ");
    let counts = TLS_TESTS
        .into_iter()
        .map(|(what, words)| Ok(format!("{} of {what}", trials.about(words)?)))
        .collect::<Result<Vec<_>, Failure>>()?;
    Ok(Row {
        claim: "3 bulla-tls",
        shown_by: "`cargo test -p bulla-tls`".to_owned(),
        figure: format!("{} tests, {}; futures: {futures}", trials.count(), counts.join(", ")),
        against: figures.version("rustls")?,
    })
}

/// What the engine's tests are about, and the words in their names.
const TLS_TESTS: [(&str, &[&str]); 2] =
    [("RFC 8448 byte for byte", &["rfc8448"]), ("handshakes with rustls", &["rustls::"])];

fn x509(figures: &Figures) -> Result<Row, Failure> {
    let trials = figures.trials("bulla-x509")?;
    let refused = figures.cases(|case| case.checked.starts_with("refused: "))?;
    Ok(Row {
        claim: "4 bulla-x509",
        shown_by: "`cargo test -p bulla-x509`; certificates made by openssl, one fault each, in `cargo xtask interop`"
            .to_owned(),
        figure: format!("{} tests; {} faulty servers refused by the exact rule", trials.count(), refused.len()),
        against: peers(&refused),
    })
}

fn tokio(figures: &Figures) -> Result<Row, Failure> {
    let trials = figures.trials("bulla-tokio")?;
    let bulk = figures.cases(|case| case.checked.contains("MiB"))?;
    Ok(Row {
        claim: "5 bulla-tokio",
        shown_by: "`cargo test -p bulla-tokio`; bulk and half-close in `cargo xtask interop`".to_owned(),
        figure: format!("{} tests; {} bulk transfers byte for byte", trials.count(), bulk.len()),
        against: format!("{}, {}", figures.version("tokio")?, peers(&bulk)),
    })
}

fn real_peers(figures: &Figures) -> Result<Row, Failure> {
    let passed = figures.cases(|_| true)?;
    let failed = figures.interop.len() - passed.len();
    if failed > 0 {
        return Err(Failure::new(format!("evidence: {failed} interop cases failed")));
    }
    let served = passed.iter().filter(|case| case.direction == "our server").count();
    Ok(Row {
        claim: "6 Real peers",
        shown_by: "`cargo xtask interop`, table below".to_owned(),
        figure: format!(
            "{served} cases with our server, {} with our client, 0 failed",
            passed.len() - served
        ),
        against: peers(&passed),
    })
}

fn up(figures: &Figures) -> Result<Row, Failure> {
    let pages = figures.cases(|case| case.direction == "our server" && is_page(case))?;
    let (server, ca) = (figures.trials("bulla-server")?, figures.trials("bulla-ca")?);
    Ok(Row {
        claim: "`bulla up`",
        shown_by:
            "`cargo test -p bulla-server -p bulla-ca`; pages read by real clients in `cargo xtask interop`"
                .to_owned(),
        figure: format!("{} and {} tests; {} ways to read the page", server.count(), ca.count(), pages.len()),
        against: peers(&pages),
    })
}

fn is_page(case: &Case) -> bool {
    ["page", "request", "TLS_", "group", "ALPN", "redirect", "Ctrl-C"]
        .iter()
        .any(|word| case.checked.contains(word))
}

/// Cases of the bare engine, which `bulla check` has no part in.
fn is_bare(case: &Case) -> bool {
    ["MiB", "KeyUpdate", "half-close", "cookie"].iter().any(|word| case.checked.contains(word))
}

fn check(figures: &Figures) -> Result<Row, Failure> {
    let checks = figures.cases(|case| case.direction == "our client" && !is_bare(case))?;
    let (inspect, cli) = (figures.trials("bulla-inspect")?, figures.trials("bulla")?);
    Ok(Row {
        claim: "`bulla check`",
        shown_by: "`cargo test -p bulla-inspect -p bulla`; servers judged in `cargo xtask interop`"
            .to_owned(),
        figure: format!(
            "{} and {} tests; {} servers judged, exit codes 0, 1 and 2",
            inspect.count(),
            cli.count(),
            checks.len()
        ),
        against: peers(&checks),
    })
}

fn bad_input(figures: &Figures) -> Result<Row, Failure> {
    let words = &[
        "refused",
        "locked",
        "taken",
        "mismatch",
        "broken",
        "missing",
        "not_",
        "no_",
        "encrypted",
        "damaged",
    ];
    let mut counts = Vec::new();
    for package in ["bulla-store", "bulla-ca", "bulla-server", "bulla"] {
        let trials = figures.trials(package)?;
        counts.push(format!("{package}: {}", trials.about(words)?));
    }
    let cut = figures.cases(|case| case.checked.contains("is refused") || case.checked.contains("400"))?;
    Ok(Row {
        claim: "Bad input",
        shown_by: "tests of what is refused, per crate; hostile hellos in `cargo xtask interop`".to_owned(),
        figure: format!("{}; {} refusals seen by real clients", counts.join(", "), cut.len()),
        against: peers(&cut),
    })
}

fn shape(figures: &Figures) -> Result<Row, Failure> {
    let ours =
        || figures.shapes.iter().filter(|(package, _)| *package != "xtask" && *package != "bulla-peer");
    let longest = |which: fn(&Shape) -> &Length| {
        let longest = ours().map(|(_, shape)| which(shape)).max_by_key(|length| length.lines);
        longest.map(|length| format!("{} lines ({})", length.lines, length.place)).unwrap_or_default()
    };
    let sum = |which: fn(&Shape) -> usize| ours().map(|(_, shape)| which(shape)).sum::<usize>();
    let share = 100 * sum(|shape| shape.short) / sum(|shape| shape.functions).max(1);
    Ok(Row {
        claim: "Shape",
        shown_by: "`cargo xtask shape`".to_owned(),
        figure: format!(
            "longest function {}, longest file {}, {share}% of functions within 10 lines, `unsafe`: {}",
            longest(|shape| &shape.longest_function),
            longest(|shape| &shape.longest_file),
            sum(|shape| shape.unsafe_count),
        ),
        against: figures.version("syn")?,
    })
}
