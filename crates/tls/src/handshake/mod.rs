//! The handshakes, each one linear `async fn` that reads like the figure in RFC 9846 section 2.
//!
//! There is no runtime here. A narrative is polled with a waker that does nothing, by whoever has a
//! message or an answer for it. In this crate `.await` means "the peer or the caller must act", and
//! nothing else may be awaited: a narrative that returns `Pending` without having said what it waits for
//! is a defect, and is reported as one.
//!
//! A narrative knows messages and secrets; records, datagrams, retransmission and alerts belong to the
//! transport, which does what the [effects](mailbox::Effect) say. How transports differ is data: the
//! [`Carriage`].

mod abbreviated;
mod agreement;
mod agreement12;
mod chain;
mod client12;
mod client13;
mod fork;
pub(crate) mod later;
pub(crate) mod mailbox;
mod offer;
mod peek;
pub(crate) mod post;
mod proof;
mod redeem;
mod resume;
mod server12;
mod server13;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bulla_crypto::random::Source;
use rustls_pki_types::ServerName;

use crate::config::{Checked, ClientConfig, ServerConfig};
use crate::error::Error;
use crate::facts::{Facts, Role};
use crate::keys::prf12::KeyingMaterial;
use crate::keys::schedule13::{self, Label, LabelPrefix};
use crate::keys::secret::Secret;
use crate::keys::suite::Suite;
use crate::session::Keeper;
use later::Later;
use mailbox::{Deed, Effect, Incoming, Letters, Mailbox, Waiting};

/// How a transport differs from the others, as far as a handshake must know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carriage {
    /// Whether the session id and change_cipher_spec of TLS 1.2 are imitated (RFC 9846 appendix E.4).
    pub(crate) compatibility: bool,
    /// What stands before each label of the key schedule.
    pub(crate) prefix: LabelPrefix,
}

impl Carriage {
    /// TLS records over a stream.
    pub(crate) const STREAM: Self = Self { compatibility: true, prefix: b"tls13 " };

    /// Bare handshake messages, as QUIC carries them.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) const MESSAGES: Self = Self { compatibility: false, prefix: b"tls13 " };
}

/// What remains when the story has been told.
pub(crate) struct Outcome {
    pub(crate) suite: Suite,
    pub(crate) exporter: Exporter,
    /// At a client: what makes sessions of the tickets that arrive.
    pub(crate) keeper: Option<Box<Keeper>>,
    /// Where a certificate may be asked for after the handshake: what that takes.
    pub(crate) later: Option<Box<Later>>,
}

fn draw(source: &Source, out: &mut [u8]) -> Result<(), Error> {
    source.fill(out).map_err(|_| Error::Internal("no randomness"))
}

/// From what keying material for outside is derived.
pub(crate) enum Exporter {
    Tls13 { prefix: LabelPrefix, secret: Secret },
    Tls12(Box<KeyingMaterial>),
}

impl Outcome {
    /// Keying material (RFC 9846 section 7.5, RFC 5705); `None` where more is asked for than there is. To TLS 1.3 an
    /// empty context and none are the same.
    pub(crate) fn export(&self, label: &[u8], context: Option<&[u8]>, out: &mut [u8]) -> Option<()> {
        match &self.exporter {
            Exporter::Tls13 { prefix, secret } => {
                let label = Label { label, context: context.unwrap_or_default() };
                schedule13::export(self.suite.hash, prefix, secret, &label, out)
            }
            Exporter::Tls12(material) => material.export(label, context, out),
        }
    }
}

type Story<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// Puts a story on the heap, where it is made: `Box::pin` would copy all the room that it may ever need.
#[inline(always)]
fn boxed<F: Future>(story: impl FnOnce() -> F) -> Pin<Box<F>> {
    Box::into_pin(Box::write(Box::new_uninit(), story()))
}

/// A handshake being told, or what comes of asking for a certificate after it.
pub(crate) struct Handshake<T = Outcome> {
    /// Taken out before each poll and put back only on `Pending`: a story that ended or panicked is gone.
    /// The mutex makes the handshake `Sync`; it is only ever reached through `&mut`.
    story: Mutex<Option<Story<T>>>,
    mailbox: Mailbox,
    /// What lies in the mailbox, which is lent to the story while it is polled: gone only if it panicked.
    letters: Option<Letters>,
    role: Role,
}

