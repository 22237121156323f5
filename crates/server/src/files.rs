//! Files of a folder, as a web server serves them: ranges, caches, compression, `index.html`.
//!
//! The ways of HTTP are tower-http's `ServeDir`. Which files may be read at all is decided here, below it, by where a
//! file really lies: the path of a request is opened to a handle that reads nothing, the system is asked where that
//! handle is, and only then is the same handle opened for reading. Whatever a path says (`..`, encoded or not, links,
//! links that change meanwhile), nothing outside the folder is read, and of what is in it no device, no pipe, and no
//! file or folder whose name begins with a dot; `.well-known` (RFC 8615) is there to be read.

use std::fmt;
use std::future::Future;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bulla_inspect::escape;
use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_RANGE, LAST_MODIFIED, LOCATION, RANGE,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::uri::PathAndQuery;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use rustix::fs::{Mode, OFlags};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower_http::compression::Compression;
use tower_http::services::ServeDir;
use tower_http::services::fs::{Backend, File};
use tower_service::Service as _;

use crate::answer::{Body, boxed, read_only, words};

/// Files smaller than this are not worth compressing.
const WORTH_COMPRESSING: u64 = 512;
/// The one name with a dot that is there for everyone.
const WELL_KNOWN: &str = ".well-known";

/// A folder whose files are served.
#[derive(Clone)]
pub struct Folder {
    inside: Inside,
    files: ServeDir<tower_http::services::fs::DefaultServeDirFallback, Inside>,
}

/// Why a folder cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// It cannot be read.
    #[error("{path} cannot be read: {reason}", path = escape::bytes(.path.as_os_str().as_bytes()))]
    Unreadable {
        /// The folder that was asked for.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// It is a file.
    #[error("{path} is no folder", path = escape::bytes(.path.as_os_str().as_bytes()))]
    NoFolder {
        /// What was asked for.
        path: PathBuf,
    },
}

impl Folder {
    /// The folder at `path`. With `dotfiles`, also what has a name that begins with a dot.
    ///
    /// # Errors
    ///
    /// [`FolderError`] names the path.
    pub fn open(path: &Path, dotfiles: bool) -> Result<Self, FolderError> {
        let unreadable = |reason| FolderError::Unreadable { path: path.to_owned(), reason };
        let root = path.canonicalize().map_err(unreadable)?;
        if !root.is_dir() {
            return Err(FolderError::NoFolder { path: path.to_owned() });
        }
        std::fs::read_dir(&root).map_err(unreadable)?;
        let inside = Inside { root: root.into(), dotfiles };
        let files = ServeDir::with_backend("", inside.clone())
            .precompressed_br()
            .precompressed_gzip()
            .precompressed_zstd()
            .ignore_multi_range_requests(true);
        Ok(Self { inside, files })
    }

    /// Where it really is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inside.root
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return boxed(read_only());
        }
        // Without host, and never beginning with two slashes: a way onward, made of it, stays on this server.
        let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
        let Some(target) =
            Some(target).filter(|target| !target.starts_with("//")).and_then(|target| target.parse().ok())
        else {
            return boxed(words(StatusCode::NOT_FOUND, NOT_HERE));
        };
        let (method, headers) = (request.method(), request.headers());
        let answer = self.look_up(method, &target, headers.clone()).await;
        if answer.status() == StatusCode::PARTIAL_CONTENT && !is_range_of(headers, answer.headers()) {
            let mut headers = headers.clone();
            headers.remove(RANGE);
            return dressed(self.look_up(method, &target, headers).await);
        }
        dressed(answer)
    }

    /// The file as tower-http answers it.
    async fn look_up(&self, method: &Method, target: &Uri, headers: HeaderMap) -> Response<Body> {
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.method_mut() = method.clone();
        *request.uri_mut() = target.clone();
        *request.headers_mut() = headers;
        let mut files = Compression::new(self.files.clone()).compress_when(is_worth_compressing);
        match files.call(request).await {
            Ok(answer) => answer.map(|body| body.map_err(Into::into).boxed_unsync()),
        }
    }
}

impl fmt::Debug for Folder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Folder").field(&self.inside).finish()
    }
}

const NOT_HERE: &str = "There is no such file here.";

/// RFC 9110 section 13.1.5: "a recipient of an If-Range header field MUST ignore the Range header field if the If-Range
/// condition evaluates as false", and it is true only for a strong entity tag or a date that is exactly the file's.
fn is_range_of(asked: &HeaderMap, answered: &HeaderMap) -> bool {
    let Some(condition) = asked.get(IF_RANGE) else { return true };
    if condition.as_bytes().starts_with(b"\"") || condition.as_bytes().starts_with(b"W/") {
        return answered.get(ETAG).is_some_and(|tag| tag == condition && !tag.as_bytes().starts_with(b"W/"));
    }
    answered.get(LAST_MODIFIED) == Some(condition)
}

/// Text and its like, when it is more than a few lines.
fn is_worth_compressing(
    status: StatusCode,
    _: http::Version,
    headers: &HeaderMap,
    _: &http::Extensions,
) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = text(CONTENT_TYPE);
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_text = kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || matches!(
            kind,
            "application/json"
                | "application/javascript"
                | "application/xml"
                | "application/wasm"
                | "font/ttf"
                | "font/otf"
                | "image/bmp"
                | "image/vnd.microsoft.icon"
                | "image/x-icon"
        );
    status == StatusCode::OK
        && is_text
        && text(CONTENT_LENGTH).parse().is_ok_and(|length: u64| length >= WORTH_COMPRESSING)
}

