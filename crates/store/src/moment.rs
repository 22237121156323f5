//! Moments and spans of time, written for people.

use std::time::Duration;

use rustls_pki_types::UnixTime;
use time::OffsetDateTime;
use time::macros::format_description;

/// A moment as `2026-01-31 23:59:59 UTC`.
///
/// ```
/// use rustls_pki_types::UnixTime;
/// use std::time::Duration;
///
/// let moment = UnixTime::since_unix_epoch(Duration::from_secs(1_000_000_000));
/// assert_eq!(bulla_store::moment::utc(moment), "2001-09-09 01:46:40 UTC");
/// ```
pub fn utc(moment: UnixTime) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    i64::try_from(moment.as_secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|date| date.format(form).ok())
        .unwrap_or_else(|| format!("{} seconds after 1970", moment.as_secs()))
}

/// How far two moments lie apart, in the largest unit that fits: `3 days`, `1 hour`, `59 seconds`.
pub fn between(one: UnixTime, other: UnixTime) -> String {
    span(Duration::from_secs(one.as_secs().abs_diff(other.as_secs())))
}

fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_take_the_largest_unit_that_fits() {
        let shown = |seconds| span(Duration::from_secs(seconds));
        assert_eq!([0, 1, 59, 60].map(shown), ["0 seconds", "1 second", "59 seconds", "1 minute"]);
        assert_eq!([7200, 86_399, 86_400, 200_000].map(shown), ["2 hours", "23 hours", "1 day", "2 days"]);
    }

    #[test]
    fn a_moment_beyond_the_calendar_is_still_text() {
        let moment = UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX));
        assert_eq!(utc(moment), "18446744073709551615 seconds after 1970");
    }
}
