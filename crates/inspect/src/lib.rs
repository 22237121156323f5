//! The browser's eye: connect to a server, judge what it presents, and say so.
//!
//! - [`report::Report`] is the finding: one document, the same for a person, a script and a page.
//! - [`connect::Check`] looks at a server; [`fault::ConnectError`] says why it could not.
//! - [`cue`] says what a browser would show for it, in the wording of the articles and in today's.
//! - [`text`] sets a report for a terminal; [`report::Report::to_json`] for a script.
//! - [`judgement::Judgement`] is the finding on certificates out of files, [`inventory::Inventory`] what is
//!   in files, [`arrangement::Arrangement`] a chain put in order.
//! - [`escape`] is the one door through which text of a peer reaches any of them.

pub mod arrangement;
pub mod connect;
pub mod cue;
pub mod escape;
pub mod fault;
pub mod inventory;
pub mod judgement;
pub mod report;
pub mod subject;
pub mod text;
