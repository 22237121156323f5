//! The access log: one line for each request, written when its answer has ended.
//!
//! A line tells when, who, what, and how it went. It holds no query and no header beside Host: both may carry secrets
//! (tokens, passwords, cookies), and a log is read by more people than a request is. What a client wrote passes
//! [`escape`], so that no request can forge a line or write on a terminal.
//!
//! Lines are written by a thread of their own. A reader that does not keep up never delays an answer: lines are then
//! left out, and their number is told.

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use bulla_inspect::escape;
use bulla_inspect::report::Connection;
use http::{Request, StatusCode};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

/// Lines that wait to be written before further ones are left out.
const WAITING: usize = 4096;
/// How long the end of the log waits for its reader.
const LAST_LINES: Duration = Duration::from_secs(1);
const MOMENT: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people: `2026-11-22T08:35:40.123Z 127.0.0.1:51544 GET https://localhost:8443/ HTTP/2 200 5120 1.8ms`, and
    /// `cut` behind it when the answer did not reach its end.
    Text,
    /// For programs: a JSON object, with the connection's protection in `tls`.
    Json,
}

/// The log. Its last clone, dropped, waits a moment until all is written.
#[derive(Clone)]
pub struct AccessLog(Arc<Shared>);

struct Shared {
    format: Format,
    left_out: AtomicU64,
    /// None only while it is dropped.
    lines: Option<SyncSender<String>>,
    /// Closed when the thread has written all. Used at the end alone; the lock is for sharing.
    written: Mutex<Receiver<()>>,
}

impl AccessLog {
    /// A log that writes to `out`.
    ///
    /// # Errors
    ///
    /// When the system has no thread for it.
    pub fn new(format: Format, out: impl Write + Send + 'static) -> io::Result<Self> {
        let (lines, waiting) = sync_channel(WAITING);
        let (done, written) = sync_channel(0);
        thread::Builder::new().name("access log".to_owned()).spawn(move || {
            write(&waiting, out);
            drop(done);
        })?;
        Ok(Self(Arc::new(Shared {
            format,
            left_out: AtomicU64::new(0),
            lines: Some(lines),
            written: Mutex::new(written),
        })))
    }

    /// Begins the record of a request.
    pub(crate) fn record<B>(&self, request: &Request<B>, visitor: Visitor) -> Record {
        let uri = request.uri();
        let host = uri.authority().map(|authority| authority.as_str().as_bytes());
        let host = host.or_else(|| Some(request.headers().get(http::header::HOST)?.as_bytes()));
        Record {
            log: self.clone(),
            visitor,
            time: SystemTime::now(),
            began: Instant::now(),
            method: escape::clipped(request.method().as_str(), 32).into_owned(),
            host: escape::clipped(&escape::bytes(host.unwrap_or_default()), 253).into_owned(),
            path: escape::clipped(uri.path(), 1000).into_owned(),
            version: format!("{:?}", request.version()).replace(".0", ""),
            status: None,
            length: None,
            bytes: 0,
            whole: false,
        }
    }

    fn line(&self, line: String) {
        let Some(lines) = &self.0.lines else { return };
        match lines.try_send(line) {
            Ok(()) => {
                let left_out = self.0.left_out.swap(0, Ordering::Relaxed);
                if left_out > 0 {
                    tracing::warn!("the access log could not keep up: {left_out} lines are left out");
                }
            }
            Err(TrySendError::Full(_)) => {
                self.0.left_out.fetch_add(1, Ordering::Relaxed);
            }
            // Its reader went away, and that has been said.
            Err(TrySendError::Disconnected(_)) => {}
        }
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("AccessLog").field(&self.0.format).finish()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.lines = None;
        if let Ok(written) = self.written.get_mut() {
            let _ = written.recv_timeout(LAST_LINES);
        }
    }
}

/// Writes lines until the log is closed or its reader is gone.
fn write(lines: &Receiver<String>, mut out: impl Write) {
    while let Ok(first) = lines.recv() {
        let mut next = Ok(first);
        let wrote = loop {
            match next {
                Ok(line) => {
                    if let Err(error) = out.write_all(line.as_bytes()) {
                        break Err(error);
                    }
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break out.flush(),
            }
            next = lines.try_recv();
        };
        if let Err(error) = wrote {
            tracing::warn!("the access log ends here: {error}");
            return;
        }
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) peer: SocketAddr,
    pub(crate) scheme: &'static str,
    /// How the connection is protected; none on the plain port.
    pub(crate) seal: Option<Arc<Connection>>,
}

/// The record of one request; written when it is dropped.
pub(crate) struct Record {
    log: AccessLog,
    visitor: Visitor,
    time: SystemTime,
    began: Instant,
    method: String,
    host: String,
    path: String,
    version: String,
    status: Option<StatusCode>,
    length: Option<u64>,
    bytes: u64,
    whole: bool,
}

impl Record {
    /// The answer's header is there, and says how long its body is, if it is known. An answer without a body is whole
    /// with it.
    pub(crate) fn answered(&mut self, status: StatusCode, length: Option<u64>) {
        self.status = Some(status);
        let bodiless = matches!(
            status,
            StatusCode::SWITCHING_PROTOCOLS | StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        );
        self.length = length;
        self.whole = length == Some(0) || bodiless || self.method == "HEAD";
    }

    /// Bytes of the body have been handed on.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        self.whole |= self.length.is_some_and(|length| self.bytes >= length);
    }

    /// The body has reached its end.
    pub(crate) fn ended(&mut self) {
        self.whole = true;
    }

    fn moment(&self) -> String {
        OffsetDateTime::from(self.time).format(MOMENT).unwrap_or_default()
    }

    fn text(&self) -> String {
        let Visitor { peer, scheme, .. } = &self.visitor;
        let Self { method, host, path, version, bytes, .. } = self;
        let moment = self.moment();
        // A visitor that leaves before there is an answer gets none.
        let status = self.status.map_or("-".to_owned(), |status| status.as_u16().to_string());
        let milliseconds = self.began.elapsed().as_secs_f64() * 1000.0;
        let cut = if self.whole { "" } else { " cut" };
        format!(
            "{moment} {peer} {method} {scheme}://{host}{path} {version} {status} {bytes} {milliseconds:.1}ms{cut}\n"
        )
    }

    fn json(&self) -> String {
        let document = Document {
            time: self.moment(),
            peer: self.visitor.peer,
            method: &self.method,
            scheme: self.visitor.scheme,
            host: &self.host,
            path: &self.path,
            version: &self.version,
            status: self.status.map(|status| status.as_u16()),
            bytes: self.bytes,
            milliseconds: (self.began.elapsed().as_secs_f64() * 1e6).round() / 1e3,
            complete: self.whole,
            tls: self.visitor.seal.as_deref().map(|seal| Tls {
                version: &seal.version,
                suite: &seal.suite,
                group: &seal.group,
                server_name: seal.server_name.as_deref(),
            }),
        };
        // Strings and numbers alone: nothing here can fail to be written.
        let mut line = escape::json(&serde_json::to_string(&document).unwrap_or_default());
        line.push('\n');
        line
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.log.line(match self.log.0.format {
            Format::Text => self.text(),
            Format::Json => self.json(),
        });
    }
}

