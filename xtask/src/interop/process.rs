//! Child processes with time limits, ended by their own id when dropped.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// How long any single step may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// What a program left behind.
pub(crate) struct Finished {
    /// Its exit code; none when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) output: Vec<u8>,
    pub(crate) errors: String,
}

impl Finished {
    /// Its output as text, followed by its errors.
    pub(crate) fn text(&self) -> String {
        format!("{}\n{}", String::from_utf8_lossy(&self.output), self.errors)
    }

    /// Fails unless the program ended with exit code 0.
    pub(crate) fn succeeded(self) -> Result<Finished, Failure> {
        if self.code == Some(0) {
            return Ok(self);
        }
        Err(Failure::new(format!("exit code {:?}: {}", self.code, super::tail(&self.text()))))
    }
}

/// A program that runs. Dropping it ends it.
pub(crate) struct Running {
    child: Child,
    input: Option<ChildStdin>,
    output: Collected,
    errors: Collected,
}

/// What a pipe has brought so far.
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Collected {
    fn from(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let reader = thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
                sink.extend_from_slice(buffer.get(..count).unwrap_or_default());
            }
        });
        Collected { bytes, reader: Some(reader) }
    }

    fn so_far(&self) -> Vec<u8> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn len(&self) -> usize {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Everything up to the end of the pipe. A grandchild may hold the pipe open, so the wait is bounded.
    fn all(&mut self) -> Vec<u8> {
        if let Some(reader) = self.reader.take() {
            let deadline = Instant::now() + Duration::from_secs(5);
            while !reader.is_finished() && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(5));
            }
        }
        self.so_far()
    }
}

impl Running {
    /// Starts a program with its three streams piped.
    pub(crate) fn start(command: &mut Command) -> Result<Running, Failure> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| Failure::new(format!("{program}: {error}")))?;
        let (Some(output), Some(errors)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(Failure::new(format!("{program}: its output is not piped")));
        };
        let input = child.stdin.take();
        Ok(Running { child, input, output: Collected::from(output), errors: Collected::from(errors) })
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes to the program's input, which stays open.
    pub(crate) fn say(&mut self, words: &[u8]) -> Result<(), Failure> {
        let input = self.input.as_mut().ok_or_else(|| Failure::new("the program's input is closed"))?;
        input.write_all(words)?;
        input.flush()?;
        Ok(())
    }

    /// Writes to the program's input from a thread of its own, then closes it.
    fn feed(&mut self, words: Vec<u8>) {
        if let Some(mut input) = self.input.take() {
            // The program may end before it has read everything; what it printed is judged, not this.
            thread::spawn(move || drop(input.write_all(&words)));
        }
    }

    /// Feeds `bytes` and waits until the program has printed exactly them.
    pub(crate) fn echoes(mut self, bytes: &[u8]) -> Result<(), Failure> {
        let mut input = self.input.take().ok_or_else(|| Failure::new("the program's input is closed"))?;
        let sent = bytes.to_vec();
        // The input stays open until everything is back: some programs leave when it ends.
        let writer = thread::spawn(move || input.write_all(&sent).map(|()| input));
        let deadline = Instant::now() + LIMIT;
        while self.output.len() < bytes.len() {
            if Instant::now() > deadline || self.child.try_wait()?.is_some() {
                let (got, wanted) = (self.output.len(), bytes.len());
                let errors = lossy(&self.errors.so_far());
                return Err(Failure::new(format!(
                    "{got} of {wanted} bytes came back: {}",
                    super::tail(&errors)
                )));
            }
            thread::sleep(Duration::from_millis(20));
        }
        let same = self.output.so_far() == bytes;
        drop(self);
        drop(writer.join());
        if same { Ok(()) } else { Err(Failure::new("the bytes that came back differ")) }
    }

    /// Waits until the program has printed `words` on either stream.
    pub(crate) fn wait_for(&mut self, words: &str) -> Result<String, Failure> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let text = self.text();
            if text.contains(words) {
                return Ok(text);
            }
            if self.child.try_wait()?.is_some() {
                let text = format!("{}\n{}", lossy(&self.output.all()), lossy(&self.errors.all()));
                super::expect(&text, words)?;
                return Ok(text);
            }
            if Instant::now() > deadline {
                return Err(Failure::new(format!(
                    "`{words}` was not printed in time: {}",
                    super::tail(&text)
                )));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What the program has printed so far, on both streams.
    pub(crate) fn text(&self) -> String {
        format!("{}\n{}", lossy(&self.output.so_far()), lossy(&self.errors.so_far()))
    }

    /// Closes the program's input and waits for its end.
    pub(crate) fn finish(mut self) -> Result<Finished, Failure> {
        self.input.take();
        self.wait()
    }

    /// Closes the program's input and waits for its end, but no longer than `limit`.
    pub(crate) fn finish_within(mut self, limit: Duration) -> Result<Finished, Failure> {
        self.input.take();
        self.wait_within(limit)
    }

    fn wait(self) -> Result<Finished, Failure> {
        self.wait_within(LIMIT)
    }

    fn wait_within(mut self, limit: Duration) -> Result<Finished, Failure> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait()? {
                let errors = lossy(&self.errors.all());
                return Ok(Finished { code: status.code(), output: self.output.all(), errors });
            }
            if Instant::now() > deadline {
                return Err(Failure::new(format!(
                    "not finished after {limit:?}: {}",
                    super::tail(&self.text())
                )));
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the end of a program that has been told to stop by a signal.
    pub(crate) fn interrupt(self) -> Result<Finished, Failure> {
        let id = self.child.id().to_string();
        run(Command::new("kill").args(["-INT", &id]), Vec::new())?.succeeded()?;
        self.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only for a process that is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Runs a program to its end with `input` on its standard input.
pub(crate) fn run(command: &mut Command, input: Vec<u8>) -> Result<Finished, Failure> {
    let mut running = Running::start(command)?;
    running.feed(input);
    running.wait()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A loopback port that nobody listens on.
pub(crate) fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// This loopback port, or another one if somebody listens on it.
pub(crate) fn port_like(wanted: u16) -> Result<u16, Failure> {
    match TcpListener::bind(("127.0.0.1", wanted)) {
        Ok(_) => Ok(wanted),
        Err(_) => free_port(),
    }
}

/// Waits until something accepts connections on a loopback port.
pub(crate) fn wait_for_port(port: u16) -> Result<(), Failure> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if Instant::now() > deadline {
            return Err(Failure::new(format!("nothing listens on port {port}")));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_and_exit_code_come_back() {
        let finished =
            run(Command::new("sh").args(["-c", "cat; echo no >&2; exit 3"]), b"yes".to_vec()).unwrap();
        assert_eq!(
            (finished.code, finished.output.as_slice(), finished.errors.as_str()),
            (Some(3), &b"yes"[..], "no\n")
        );
    }

    #[test]
    fn a_dropped_program_is_gone() {
        let running = Running::start(Command::new("sleep").arg("60")).unwrap();
        let folder = format!("/proc/{}", running.id());
        assert!(std::path::Path::new(&folder).exists());
        drop(running);
        assert!(!std::path::Path::new(&folder).exists());
    }
}
