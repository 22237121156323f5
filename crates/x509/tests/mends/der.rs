//! DER by hand, so that certificates can be made that no builder would make.

/// A value with this tag.
pub fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        Ok(long) => out.extend([0x81, long]),
        Err(_) => {
            let long = u16::try_from(length).unwrap();
            out.push(0x82);
            out.extend(long.to_be_bytes());
        }
    }
    out.extend(contents);
    out
}

pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

pub fn integer(contents: &[u8]) -> Vec<u8> {
    tlv(0x02, contents)
}

/// A positive number of any size, big-endian, whose first byte is not zero.
pub fn number(magnitude: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if magnitude[0] >= 0x80 { &[0] } else { &[] };
    integer(&[sign, magnitude].concat())
}

pub fn identifier(contents: &[u8]) -> Vec<u8> {
    tlv(0x06, contents)
}

pub fn octets(contents: &[u8]) -> Vec<u8> {
    tlv(0x04, contents)
}

/// A bit string of whole bytes.
pub fn bits(contents: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], contents].concat())
}

/// One relative name after the other: attribute (2.5.4.N) and text.
pub fn name(parts: &[(u8, &str)]) -> Vec<u8> {
    let relative = |(kind, text): &(u8, &str)| {
        tlv(0x31, &sequence(&[&identifier(&[0x55, 0x04, *kind]), &tlv(0x0c, text.as_bytes())]))
    };
    tlv(0x30, &parts.iter().flat_map(relative).collect::<Vec<_>>())
}

/// A moment, as UTCTime or, if `long`, GeneralizedTime.
pub fn time(seconds: i64, long: bool) -> Vec<u8> {
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // The civil calendar, counted in years that begin in March.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let rest = format!("{month:02}{day:02}{:02}{:02}{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60);
    if long {
        tlv(0x18, format!("{year:04}{rest}").as_bytes())
    } else {
        tlv(0x17, format!("{:02}{rest}", year % 100).as_bytes())
    }
}
