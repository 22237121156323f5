//! A folder served over HTTPS: what is read, how it is sent, and what stays hidden.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod house;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use bulla_server::Content;
use bulla_server::files::{Folder, FolderError};
use house::{Answer, House};
use http::{Method, Request, Version};
use http_body_util::Full;

const STORY: &str = "Once upon a time, in clay. ";

/// A folder within a folder, so that there is something outside it to be kept from.
struct Site {
    place: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let site = Self { place: tempfile::tempdir().unwrap() };
        fs::create_dir(site.root()).unwrap();
        site.file("public/index.html", "<p>Front</p>");
        site.file("public/story.txt", STORY.repeat(100));
        site.file("public/picture.png", [7; 2000]);
        site.file("public/sub/index.html", "<p>Sub</p>");
        site.file("public/bare/only.txt", "only");
        site.file("public/.env", "secret");
        site.file("public/.git/config", "secret");
        site.file("public/.well-known/security.txt", "well known");
        site.file("public/sub/.well-known/hidden.txt", "secret");
        site.file("outside.txt", "secret");
        site
    }

    fn root(&self) -> std::path::PathBuf {
        self.place.path().join("public")
    }

    fn file(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.place.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    fn serve(&self) -> House {
        self.serve_with(false)
    }

    fn serve_with(&self, dotfiles: bool) -> House {
        let folder = Folder::open(&self.root(), dotfiles).unwrap();
        House::start(|server| server.content = Content::Folder(folder))
    }
}

fn assert_hidden(what: &str, answer: &Answer) {
    assert!(matches!(answer.status(), 400 | 404), "{what}: {}", answer.status());
    assert!(!answer.text().contains("secret"), "{what}: {}", answer.text());
}

#[tokio::test]
async fn files_come_whole_with_their_kind_and_headers() {
    let site = Site::new();
    let house = site.serve();
    let answer = house.get("/", &[]).await;
    assert_eq!((answer.status(), answer.text()), (200, "<p>Front</p>"));
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("x-frame-options"), "SAMEORIGIN");
    assert_eq!(answer.header("cache-control"), "no-cache");
    let answer = house.get("/picture.png?size=big", &[("accept-encoding", "gzip, br")]).await;
    assert_eq!((answer.status(), answer.body()), (200, &[7; 2000][..]));
    assert_eq!(answer.header("content-type"), "image/png");
    assert_eq!(answer.header("content-length"), "2000");
    assert_eq!(answer.header("content-encoding"), "");
    let mut request = Request::get("/story.txt").body(Full::default()).unwrap();
    *request.version_mut() = Version::HTTP_2;
    assert_eq!(house.send(request).await.text(), STORY.repeat(100));
}

#[tokio::test]
async fn folders_show_their_index_and_nothing_else() {
    let site = Site::new();
    let house = site.serve();
    let answer = house.get("/sub?a=b", &[]).await;
    assert_eq!((answer.status(), answer.header("location")), (307, "/sub/?a=b"));
    assert_eq!(house.get("/sub/", &[]).await.text(), "<p>Sub</p>");
    assert_eq!(house.get("/bare/", &[]).await.status(), 404);
    assert_eq!(house.get("/story.txt/", &[]).await.status(), 404);
}

#[tokio::test]
async fn a_way_onward_stays_on_this_server() {
    let site = Site::new();
    site.file("public/evil.test/index.html", "<p>Here</p>");
    let house = site.serve();
    assert_eq!(house.get("//evil.test", &[]).await.status(), 404);
    let mut request = Request::get("/evil.test").body(Full::default()).unwrap();
    *request.version_mut() = Version::HTTP_2;
    assert_eq!(house.send(request).await.header("location"), "/evil.test/");
}