/// The answer with its headers completed, and with words where it has none.
fn dressed(mut answer: Response<Body>) -> Response<Body> {
    match answer.status() {
        StatusCode::NOT_FOUND => return boxed(words(StatusCode::NOT_FOUND, NOT_HERE)),
        StatusCode::METHOD_NOT_ALLOWED => return boxed(read_only()),
        StatusCode::NOT_ACCEPTABLE => {
            return boxed(words(
                StatusCode::NOT_ACCEPTABLE,
                "The file is there, but in no encoding you accept.",
            ));
        }
        StatusCode::INTERNAL_SERVER_ERROR => {
            return boxed(words(StatusCode::INTERNAL_SERVER_ERROR, "The file could not be read."));
        }
        StatusCode::PRECONDITION_FAILED => {
            return boxed(words(
                StatusCode::PRECONDITION_FAILED,
                "The file is not the one you know any more.",
            ));
        }
        StatusCode::RANGE_NOT_SATISFIABLE => {
            let mut told = words(StatusCode::RANGE_NOT_SATISFIABLE, "The file has no such part.");
            if let Some(range) = answer.headers_mut().remove(CONTENT_RANGE) {
                told.headers_mut().insert(CONTENT_RANGE, range);
            }
            return boxed(told);
        }
        _ => {}
    }
    complete(answer.headers_mut());
    answer
}

fn complete(headers: &mut HeaderMap) {
    // RFC 9110 section 8.8.1: a strong tag is for one sequence of bytes. What is compressed on the way has no ranges,
    // and shares its tag with the file as it lies there.
    let on_the_way = headers.contains_key(CONTENT_ENCODING) && !headers.contains_key(ACCEPT_RANGES);
    let strong = headers.get(ETAG).filter(|tag| on_the_way && tag.as_bytes().starts_with(b"\""));
    if let Some(Ok(weak)) = strong.map(|tag| HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())) {
        headers.insert(ETAG, weak);
    }
    let plain_text = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let plain_text = plain_text.filter(|kind| kind.starts_with("text/") && !kind.contains("charset"));
    if let Some(Ok(kind)) = plain_text.map(|kind| HeaderValue::try_from(format!("{kind}; charset=utf-8"))) {
        headers.insert(CONTENT_TYPE, kind);
    }
    if !headers.contains_key(LOCATION) {
        headers.insert(VARY, HeaderValue::from(ACCEPT_ENCODING));
    }
    // Kept by caches, and asked about each time: what is edited is seen at once.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
}

/// What lies inside a folder.
#[derive(Clone, Debug)]
struct Inside {
    /// Without links on its way.
    root: Arc<Path>,
    dotfiles: bool,
}

impl Inside {
    /// A handle to what a path leads to, that reads nothing yet; not found when it may not be read.
    fn find(&self, path: &Path) -> io::Result<OwnedFd> {
        let full = self.root.join(path);
        let handle = rustix::fs::open(&full, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        let place = std::fs::read_link(own(&handle))?;
        if self.may_be_read(&place) { Ok(handle) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    /// Whether what really lies at `place` is for everyone.
    fn may_be_read(&self, place: &Path) -> bool {
        let Ok(within) = place.strip_prefix(&self.root) else { return false };
        let hidden = |(depth, name): (usize, &Path)| {
            name.as_os_str().as_bytes().starts_with(b".") && !(depth == 0 && name == Path::new(WELL_KNOWN))
        };
        self.dotfiles || !within.iter().map(Path::new).enumerate().any(hidden)
    }

    fn open_file(&self, path: &Path) -> io::Result<std::fs::File> {
        let handle = self.find(path)?;
        let kind = rustix::fs::FileType::from_raw_mode(rustix::fs::fstat(handle.as_fd())?.st_mode);
        if !kind.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        std::fs::File::open(own(&handle))
    }

    fn metadata_of(&self, path: &Path) -> io::Result<std::fs::Metadata> {
        // The metadata of a handle is asked for without a right to read.
        std::fs::File::from(self.find(path)?).metadata()
    }
}

/// The system's name for what a handle of this process is of.
fn own(handle: &OwnedFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd()))
}

type Eventually<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

impl Backend for Inside {
    type File = Opened;
    type Metadata = std::fs::Metadata;
    type OpenFuture = Eventually<'static, Opened>;
    type MetadataFuture = Eventually<'static, std::fs::Metadata>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        let inside = self.clone();
        Box::pin(async move {
            let file = aside(move || inside.open_file(&path)).await?;
            Ok(Opened(tokio::fs::File::from_std(file)))
        })
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        let inside = self.clone();
        Box::pin(aside(move || inside.metadata_of(&path)))
    }
}

/// Runs what may wait for a disk where waiting holds no one up. A path that cannot be is one that is not; what else
/// fails is also told in the log.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    let in_circles = Some(rustix::io::Errno::LOOP.raw_os_error());
    let done = tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?;
    done.map_err(|error| match error.kind() {
        NotFound | NotADirectory | InvalidInput | InvalidFilename => NotFound.into(),
        _ if error.raw_os_error() == in_circles => NotFound.into(),
        _ => {
            tracing::warn!("a file could not be opened: {error}");
            error
        }
    })
}

/// A file that is read.
#[derive(Debug)]
struct Opened(tokio::fs::File);

impl AsyncRead for Opened {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl AsyncSeek for Opened {
    fn start_seek(mut self: Pin<&mut Self>, position: io::SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.0).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.0).poll_complete(context)
    }
}

impl File for Opened {
    type Metadata = std::fs::Metadata;
    type MetadataFuture<'a> = Eventually<'a, std::fs::Metadata>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        Box::pin(self.0.metadata())
    }
}
