//! A certificate of the client asked for after the handshake (RFC 9846 section 4.7.2).

use std::collections::VecDeque;

use super::{Connection, Next, Stage};
use crate::error::{Error, Misuse, Violation};
use crate::handshake::Handshake;
use crate::handshake::later::{self, Answer, Claim, Later, Request};
use crate::handshake::mailbox::{Effect, Incoming};
use crate::wire::registry::{ContentType, HandshakeType};

/// How many requests may wait for their answer at a client.
const REQUESTS: usize = 4;

/// How far an authentication after the handshake is.
pub(super) enum Authentication {
    /// A client answers, and has these further ones to answer.
    Answering { story: Handshake<Answer>, contexts: VecDeque<Vec<u8>>, waiting: VecDeque<Incoming> },
    /// A server has asked.
    Asked(Request),
    /// A server judges.
    Judging(Handshake<Claim>),
    /// It is done, and the caller is to be told.
    Done,
}

impl Connection {
    /// At a server: asks the client for a certificate, now that the handshake is done. [`Step::Authenticated`]
    /// says when its answer has come and been judged; data goes on meanwhile.
    ///
    /// [`Step::Authenticated`]: crate::Step::Authenticated
    ///
    /// # Errors
    /// [`Misuse::NoLaterCertificates`] where the config has no
    /// [`later_certificates`](crate::ServerConfig::later_certificates) or the client did not offer to answer,
    /// [`Misuse::RequestOpen`] while another request has no answer, and as [`send`](Self::send).
    pub fn request_certificate(&mut self) -> Result<(), Error> {
        self.may_send()?;
        let Stage::Established { outcome, .. } = &self.stage else {
            return Err(Misuse::NotEstablished.into());
        };
        let Some(Later::Server(config, transcript)) = outcome.later.as_deref() else {
            return Err(Misuse::NoLaterCertificates.into());
        };
        if self.authentication.is_some() {
            return Err(Misuse::RequestOpen.into());
        }
        let (request, message) = Request::new(config, transcript, self.requests)?;
        self.requests = self.requests.wrapping_add(1);
        self.authentication = Some(Box::new(Authentication::Asked(request)));
        self.outbound.handshake(&message)
    }

    /// Takes in a message that belongs to such an authentication; gives back one that does not.
    pub(super) fn receive_later(&mut self, message: Incoming) -> Result<Option<Incoming>, Error> {
        let Stage::Established { outcome, .. } = &self.stage else { return Ok(Some(message)) };
        match (outcome.later.as_deref(), self.authentication.as_deref_mut(), message.kind()) {
            (Some(Later::Client(..)), _, HandshakeType::CERTIFICATE_REQUEST) => {
                self.take_request(message)?;
                Ok(None)
            }
            (Some(Later::Server(config, _)), Some(Authentication::Asked(request)), kind)
                if request.is_under_way() || kind == HandshakeType::CERTIFICATE =>
            {
                let mac = self.inbound.finished_mac().ok_or(Error::Internal("an answer without keys"))?;
                if let Some(claim) = request.take(config, &message, &mac)? {
                    let story = later::judge(config.clone(), claim);
                    self.authentication = Some(Box::new(Authentication::Judging(story)));
                }
                Ok(None)
            }
            _ => Ok(Some(message)),
        }
    }

    /// RFC 9846 section 4.7.2: All of the client's messages for a given response MUST appear consecutively on the wire.
    pub(super) fn check_data_may_come(&self) -> Result<(), Error> {
        match self.authentication.as_deref() {
            Some(Authentication::Asked(request)) if request.is_under_way() => {
                Err(Violation::UnexpectedRecord(ContentType::APPLICATION_DATA).into())
            }
            _ => Ok(()),
        }
    }

    fn take_request(&mut self, message: Incoming) -> Result<(), Error> {
        self.inbound.count_message()?;
        let context = later::context(&message)?;
        if let Some(Authentication::Answering { contexts, waiting, .. }) = self.authentication.as_deref_mut()
        {
            if contexts.contains(&context) {
                return Err(Violation::RequestContext { message: "CertificateRequest" }.into());
            }
            if waiting.len() >= REQUESTS {
                return Err(Violation::TooMany("certificate requests").into());
            }
            contexts.push_back(context);
            waiting.push_back(message);
            return Ok(());
        }
        if let Some(story) = self.answer(message) {
            let (contexts, waiting) = (VecDeque::from([context]), VecDeque::new());
            self.authentication = Some(Box::new(Authentication::Answering { story, contexts, waiting }));
        }
        Ok(())
    }

    fn answer(&self, request: Incoming) -> Option<Handshake<Answer>> {
        let Stage::Established { outcome, .. } = &self.stage else { return None };
        match outcome.later.as_deref() {
            Some(Later::Client(config, transcript)) => {
                Some(later::answer(config.clone(), transcript.clone(), request))
            }
            _ => None,
        }
    }

    /// Goes on with an authentication as far as it goes.
    pub(super) fn authenticate(&mut self) -> Result<Option<Next>, Error> {
        match self.authentication.as_deref_mut() {
            None | Some(Authentication::Asked(_)) => Ok(None),
            Some(Authentication::Done) => Ok(Some(Next::Authenticated)),
            Some(Authentication::Judging(story)) => match story.resume()? {
                Some(claim) => {
                    claim.note(&mut self.facts);
                    self.authentication = Some(Box::new(Authentication::Done));
                    Ok(Some(Next::Authenticated))
                }
                None => {
                    self.need = need_of(story);
                    Ok(self.need.is_some().then_some(Next::Need))
                }
            },
            Some(Authentication::Answering { story, .. }) => match story.resume()? {
                Some(answer) => {
                    self.send_answer(answer)?;
                    Ok(None)
                }
                None => {
                    self.need = need_of(story);
                    Ok(self.need.is_some().then_some(Next::Need))
                }
            },
        }
    }

    /// Sends an answer in one piece, and begins with the next one.
    fn send_answer(&mut self, answer: Answer) -> Result<(), Error> {
        if let Some((credential, scheme)) = &answer.shown {
            self.facts.credential = Some(credential.clone());
            self.facts.client_signature = Some(*scheme);
        }
        if !self.closing.ours {
            let mac = self.outbound.finished_mac().ok_or(Error::Internal("an answer without keys"))?;
            let messages = answer.finish(&mac)?;
            self.outbound.handshake(&messages)?;
        }
        let Some(Authentication::Answering { mut contexts, mut waiting, .. }) =
            self.authentication.take().map(|authentication| *authentication)
        else {
            return Ok(());
        };
        contexts.pop_front();
        if let Some(story) = waiting.pop_front().and_then(|request| self.answer(request)) {
            self.authentication = Some(Box::new(Authentication::Answering { story, contexts, waiting }));
        }
        Ok(())
    }

    /// What has become of an open need of such an authentication, if it has waited too long.
    pub(super) fn later_is_late(&self) -> Option<Error> {
        match self.authentication.as_deref()? {
            Authentication::Answering { story, .. } => story.late(),
            Authentication::Judging(story) => story.late(),
            Authentication::Asked(_) | Authentication::Done => None,
        }
    }
}

/// The work that a story has just asked for.
fn need_of<T>(story: &mut Handshake<T>) -> Option<Box<crate::step::Need>> {
    match story.next_effect() {
        Some(Effect::Need(need)) => Some(need),
        _ => None,
    }
}