/// A line as JSON.
#[derive(Serialize)]
struct Document<'a> {
    time: String,
    peer: SocketAddr,
    method: &'a str,
    scheme: &'a str,
    host: &'a str,
    path: &'a str,
    version: &'a str,
    status: Option<u16>,
    bytes: u64,
    milliseconds: f64,
    complete: bool,
    tls: Option<Tls<'a>>,
}

#[derive(Serialize)]
struct Tls<'a> {
    version: &'a str,
    suite: &'a str,
    group: &'a str,
    server_name: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written, shared with the thread that writes it.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn visitor() -> Visitor {
        Visitor { peer: "192.0.2.7:51544".parse().unwrap(), scheme: "https", seal: None }
    }

    fn written(format: Format, target: &str, end: impl FnOnce(&mut Record)) -> String {
        let paper = Paper::default();
        let log = AccessLog::new(format, paper.clone()).unwrap();
        let request = Request::get(target)
            .header("host", "localhost:8443")
            .header("authorization", "Bearer hunter2")
            .header("cookie", "session=hunter2")
            .header("referer", "https://localhost/?hunter2")
            .body(())
            .unwrap();
        end(&mut log.record(&request, visitor()));
        drop(log);
        String::from_utf8(paper.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_line_tells_who_asked_for_what_and_how_it_went() {
        let line = written(Format::Text, "/a/b", |record| {
            record.answered(StatusCode::OK, None);
            record.sent(700);
            record.sent(36);
            record.ended();
        });
        let (moment, rest) = line.split_once(' ').unwrap();
        assert!(moment.ends_with('Z') && moment.len() == "2026-11-22T08:35:40.123Z".len(), "{moment}");
        assert!(
            rest.starts_with("192.0.2.7:51544 GET https://localhost:8443/a/b HTTP/1.1 200 736 "),
            "{rest}"
        );
        assert!(rest.ends_with("ms\n"), "{rest}");
    }

    #[test]
    fn an_answer_that_broke_off_is_marked() {
        let line = written(Format::Text, "/", |record| record.answered(StatusCode::OK, None));
        assert!(line.ends_with("ms cut\n"), "{line}");
        let line = written(Format::Text, "/", |_| {});
        assert!(line.contains(" - 0 ") && line.ends_with("ms cut\n"), "{line}");
    }

    #[test]
    fn no_secret_of_a_request_is_written() {
        for format in [Format::Text, Format::Json] {
            let line = written(format, "/reset?token=hunter2", |_| {});
            assert!(!line.contains("hunter2") && line.contains("/reset"), "{line}");
        }
    }

    #[test]
    fn what_a_client_wrote_is_escaped() {
        for format in [Format::Text, Format::Json] {
            let line = written(format, "/\u{202e}knab\u{200b}", |_| {});
            assert!(line.contains("u{202e}knab") && !line.contains(['\u{202e}', '\u{200b}']), "{line}");
            assert_eq!(line.lines().count(), 1);
        }
    }

    #[test]
    fn json_lines_are_documents() {
        let line = written(Format::Json, "/a", |record| record.answered(StatusCode::NOT_MODIFIED, None));
        let document: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(document["path"], "/a");
        assert_eq!(document["status"], 304);
        assert_eq!(document["complete"], true);
        assert_eq!(document["tls"], serde_json::Value::Null);
    }

    #[test]
    fn a_reader_that_went_away_ends_the_log_and_nothing_else() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let log = AccessLog::new(Format::Text, Gone).unwrap();
        for _ in 0..3 {
            drop(log.record(&Request::new(()), visitor()));
        }
    }

    #[test]
    fn a_reader_that_does_not_keep_up_delays_no_one() {
        struct Stuck(Receiver<()>);
        impl Write for Stuck {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let _ = self.0.recv();
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (release, stuck) = sync_channel(0);
        let log = AccessLog::new(Format::Text, Stuck(stuck)).unwrap();
        for _ in 0..WAITING + 100 {
            drop(log.record(&Request::new(()), visitor()));
        }
        let left_out = log.0.left_out.load(Ordering::Relaxed);
        assert!((98..=100).contains(&left_out), "{left_out}");
        drop(release);
    }
}