impl Handshake {
    pub(crate) fn client(
        config: Checked<ClientConfig>,
        name: ServerName<'static>,
        carriage: Carriage,
    ) -> Self {
        Self::begin(Role::Client, carriage, |talk| boxed(|| fork::client(talk, config, name)))
    }

    pub(crate) fn server(config: Checked<ServerConfig>, carriage: Carriage) -> Self {
        Self::begin(Role::Server, carriage, |talk| boxed(|| fork::server(talk, config)))
    }

    /// A server's side whose config is chosen by the client's hello.
    pub(crate) fn server_after_hello(carriage: Carriage) -> Self {
        Self::begin(Role::Server, carriage, |talk| {
            Box::pin(async {
                let config = peek::configure(&talk).await?;
                fork::server(talk, config).await
            })
        })
    }
}

impl<T> Handshake<T> {
    fn begin(role: Role, carriage: Carriage, tell: impl FnOnce(Mailbox) -> Story<T>) -> Self {
        let mailbox = Mailbox::new(carriage);
        let story = Mutex::new(Some(tell(mailbox.clone())));
        Self { story, mailbox, letters: Some(Letters::new(role)), role }
    }

    /// Tells the story as far as it goes: to its end, or to the next place where someone else must act.
    pub(crate) fn resume(&mut self) -> Result<Option<T>, Error> {
        let held = self.story.get_mut().unwrap_or_else(PoisonError::into_inner);
        let (Some(mut story), Some(letters)) = (held.take(), self.letters.take()) else {
            return Err(Error::Internal("a handshake resumed after its end"));
        };
        self.mailbox.lend(letters);
        let told = story.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        self.letters = self.mailbox.take_back();
        match told {
            Poll::Ready(result) => result.map(Some),
            Poll::Pending if self.letters.as_ref().is_none_or(|letters| letters.waiting().is_none()) => {
                Err(Error::Internal("a handshake waits for nothing"))
            }
            Poll::Pending => {
                *held = Some(story);
                Ok(None)
            }
        }
    }

    pub(crate) fn deliver(&mut self, message: Incoming, bytes_behind: bool) {
        if let Some(letters) = &mut self.letters {
            letters.deliver(message, bytes_behind);
        }
    }

    pub(crate) fn waiting(&self) -> Option<Waiting> {
        self.letters.as_ref()?.waiting()
    }

    pub(crate) fn next_effect(&mut self) -> Option<Effect> {
        self.letters.as_mut()?.next_effect()
    }

    /// Has what was asked for done.
    pub(crate) fn carry_out(&mut self, act: impl FnMut(Deed<'_>) -> Result<(), Error>) -> Result<(), Error> {
        self.letters.as_mut().map_or(Ok(()), |letters| letters.carry_out(act))
    }

    /// Whether the last resumption asked for nothing.
    pub(crate) fn is_silent(&self) -> bool {
        self.letters.as_ref().is_none_or(Letters::is_silent)
    }

    /// What has become of the open need, if it has waited too long.
    pub(crate) fn late(&self) -> Option<Error> {
        self.letters.as_ref()?.late()
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn letters(&mut self) -> Option<&mut Letters> {
        self.letters.as_mut()
    }

    pub(crate) fn facts(&self) -> Facts {
        self.letters.as_ref().map_or_else(|| Facts::new(self.role), Letters::facts)
    }

    pub(crate) fn take_facts(&mut self) -> Facts {
        self.letters.as_mut().map_or_else(|| Facts::new(self.role), Letters::take_facts)
    }
}

impl<T> fmt::Debug for Handshake<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.letters {
            Some(letters) => letters.fmt(f),
            None => f.write_str("ended"),
        }
    }
}

/// The sizes in bytes of the two narratives' futures, for the budget of 4 KiB each.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn future_sizes(
    client: Checked<ClientConfig>,
    name: ServerName<'static>,
    server: Checked<ServerConfig>,
) -> [(&'static str, usize); 2] {
    let client = fork::client(Mailbox::new(Carriage::STREAM), client, name);
    let server = fork::server(Mailbox::new(Carriage::STREAM), server);
    [("client", size_of_val(&client)), ("server", size_of_val(&server))]
}
