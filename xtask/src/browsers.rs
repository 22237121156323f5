//! `cargo xtask browsers`: the page of `bulla up` in real browsers, judged by what they say of the connection.
//!
//! The cases themselves are in `xtask/browsers`, in the browsers' own language; here are the server, the trust stores
//! and the processes. Pictures are kept in `target/browsers/pictures`, the table as `target/browsers.json`.

mod home;
mod install;
mod server;
mod table;
mod verdicts;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::failure::Failure;
use crate::interop::process::{self, Running};
use home::Home;
use install::Programs;
use server::Up;
use table::Table;
use verdicts::Verdicts;

/// What the command line asks for.
#[derive(Default)]
pub(crate) struct Options {
    /// Install missing browsers and drivers.
    pub(crate) install: bool,
    /// Test the release build.
    pub(crate) release: bool,
    /// Only the servers made on the spot, and what the browsers say of them.
    pub(crate) verdicts: bool,
    /// Test the `bulla` in this folder instead of building it.
    pub(crate) binaries: Option<PathBuf>,
}

impl Options {
    /// Out of the arguments behind `browsers`.
    pub(crate) fn read(arguments: &[&str]) -> Result<Options, Failure> {
        let mut options = Options::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match *argument {
                "verdicts" => options.verdicts = true,
                "--install" => options.install = true,
                "--release" => options.release = true,
                "--binaries" => {
                    let folder = arguments
                        .next()
                        .ok_or_else(|| Failure::new("browsers: --binaries wants a folder"))?;
                    options.binaries = Some(PathBuf::from(folder));
                }
                other => return Err(Failure::new(format!("browsers: no such option: {other}"))),
            }
        }
        Ok(options)
    }
}

/// How long all cases of one browser may take together.
const LIMIT: Duration = Duration::from_secs(600);

/// What every browser is started with.
struct Bench {
    /// The workspace.
    root: PathBuf,
    /// Homes, profiles and the server's data: `target/browsers/run`, made anew each time.
    folder: PathBuf,
    programs: Programs,
    up: Up,
    verdicts: Verdicts,
}

#[derive(Clone, Copy)]
enum Browser {
    Chromium,
    Firefox,
}

/// Which root the browser trusts, and with it which cases it is put to.
#[derive(Clone, Copy)]
enum Trust {
    Given,
    Withheld,
    /// The root of the servers made on the spot.
    Verdicts,
}

/// Runs every case and prints the table.
pub(crate) fn command(root: &Path, options: &Options) -> Result<(), Failure> {
    let programs = install::ready(root, options.install)?;
    let folder = root.join("target/browsers/run");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| Failure::at(&folder, &error))?;
    }
    for folder in [&folder, &pictures(root)] {
        fs::create_dir_all(folder).map_err(|error| Failure::at(folder, &error))?;
    }
    let up = Up::start(root, &folder, options)?;
    let verdicts = Verdicts::prepare(&folder.join("verdicts"))?;
    let mut bench = Bench { root: root.to_path_buf(), folder, programs, up, verdicts };
    let compared = compare(&mut bench).and_then(|()| {
        bench.verdicts.conclude((&root.join("target/verdicts.json"), &root.join("docs/verdicts.md")))
    });
    if options.verdicts {
        return compared;
    }
    let mut table = Table::default();
    for browser in [Browser::Chromium, Browser::Firefox] {
        for trust in [Trust::Given, Trust::Withheld] {
            table.add(browser.name(), || cases(&bench, browser, trust));
        }
    }
    table.write(&root.join("target/browsers.json"))?;
    table.print();
    println!("pictures: {}", pictures(root).display());
    table.verdict().and(compared)
}

/// Has each browser ask the servers made on the spot.
fn compare(bench: &mut Bench) -> Result<(), Failure> {
    for browser in [Browser::Chromium, Browser::Firefox] {
        let printed = cases(bench, browser, Trust::Verdicts)?;
        bench.verdicts.add(&printed)?;
    }
    Ok(())
}

fn pictures(root: &Path) -> PathBuf {
    root.join("target/browsers/pictures")
}

/// Starts one browser and puts it to its cases; what the driver printed.
fn cases(bench: &Bench, browser: Browser, trust: Trust) -> Result<String, Failure> {
    let home = Home::create(&bench.folder.join(format!("{}-{}", browser.name(), trust.cases())))?;
    let store = match browser {
        Browser::Chromium => home.shared_store()?,
        Browser::Firefox => home.profile_store()?,
    };
    match trust {
        Trust::Given => store.trust(&bench.up.root)?,
        Trust::Verdicts => store.trust(&bench.verdicts.root)?,
        Trust::Withheld => {}
    }
    // Ended when the cases are over, however they end. Chromium is a child of its driver and leaves with it.
    let (_firefox, marionette) = match browser {
        Browser::Chromium => (None, 0),
        Browser::Firefox => {
            let (running, port) = firefox(bench, &home)?;
            (Some(running), port)
        }
    };
    let mut driver = Command::new(&bench.programs.node);
    driver.arg(bench.root.join("xtask/browsers/run.mjs")).arg(task(bench, browser, trust, &home, marionette));
    let finished = Running::start(&mut driver)?.finish_within(LIMIT)?.succeeded()?;
    Ok(String::from_utf8_lossy(&finished.output).into_owned())
}

/// A Firefox that is steered through a port of its own.
fn firefox(bench: &Bench, home: &Home) -> Result<(Running, u16), Failure> {
    let port = process::free_port()?;
    home.prefer(&[
        ("marionette.port", port.to_string().as_str()),
        ("devtools.jsonview.enabled", "false"),
        // As on phones: the scroll bar takes no width.
        ("ui.useOverlayScrollbars", "1"),
    ])?;
    let mut firefox = Command::new(&bench.programs.firefox);
    firefox.args(["--headless", "--no-remote", "--marionette", "--remote-allow-system-access", "--profile"]);
    firefox.arg(&home.folder).arg("about:blank").env("HOME", &home.folder);
    let running = Running::start(&mut firefox)?;
    process::wait_for_port(port).map_err(|failure| Failure::new(format!("firefox: {failure}")))?;
    Ok((running, port))
}

/// What `run.mjs` is told.
fn task(bench: &Bench, browser: Browser, trust: Trust, home: &Home, marionette: u16) -> String {
    json!({
        "browser": browser.name(),
        "cases": trust.cases(),
        "program": bench.programs.chromium,
        "home": home.folder,
        "marionette": marionette,
        "modules": bench.programs.modules,
        "page": format!("https://localhost:{}/", bench.up.port),
        "address": format!("https://127.0.0.1:{}/", bench.up.port),
        "plain": format!("http://localhost:{}/", bench.up.plain_port),
        "root": bench.up.root,
        "pictures": pictures(&bench.root),
        "servers": bench.verdicts.task,
    })
    .to_string()
}

impl Browser {
    fn name(self) -> &'static str {
        match self {
            Browser::Chromium => "chromium",
            Browser::Firefox => "firefox",
        }
    }
}

impl Trust {
    fn cases(self) -> &'static str {
        match self {
            Trust::Given => "trusted",
            Trust::Withheld => "refused",
            Trust::Verdicts => "verdicts",
        }
    }
}
