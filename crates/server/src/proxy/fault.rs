//! Why the backend's answer is not what the visitor gets, and what the visitor gets then.

use std::error::Error as _;
use std::io;

use askama::Template;
use http::StatusCode;
use hyper_util::client::legacy;

use super::Backend;
use crate::answer::{Answer, answer, policy, with_policy, words};
use crate::front::shown;

const STYLE: &str = include_str!("../../templates/trouble.css");

/// Why the backend's answer is not what the visitor gets.
#[derive(Debug)]
pub(super) enum Fault {
    /// The request is not forwarded.
    Refused(StatusCode, &'static str),
    /// The visitor stopped sending, or went away.
    Visitor(StatusCode, &'static str),
    /// The backend is not there, broke off, or speaks no HTTP.
    Down(String),
    /// The backend does not answer.
    Late,
}

impl Backend {
    /// What the visitor is told, and the log.
    pub(super) fn told(&self, fault: &Fault, asked: &str, page: bool) -> Answer {
        match fault {
            Fault::Refused(status, says) | Fault::Visitor(status, says) => words(*status, says),
            Fault::Down(reason) => {
                tracing::warn!("the backend {self} did not answer {asked}: {reason}");
                let says = "The program behind this server did not answer.";
                trouble(StatusCode::BAD_GATEWAY, says, page)
            }
            Fault::Late => {
                let limit = self.patience.as_secs_f32();
                tracing::warn!("the backend {self} did not answer {asked} within {limit} seconds");
                let says = "The program behind this server took too long to answer.";
                trouble(StatusCode::GATEWAY_TIMEOUT, says, page)
            }
        }
    }
}

/// What went wrong with the backend, in few words: the system's, where it has any.
pub(super) fn why(error: &legacy::Error) -> String {
    let mut cause = error.source();
    while let Some(next) = cause {
        if let Some(system) = next.downcast_ref::<io::Error>() {
            return shown(system);
        }
        cause = next.source();
    }
    shown(error)
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct Trouble<'a> {
    style: &'static str,
    status: u16,
    says: &'a str,
}

/// A page for a browser, a sentence for any other client.
fn trouble(status: StatusCode, says: &str, page: bool) -> Answer {
    const MEND: &str = "Try again in a moment. Whoever runs this server finds the reason in its log.";
    let html = page.then(|| Trouble { style: STYLE, status: status.as_u16(), says }.render().ok()).flatten();
    match html {
        Some(html) => with_policy(answer(status, "text/html; charset=utf-8", html), policy(STYLE)),
        None => words(status, &format!("{says} {MEND}")),
    }
}