#[tokio::test]
async fn parts_of_files_are_sent() {
    let site = Site::new();
    let house = site.serve();
    let whole = STORY.repeat(100);
    for (range, status, content_range, part) in [
        ("bytes=0-3", 206, "bytes 0-3/2700", &whole[..4]),
        ("bytes=2696-", 206, "bytes 2696-2699/2700", &whole[2696..]),
        ("bytes=-5", 206, "bytes 2695-2699/2700", &whole[2695..]),
        ("bytes=9999-", 416, "bytes */2700", "The file has no such part.\n"),
        ("bytes=0-1,5-6", 200, "", &whole[..]),
    ] {
        let answer = house.get("/story.txt", &[("range", range)]).await;
        assert_eq!((answer.status(), answer.header("content-range")), (status, content_range), "{range}");
        assert_eq!(answer.text(), part, "{range}");
        let length = part.len().to_string();
        assert_eq!(answer.header("content-length"), length, "{range}");
    }
}

#[tokio::test]
async fn a_part_is_only_of_the_file_that_is_meant() {
    let site = Site::new();
    let house = site.serve();
    let first = house.get("/story.txt", &[]).await;
    let (tag, date) = (first.header("etag"), first.header("last-modified"));
    let part = |condition: String| {
        let house = &house;
        async move { house.get("/story.txt", &[("range", "bytes=0-3"), ("if-range", &condition)]).await.status() }
    };
    assert_eq!(part(tag.to_owned()).await, 206);
    assert_eq!(part(date.to_owned()).await, 206);
    assert_eq!(part("\"another\"".to_owned()).await, 200);
    assert_eq!(part(format!("W/{tag}")).await, 200, "a weak tag does not promise the same bytes");
    assert_eq!(part("Thu, 01 Jan 1970 00:00:00 GMT".to_owned()).await, 200);
}

#[tokio::test]
async fn who_has_the_file_already_is_told_so() {
    let site = Site::new();
    let house = site.serve();
    let first = house.get("/story.txt", &[]).await;
    let (tag, date) = (first.header("etag").to_owned(), first.header("last-modified").to_owned());
    assert!(tag.starts_with('"'), "{tag}");
    let again = house.get("/story.txt", &[("if-none-match", &tag)]).await;
    assert_eq!((again.status(), again.body().len()), (304, 0));
    assert_eq!((again.header("etag"), again.header("vary")), (tag.as_str(), "accept-encoding"));
    assert_eq!(house.get("/story.txt", &[("if-modified-since", &date)]).await.status(), 304);
    assert_eq!(house.get("/story.txt", &[("if-none-match", "\"another\"")]).await.status(), 200);
    assert_eq!(house.get("/story.txt", &[("if-match", "\"another\"")]).await.status(), 412);
    site.file("public/story.txt", "changed");
    let changed = house.get("/story.txt", &[("if-none-match", &tag)]).await;
    assert_eq!((changed.status(), changed.text()), (200, "changed"));
}

#[tokio::test]
async fn text_is_compressed_on_the_way() {
    let site = Site::new();
    let house = site.serve();
    for (accepts, coding) in
        [("gzip", "gzip"), ("br", "br"), ("gzip, br", "br"), ("zstd", ""), ("identity", "")]
    {
        let answer = house.get("/story.txt", &[("accept-encoding", accepts)]).await;
        assert_eq!((answer.status(), answer.header("content-encoding")), (200, coding), "{accepts}");
        assert_eq!(answer.header("vary"), "accept-encoding");
        assert_eq!(answer.header("etag").starts_with("W/"), !coding.is_empty(), "{accepts}");
        assert_eq!(answer.body().len() < 500, !coding.is_empty(), "{accepts}: {}", answer.body().len());
        let tag = answer.header("etag").to_owned();
        let again = house.get("/story.txt", &[("accept-encoding", accepts), ("if-none-match", &tag)]).await;
        assert_eq!(again.status(), 304, "{accepts}");
    }
    let head = Request::builder().method(Method::HEAD).uri("/story.txt").header("accept-encoding", "gzip");
    let head = house.send(head.body(Full::default()).unwrap()).await;
    assert_eq!((head.status(), head.header("content-encoding"), head.body().len()), (200, "gzip", 0));
    let part = house.get("/story.txt", &[("accept-encoding", "gzip"), ("range", "bytes=0-3")]).await;
    assert_eq!((part.status(), part.header("content-encoding"), part.text()), (206, "", "Once"));
}

