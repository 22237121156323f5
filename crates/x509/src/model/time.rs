//! Validity times (RFC 5280 section 4.1.2.5), to and from seconds since 1970.

use asn1::{
    Asn1Read, Asn1Write, DateTime, ParseError, ParseErrorKind, ParseResult, UtcTime, X509GeneralizedTime,
};
use rustls_pki_types::UnixTime;
use std::time::Duration;

const DAY: i64 = 86_400;

/// `Time`: two digits of the year through 2049, four after.
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) enum Time {
    Utc(UtcTime),
    Generalized(X509GeneralizedTime),
}

impl Time {
    fn date_time(&self) -> &DateTime {
        match self {
            Self::Utc(time) => time.as_datetime(),
            Self::Generalized(time) => time.as_datetime(),
        }
    }

    /// Whether the form is the one that RFC 5280 section 4.1.2.5 asks for in this year.
    pub(crate) fn has_right_form(&self) -> bool {
        matches!(self, Self::Utc(_)) == (self.date_time().year() < 2050)
    }

    /// Seconds since 1970; negative before it.
    pub(crate) fn seconds(&self) -> i64 {
        let time = self.date_time();
        let days = days_since_1970(time.year().into(), time.month().into(), time.day().into());
        let of_day = [(time.hour(), 3600), (time.minute(), 60), (time.second(), 1)];
        of_day.into_iter().fold(days.saturating_mul(DAY), |sum, (count, unit)| {
            sum.saturating_add(i64::from(count).saturating_mul(unit))
        })
    }

    /// The nearest moment that [`UnixTime`] can hold.
    pub(crate) fn unix_time(&self) -> UnixTime {
        unix_time(self.seconds())
    }

    /// RFC 5280 section 4.1.2.5: "CAs conforming to this profile MUST always encode certificate validity
    /// dates through the year 2049 as UTCTime; certificate validity dates in 2050 or later MUST be encoded as
    /// GeneralizedTime." An error after the year 9999.
    pub(crate) fn from_unix(time: UnixTime) -> ParseResult<Self> {
        let out_of_range = || ParseError::new(ParseErrorKind::InvalidValue);
        let seconds = i64::try_from(time.as_secs()).map_err(|_| out_of_range())?;
        let (year, month, day) = date_of(seconds.div_euclid(DAY));
        let of_day = seconds.rem_euclid(DAY);
        let narrow = |value: i64| u8::try_from(value).map_err(|_| out_of_range());
        let date = DateTime::new(
            u16::try_from(year).ok().filter(|year| *year <= 9999).ok_or_else(out_of_range)?,
            narrow(month)?,
            narrow(day)?,
            narrow(of_day.div_euclid(3600))?,
            narrow(of_day.rem_euclid(3600).div_euclid(60))?,
            narrow(of_day.rem_euclid(60))?,
        )?;
        if year < 2050 {
            UtcTime::new(date).map(Self::Utc)
        } else {
            X509GeneralizedTime::new(date).map(Self::Generalized)
        }
    }
}

/// Seconds since 1970 of a UTCTime as it is encoded, `YYMMDDHHMMSSZ`; `None` for what is none.
///
/// RFC 5280 section 4.1.2.5.1: "Where YY is greater than or equal to 50, the year SHALL be interpreted as 19YY".
pub(crate) fn utc_seconds(contents: &[u8]) -> Option<i64> {
    let [digits @ .., b'Z'] = contents.as_array::<13>()? else { return None };
    let [year, month, day, hour, minute, second] = pairs(*digits)?;
    let year = year.saturating_add(if year >= 50 { 1900 } else { 2000 });
    // Between 1901 and 2099 each fourth year is a leap year.
    let is_leap = year & 3 == 0;
    let (before, last) = match month {
        1 => (0, 31),
        2 => (31, if is_leap { 29 } else { 28 }),
        3 => (59, 31),
        4 => (90, 30),
        5 => (120, 31),
        6 => (151, 30),
        7 => (181, 31),
        8 => (212, 31),
        9 => (243, 30),
        10 => (273, 31),
        11 => (304, 30),
        12 => (334, 31),
        _ => return None,
    };
    if !(1..=last).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let leap_days = (year.saturating_sub(1969) >> 2).saturating_add(i64::from(is_leap && month > 2));
    let days = year.saturating_sub(1970).saturating_mul(365).saturating_add(leap_days);
    let days = days.saturating_add(before).saturating_add(day).saturating_sub(1);
    let of_day = hour.saturating_mul(3600).saturating_add(minute.saturating_mul(60)).saturating_add(second);
    Some(days.saturating_mul(DAY).saturating_add(of_day))
}

