//! A body that tells the access log how it went.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http::header::CONTENT_LENGTH;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Bytes;

use crate::access_log::Record;
use crate::answer::Body;

/// The body of an answer; with it ends the record of its request.
pub(crate) struct Counted {
    body: Body,
    record: Option<Record>,
}

impl Counted {
    /// An answer whose body completes the record.
    pub(crate) fn answer(answer: Response<Body>, record: Option<Record>) -> Response<Self> {
        let status = answer.status();
        let length =
            answer.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        answer.map(|body| {
            let record = record.map(|mut record| {
                // Of a body whose length is known, no one asks for more than that.
                record.answered(status, if body.is_end_stream() { Some(0) } else { length });
                record
            });
            Self { body, record }
        })
    }
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = <Body as http_body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let ended = frame.is_none() || self.body.is_end_stream();
        if let Some(record) = &mut self.record {
            if let Some(Ok(frame)) = &frame {
                record.sent(frame.data_ref().map_or(0, Bytes::len));
            }
            if ended {
                record.ended();
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