#[tokio::test]
async fn a_file_compressed_beforehand_is_preferred() {
    let site = Site::new();
    // Of another length each: a tag is made of length and time, and these are made within one tick of the clock.
    for (ending, contents) in [("gz", "gz"), ("br", "br."), ("zst", "zst.")] {
        site.file(&format!("public/story.txt.{ending}"), contents);
    }
    let house = site.serve();
    let mut tags = vec![house.get("/story.txt", &[]).await.header("etag").to_owned()];
    for (accepts, coding, body) in [("gzip", "gzip", "gz"), ("br", "br", "br."), ("zstd", "zstd", "zst.")] {
        let answer = house.get("/story.txt", &[("accept-encoding", accepts)]).await;
        assert_eq!((answer.header("content-encoding"), answer.text()), (coding, body));
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert!(answer.header("etag").starts_with('"'));
        tags.push(answer.header("etag").to_owned());
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4, "each has a tag of its own");
}

#[tokio::test]
async fn nothing_outside_the_folder_is_read() {
    let site = Site::new();
    let house = site.serve();
    for path in [
        "/../outside.txt",
        "/sub/../../outside.txt",
        "/%2e%2e/outside.txt",
        "/..%2foutside.txt",
        "/%2e%2e%2foutside.txt",
        "/sub/%2e%2e/%2e%2e/outside.txt",
        "/..%5coutside.txt",
        "/%252e%252e/outside.txt",
        "/story.txt%00.png",
        "/%2fetc%2fpasswd",
        "//etc/passwd",
        "/%ff",
        "/sub/../index.html",
    ] {
        for method in ["GET", "HEAD"] {
            let answer = house
                .raw(
                    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                        .as_bytes(),
                )
                .await;
            assert!(answer.starts_with("HTTP/1.1 404"), "{method} {path}: {answer}");
            assert!(!answer.contains("secret") && !answer.contains("root:"), "{method} {path}");
        }
    }
    let long = format!("/{}", "a".repeat(5000));
    assert_hidden("a long name", &house.get(&long, &[]).await);
}

#[tokio::test]
async fn links_lead_within_the_folder_only() {
    let site = Site::new();
    let link = |to: &Path, name: &str| symlink(to, site.root().join(name)).unwrap();
    link(&site.place.path().join("outside.txt"), "out.txt");
    link(Path::new("../outside.txt"), "out2.txt");
    link(site.place.path(), "up");
    link(Path::new(".env"), "env.txt");
    link(Path::new("circle"), "circle");
    link(Path::new("/proc/self/root/etc/passwd"), "magic");
    link(Path::new("story.txt"), "tale.txt");
    link(Path::new("out.txt"), "picture.png.gz");
    let house = site.serve();
    for path in
        ["/out.txt", "/out2.txt", "/up/outside.txt", "/up/public/story.txt/", "/env.txt", "/circle", "/magic"]
    {
        assert_hidden(path, &house.get(path, &[]).await);
    }
    assert_eq!(house.get("/tale.txt", &[]).await.status(), 200);
    assert_eq!(house.get("/up/public/story.txt", &[]).await.status(), 200, "it leads back inside");
    let answer = house.get("/picture.png", &[("accept-encoding", "gzip")]).await;
    assert_eq!((answer.status(), answer.body().len()), (200, 2000));
}

