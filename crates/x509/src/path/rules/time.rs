//! When a certificate is valid, and for how long.

use super::{At, Outcome};
use crate::model::time::show;

/// RFC 5280 section 4.1.2.5: "the period of time from notBefore through notAfter, inclusive".
pub(super) fn begun(at: &At<'_, '_>) -> Outcome {
    Outcome::broken_if(at.env.now.as_secs() < at.certificate().not_before().as_secs())
}

pub(super) fn say_begun(at: &At<'_, '_>) -> (String, String) {
    let (from, now) = (at.certificate().not_before(), at.env.now);
    let early = duration(from.as_secs().saturating_sub(now.as_secs()));
    (
        format!("\"{}\" is valid only from {}, {early} after now ({})", at.name(), show(from), show(now)),
        "Check the clock of this machine; if it is right, wait, or have the certificate issued anew.".into(),
    )
}

pub(super) fn not_ended(at: &At<'_, '_>) -> Outcome {
    Outcome::broken_if(at.env.now.as_secs() > at.certificate().not_after().as_secs())
}

pub(super) fn say_ended(at: &At<'_, '_>) -> (String, String) {
    let (until, now) = (at.certificate().not_after(), at.env.now);
    let late = duration(now.as_secs().saturating_sub(until.as_secs()));
    (
        format!("\"{}\" was valid until {}, {late} before now ({})", at.name(), show(until), show(now)),
        "Renew the certificate; if it was renewed, have the new one loaded.".into(),
    )
}

/// Whole validity in seconds, first and last included.
fn validity(at: &At<'_, '_>) -> u64 {
    let (from, until) = (at.certificate().not_before(), at.certificate().not_after());
    until.as_secs().saturating_sub(from.as_secs()).saturating_add(1)
}

/// BR 6.3.2, by the day of issue.
pub(super) fn length(at: &At<'_, '_>) -> Outcome {
    let limit = at.env.profile.validity_limit(at.certificate().not_before());
    Outcome::of(limit, |limit| validity(at) > limit.days.saturating_mul(86_400))
}

pub(super) fn say_length(at: &At<'_, '_>) -> (String, String) {
    let limit = at.env.profile.validity_limit(at.certificate().not_before());
    let (days, day) = limit.map(|limit| (limit.days, limit.day)).unwrap_or_default();
    (
        format!(
            "\"{}\" is valid for {}; since {day} at most {days} days are allowed",
            at.name(),
            duration(validity(at))
        ),
        format!("Have a certificate issued for {days} days or less."),
    )
}

/// Two hours, three days: the largest unit that fits.
fn duration(seconds: u64) -> String {
    let units = [("day", 86_400), ("hour", 3600), ("minute", 60)];
    let fitting = units.into_iter().find(|(_, length)| seconds >= *length);
    let (unit, count) =
        fitting.map_or(("second", seconds), |(unit, length)| (unit, seconds.div_euclid(length)));
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
