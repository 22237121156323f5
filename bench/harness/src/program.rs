//! A peer's program, started beside the harness and asked by lines of JSON.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use bench_peer::fault::Fault;
use bench_peer::order::{Answer, Order, Trial};

/// A column of the table, and the programs that may fill it.
pub(crate) struct Column {
    /// As the table and the JSON call it.
    pub(crate) name: &'static str,
    /// Program, its argument, and the crate of the library whose version counts.
    pub(crate) programs: &'static [(&'static str, Option<&'static str>)],
}

/// bulla first, the floor last, its peers between them.
pub(crate) const COLUMNS: [Column; 3] = [
    Column { name: "bulla", programs: &[("bench-bulla", None)] },
    Column {
        name: "rustls",
        programs: &[("bench-rustls", Some("buffered")), ("bench-rustls", Some("unbuffered"))],
    },
    Column { name: "floor", programs: &[("bench-floor", None)] },
];

/// A running program.
pub(crate) struct Program {
    /// Which of [`COLUMNS`] it fills.
    pub(crate) column: usize,
    /// Program and argument.
    pub(crate) name: String,
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// Where the peers are: beside the harness.
pub(crate) fn place(program: &str) -> Result<PathBuf, Fault> {
    let here = std::env::current_exe()?;
    let path = here.with_file_name(program);
    if path.is_file() {
        return Ok(path);
    }
    Err(Fault::new(format!("{} is missing: `cargo xtask bench` builds it", path.display())))
}

/// Starts every program of every column.
pub(crate) fn start_all() -> Result<Vec<Program>, Fault> {
    let columns = COLUMNS.iter().enumerate();
    let programs = columns.flat_map(|(index, column)| column.programs.iter().map(move |one| (index, one)));
    programs.map(|(column, (program, argument))| Program::start(column, program, *argument)).collect()
}

impl Program {
    fn start(column: usize, program: &str, argument: Option<&str>) -> Result<Self, Fault> {
        let mut command = Command::new(place(program)?);
        let mut child = command.args(argument).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let answers = child.stdout.take().ok_or_else(|| Fault::new("a program without output"))?;
        Ok(Self {
            column,
            name: [program].into_iter().chain(argument).collect::<Vec<_>>().join(" "),
            orders: child.stdin.take(),
            answers: BufReader::new(answers),
            child,
        })
    }

    /// Gives an order and waits for its answer; a refusal is an error.
    pub(crate) fn ask(&mut self, order: &Order) -> Result<Answer, Fault> {
        let mut line = serde_json::to_string(order)?;
        line.push('\n');
        let orders = self.orders.as_mut().ok_or_else(|| Fault::new("a program without input"))?;
        orders.write_all(line.as_bytes())?;
        let mut answer = String::new();
        if self.answers.read_line(&mut answer)? == 0 {
            return Err(Fault::new(format!("{} ended in the middle of an order", self.name)));
        }
        match serde_json::from_str(&answer)? {
            Answer::Refused(words) => Err(Fault::new(format!("{}: {words}", self.name))),
            answer => Ok(answer),
        }
    }

    /// Opens a session and tries it once.
    pub(crate) fn open(&mut self, order: &Order) -> Result<Trial, Fault> {
        match self.ask(order)? {
            Answer::Ready(trial) => Ok(*trial),
            other => Err(self.unexpected(&other)),
        }
    }

    pub(crate) fn unexpected(&self, answer: &Answer) -> Fault {
        Fault::new(format!("{} answered {answer:?}", self.name))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Without orders it ends by itself.
        self.orders = None;
        let _ = self.child.wait();
    }
}