#[tokio::test]
async fn names_with_a_dot_are_hidden_unless_asked_for() {
    let site = Site::new();
    let house = site.serve();
    for path in ["/.env", "/%2eenv", "/.git/config", "/.git/", "/.git", "/sub/.well-known/hidden.txt"] {
        assert_hidden(path, &house.get(path, &[]).await);
    }
    assert_eq!(house.get("/.well-known/security.txt", &[]).await.text(), "well known");
    let open = site.serve_with(true);
    assert_eq!(open.get("/.env", &[]).await.text(), "secret");
    assert_eq!(open.get("/.git/config", &[]).await.text(), "secret");
    assert_hidden("/../outside.txt", &open.get("/%2e%2e/outside.txt", &[]).await);
}

#[tokio::test]
async fn a_pipe_holds_no_one_up() {
    let site = Site::new();
    let pipe = site.root().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let house = site.serve();
    let answer = tokio::time::timeout(house::LONG, house.get("/pipe", &[])).await.expect("an answer");
    assert_eq!(answer.status(), 404);
}

#[tokio::test]
async fn only_reading_is_answered() {
    let site = Site::new();
    let house = site.serve();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"] {
        let request = Request::builder().method(method).uri("/story.txt").body(Full::from("x")).unwrap();
        let answer = house.send(request).await;
        assert_eq!((answer.status(), answer.header("allow")), (405, "GET, HEAD"), "{method}");
        assert_eq!(answer.text(), "Only GET and HEAD are answered here.\n");
    }
    let missing = house.get("/nothing", &[]).await;
    assert_eq!((missing.status(), missing.text()), (404, "There is no such file here.\n"));
    assert_eq!(missing.header("content-type"), "text/plain; charset=utf-8");
}

#[tokio::test]
async fn the_page_of_the_connection_stays_reachable() {
    let site = Site::new();
    let house = site.serve();
    let page = house.get("/.bulla/", &[]).await;
    assert!(page.text().contains("<h1") && page.text().contains("href=\"/.bulla/seal.svg\""));
    assert_eq!(house.get("/.bulla", &[]).await.header("location"), "/.bulla/");
    assert_eq!(house.get("/.bulla/seal.svg", &[]).await.header("content-type"), "image/svg+xml");
    let facts = house.get("/.bulla/connection.json", &[]).await;
    let facts: serde_json::Value = serde_json::from_slice(facts.body()).unwrap();
    assert_eq!(facts["connection"]["version"], "TLS 1.3");
    assert_eq!(house.get("/.bulla/story.txt", &[]).await.status(), 404);
    assert_eq!(house.get("/connection.json", &[]).await.status(), 404);
}

#[tokio::test]
async fn each_request_is_in_the_log() {
    let site = Site::new();
    let house = site.serve();
    house.get("/story.txt?token=hunter2", &[("authorization", "Basic hunter2")]).await;
    house.get("/nothing", &[]).await;
    let port = house.address.port();
    let log = house.end().await;
    assert_eq!(log.len(), 2, "{log:?}");
    assert_eq!((&log[0]["path"], &log[0]["status"]), (&"/story.txt".into(), &200.into()));
    assert_eq!((&log[0]["bytes"], &log[0]["complete"]), (&2700.into(), &true.into()));
    assert_eq!((&log[0]["method"], &log[0]["version"]), (&"GET".into(), &"HTTP/1.1".into()));
    assert_eq!(log[0]["host"], format!("localhost:{port}"));
    assert_eq!(log[0]["tls"]["version"], "TLS 1.3");
    assert_eq!(log[1]["status"], 404);
    assert!(!format!("{log:?}").contains("hunter2"));
}

#[test]
fn what_is_no_folder_is_told() {
    let site = Site::new();
    let error = Folder::open(&site.root().join("story.txt"), false).unwrap_err();
    assert!(
        matches!(error, FolderError::NoFolder { .. })
            && error.to_string().ends_with("story.txt is no folder")
    );
    let error = Folder::open(&site.root().join("a\u{202e}b"), false).unwrap_err();
    assert!(error.to_string().contains("a\\u{202e}b cannot be read: "), "{error}");
}
