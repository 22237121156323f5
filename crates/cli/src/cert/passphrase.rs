//! Passphrases: out of a file, an environment variable, or typed at the terminal without being shown. Never from the
//! command line, which every user of a machine can read.

use std::fs::{File, OpenOptions};
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use bulla_crypto::passphrase::Passphrase;
use bulla_store::{quote, read_file};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::complaint::Complaint;

/// Longer ones are refused.
const LONGEST: usize = 1024;

/// Where a passphrase stands.
#[derive(Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// The first line of a file.
    File(&'a Path),
    /// An environment variable.
    Variable(&'a str),
    /// Whoever sits at the terminal.
    Terminal,
}

impl<'a> Origin<'a> {
    /// What the options name, or else the terminal.
    pub(crate) fn of(file: Option<&'a Path>, variable: Option<&'a str>) -> Self {
        match (file, variable) {
            (Some(file), _) => Self::File(file),
            (None, Some(variable)) => Self::Variable(variable),
            (None, None) => Self::Terminal,
        }
    }

    /// Whether asking again may give another answer.
    pub(crate) fn is_terminal(self) -> bool {
        matches!(self, Self::Terminal)
    }

    /// The passphrase; `None` if it would have to be typed and there is no terminal.
    pub(crate) fn get(self, prompt: &str) -> Result<Option<Passphrase>, Complaint> {
        match self {
            Self::File(path) => from_file(path).map(Some),
            Self::Variable(name) => from_variable(name).map(Some),
            Self::Terminal => match Terminal::open() {
                Some(mut terminal) => terminal.ask(prompt).map(Some),
                None => Ok(None),
            },
        }
    }
}

fn from_file(path: &Path) -> Result<Passphrase, Complaint> {
    let bytes = read_file(path).map_err(|error| {
        let problem = format!("the passphrase file {} cannot be read: {error}", quote::path(path));
        Complaint::with_mend(problem, "name a file whose first line is the passphrase")
    })?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    checked(Zeroizing::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec()))
}

fn from_variable(name: &str) -> Result<Passphrase, Complaint> {
    let value = std::env::var_os(name).ok_or_else(|| {
        Complaint::with_mend(
            format_args!("there is no environment variable {}", quote::text(name)),
            "name the one that holds the passphrase, without a $",
        )
    })?;
    checked(Zeroizing::new(value.into_vec()))
}

fn checked(bytes: Zeroizing<Vec<u8>>) -> Result<Passphrase, Complaint> {
    if bytes.len() > LONGEST {
        return Err(Complaint::with_mend(
            "the passphrase is longer than 1024 bytes",
            "is it the right file?",
        ));
    }
    Ok(Passphrase::new(bytes))
}

/// The terminal, whatever standard input and output are.
struct Terminal(File);

/// Gives the terminal back as it was, however the asking ends.
struct Silence<'a> {
    file: &'a File,
    before: Termios,
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        // If that fails, there is nothing more to be done from here.
        let _ = tcsetattr(self.file, OptionalActions::Flush, &self.before);
    }
}

impl<'a> Silence<'a> {
    /// Nothing typed is shown, and each key arrives as it is, the one that would end the program included: ended
    /// there, it would leave a terminal that shows nothing.
    fn over(file: &'a File) -> std::io::Result<Self> {
        let before = tcgetattr(file)?;
        let mut silent = before.clone();
        silent.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN;
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(file, OptionalActions::Flush, &silent)?;
        Ok(Self { file, before })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "errors are mapped by it")]
fn unreadable(error: std::io::Error) -> Complaint {
    Complaint::with_mend(
        format_args!("the terminal cannot be read: {error}"),
        "use --passphrase-file or --passphrase-env",
    )
}

impl Terminal {
    /// None when no one is there to be asked: without a terminal, or when messages go elsewhere.
    fn open() -> Option<Self> {
        if !std::io::stderr().is_terminal() {
            return None;
        }
        OpenOptions::new().read(true).write(true).open("/dev/tty").ok().map(Self)
    }

    fn ask(&mut self, prompt: &str) -> Result<Passphrase, Complaint> {
        write!(self.0, "{prompt}: ").map_err(unreadable)?;
        let silence = Silence::over(&self.0).map_err(unreadable)?;
        let typed = typed(&self.0);
        drop(silence);
        writeln!(self.0).map_err(unreadable)?;
        match typed.map_err(unreadable)? {
            Some(passphrase) => checked(passphrase),
            None => Err(Complaint::new("stopped: no passphrase was given")),
        }
    }
}

/// Keys up to the end of the line; `None` when it was given up with Ctrl-C or Ctrl-D.
fn typed(mut terminal: &File) -> std::io::Result<Option<Zeroizing<Vec<u8>>>> {
    const ETX: u8 = 0x03;
    const EOT: u8 = 0x04;
    const CLEAR: u8 = 0x15;
    const QUIT: u8 = 0x1c;
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let mut key = [0];
    loop {
        if terminal.read(&mut key)? == 0 {
            return Ok(None);
        }
        match key[0] {
            b'\n' | b'\r' => return Ok(Some(line)),
            ETX | EOT | QUIT => return Ok(None),
            CLEAR => line.clear(),
            // Backspace takes away a character, which may be several bytes.
            0x08 | 0x7f => while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            byte if line.len() <= LONGEST => line.push(byte),
            _ => {}
        }
    }
}

/// A passphrase for what is to be written; typed twice, so that a slip does not lock its owner out.
pub(crate) fn new(origin: Origin<'_>) -> Result<Passphrase, Complaint> {
    let missing = || {
        Complaint::with_mend(
            "a new passphrase is needed, and there is no terminal to ask for it",
            "name where it stands: --new-passphrase-file FILE or --new-passphrase-env VARIABLE",
        )
    };
    let passphrase = origin.get("New passphrase")?.ok_or_else(missing)?;
    if passphrase.is_empty() {
        return Err(Complaint::with_mend("an empty passphrase protects nothing", "choose a longer one"));
    }
    if origin.is_terminal() {
        let again = origin.get("The same again")?.ok_or_else(missing)?;
        if again.as_bytes() != passphrase.as_bytes() {
            return Err(Complaint::with_mend("the two passphrases differ", "try again"));
        }
    }
    Ok(passphrase)
}