/// The numbers of two digits that a text is made of, all read at once: each digit is a byte of a word.
fn pairs(digits: [u8; 12]) -> Option<[i64; 6]> {
    const fn each(byte: u8) -> u128 {
        u128::from_le_bytes([byte; 16])
    }
    let [a, b, c, d, e, f, g, h, i, j, k, l] = digits;
    let values =
        u128::from_le_bytes([a, b, c, d, e, f, g, h, i, j, k, l, b'0', b'0', b'0', b'0']) ^ each(b'0');
    // A byte above nine has its highest bit set, or gets it from the sum.
    if (values.wrapping_add(each(0x7f - 9)) | values) & each(0x80) != 0 {
        return None;
    }
    let sums = values.wrapping_mul(10).wrapping_add(values >> 8).to_le_bytes();
    let [year, _, month, _, day, _, hour, _, minute, _, second, ..] = sums;
    Some([year, month, day, hour, minute, second].map(i64::from))
}

/// The nearest moment that [`UnixTime`] can hold: times before 1970 become its start.
pub(crate) fn unix_time(seconds: i64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// 23:59:59 UTC of a day.
pub(crate) fn last_second(year: i64, month: i64, day: i64) -> UnixTime {
    unix_time(days_since_1970(year, month, day).saturating_add(1).saturating_mul(DAY).saturating_sub(1))
}

/// Days from 1970-01-01 in the Gregorian calendar, by years that begin in March so that the leap day is last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year.saturating_sub(1) };
    let month_from_march = month.saturating_add(9).rem_euclid(12);
    let before_month = month_from_march.saturating_mul(153).saturating_add(2).div_euclid(5);
    [year.saturating_mul(365), year.div_euclid(4), year.div_euclid(400), before_month, day]
        .into_iter()
        .fold(-719_469, i64::saturating_add)
        .saturating_sub(year.div_euclid(100))
}

/// The inverse of [`days_since_1970`]: year, month, day.
fn date_of(days: i64) -> (i64, i64, i64) {
    let guess = 1970i64.saturating_add(days.div_euclid(366));
    let year =
        (guess..).take(40).take_while(|year| days_since_1970(*year, 1, 1) <= days).last().unwrap_or(guess);
    let month = (1..=12).take_while(|month| days_since_1970(year, *month, 1) <= days).last().unwrap_or(1);
    (year, month, days.saturating_sub(days_since_1970(year, month, 1)).saturating_add(1))
}

/// `2031-05-01 12:00:00 UTC`, for people.
pub(crate) fn show(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let (year, month, day) = date_of(seconds.div_euclid(DAY));
    let of_day = seconds.rem_euclid(DAY);
    let (hour, minute, second) =
        (of_day.div_euclid(3600), of_day.rem_euclid(3600).div_euclid(60), of_day.rem_euclid(60));
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;
    use asn1::SimpleAsn1Readable as _;
    use proptest::prelude::*;

    fn by_the_writer(text: &str) -> Option<i64> {
        UtcTime::parse_data(text.as_bytes()).ok().map(|time| Time::Utc(time).seconds())
    }

    #[test]
    fn every_day_of_the_century_is_read_as_the_writer_reads_it() {
        for date in 0..100 * 13 * 33 {
            let (year, month, day) = (date / (13 * 33), date / 33 % 13, date % 33);
            let text = format!("{year:02}{month:02}{day:02}235959Z");
            assert_eq!(utc_seconds(text.as_bytes()), by_the_writer(&text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn times_are_those_of_the_writer(text in "(99|[0-9]{2})(0[1-9]|1[0-2]|[0-9]{2})(0[1-9]|[0-3][0-9])[0-6][0-9][0-6][0-9]([0-6][0-9])?[Z0-9+/:]{1,2}") {
            prop_assert_eq!(utc_seconds(text.as_bytes()), by_the_writer(&text), "{}", text);
        }
    }

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn known_moments() {
        // Values of `date -u -d @N`.
        for (seconds, shown) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_709_251_199, "2024-02-29 23:59:59 UTC"),
            (2_524_607_999, "2049-12-31 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (253_402_300_799, "9999-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(show(at(seconds)), shown);
            assert_eq!(Time::from_unix(at(seconds)).unwrap().seconds(), seconds.cast_signed());
        }
    }

    #[test]
    fn days_of_the_calendar_come_back() {
        for day in (0..=days_since_1970(9999, 12, 31)).step_by(13) {
            let (year, month, day_of_month) = date_of(day);
            assert_eq!(days_since_1970(year, month, day_of_month), day);
            assert!((1..=12).contains(&month) && (1..=31).contains(&day_of_month));
        }
    }

    #[test]
    fn the_form_changes_with_2050() {
        assert!(matches!(Time::from_unix(at(2_524_607_999)).unwrap(), Time::Utc(_)));
        assert!(matches!(Time::from_unix(at(2_524_608_000)).unwrap(), Time::Generalized(_)));
        assert!(Time::from_unix(at(253_402_300_800)).is_err());
    }
}
