//! A peer's program, started beside the harness and asked by lines of JSON.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use bench_peer::fault::Fault;
use bench_peer::order::{Answer, Order, Trial};

/// A column of the table, and the programs that may fill it.
pub(crate) struct Column {
    /// As the JSON calls it.
    pub(crate) name: &'static str,
    /// As the table calls it.
    pub(crate) title: &'static str,
    /// Those that run in memory.
    programs: &'static [Start],
    /// The one that counts its heap.
    heap: Option<Start>,
    /// The one that is streams of tokio.
    streams: Option<Start>,
}

/// A program and its argument.
type Start = (&'static str, Option<&'static str>);

/// bulla first, the floors last, its peers between them.
pub(crate) const COLUMNS: [Column; 6] = [
    Column {
        name: "bulla",
        title: "bulla",
        programs: &[("bench-bulla", None)],
        heap: Some(("bench-bulla", Some("heap"))),
        streams: Some(("bench-streams-rust", Some("bulla"))),
    },
    Column {
        name: "rustls",
        title: "rustls",
        programs: &[("bench-rustls", Some("buffered")), ("bench-rustls", Some("unbuffered"))],
        heap: Some(("bench-rustls", Some("buffered-heap"))),
        streams: Some(("bench-streams-rust", Some("rustls"))),
    },
    Column {
        name: "boringssl",
        title: "BoringSSL",
        programs: &[("bench-boringssl", None), ("bench-boringssl", Some(WITHOUT_AES))],
        heap: Some(("bench-boringssl-heap", None)),
        streams: Some(("bench-boringssl", Some("streams"))),
    },
    Column {
        name: "openssl",
        title: "OpenSSL",
        programs: &[("bench-openssl", None)],
        heap: Some(("bench-openssl", Some("heap"))),
        streams: None,
    },
    Column {
        name: "floor",
        title: "floor",
        programs: &[("bench-floor", Some("sha2")), ("bench-floor", Some(AWS_LC_ALONE))],
        heap: None,
        streams: None,
    },
    // Filled by the second of the floor's programs.
    Column { name: "floor_aws_lc", title: "floor, AWS-LC", programs: &[], heap: None, streams: None },
];

/// Where the floor stands among [`COLUMNS`].
pub(crate) const FLOOR: usize = 4;
/// Where it stands that computes its HMACs by AWS-LC, too.
const FLOOR_AWS_LC: usize = 5;

/// The floor that is computed by AWS-LC alone.
const AWS_LC_ALONE: &str = "aws-lc";

/// Has BoringSSL believe that the processor has no AES, so that it comes to agree on ChaCha20.
const WITHOUT_AES: &str = "without-aes";

/// Which programs of a column are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Memory,
    Heap,
    Streams,
}

impl Column {
    fn starts(&self, kind: Kind) -> Vec<Start> {
        match kind {
            Kind::Memory => self.programs.to_vec(),
            Kind::Heap => self.heap.into_iter().collect(),
            Kind::Streams => self.streams.into_iter().collect(),
        }
    }
}

/// A running program.
pub(crate) struct Program {
    /// Which of [`COLUMNS`] it fills.
    column: usize,
    /// Another one that it fills.
    also: Option<usize>,
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

/// Starts every program of this kind in the columns that are wanted; all, if none is named.
pub(crate) fn start_all(kind: Kind, wanted: &[String]) -> Result<Vec<Program>, Fault> {
    let mut programs = Vec::new();
    for (index, column) in COLUMNS.iter().enumerate() {
        if wanted.is_empty() || wanted.iter().any(|name| name == column.name) {
            for (program, argument) in column.starts(kind) {
                programs.push(Program::start(index, program, argument)?);
            }
        }
    }
    Ok(programs)
}

impl Program {
    fn start(column: usize, program: &str, argument: Option<&str>) -> Result<Self, Fault> {
        let mut command = Command::new(place(program)?);
        if argument == Some(WITHOUT_AES) {
            // Bit 57: AES in hardware.
            command.env("OPENSSL_ia32cap", "~0x200000000000000");
        }
        let mut child = command.args(argument).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let answers = child.stdout.take().ok_or_else(|| Fault::new("a program without output"))?;
        Ok(Self {
            column,
            also: (argument == Some(AWS_LC_ALONE)).then_some(FLOOR_AWS_LC),
            name: [program].into_iter().chain(argument).collect::<Vec<_>>().join(" "),
            orders: child.stdin.take(),
            answers: BufReader::new(answers),
            child,
        })
    }

    /// The columns that it fills.
    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> {
        [self.column].into_iter().chain(self.also)
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

    /// Opens a session and tries it once; `None` from a library that has no way to do it.
    pub(crate) fn open(&mut self, order: &Order) -> Result<Option<Trial>, Fault> {
        match self.ask(order)? {
            Answer::Ready(trial) => Ok(Some(*trial)),
            Answer::PassedOver(_) => Ok(None),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Whether all of its library allocates as C does.
    pub(crate) fn has_own_heap(&self) -> bool {
        matches!(COLUMNS[self.column].name, "boringssl" | "openssl")
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
