//! What stands between BEGIN and END: perhaps headers, then base64.

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::lines::Line;
use super::{PemError, Problem};

/// Decodes the lines before `end`; tells also whether a header says that the contents are encrypted.
pub(super) fn decode<'a>(
    lines: impl Iterator<Item = Line<'a>> + Clone,
    end: &Line<'a>,
) -> Result<(bool, Vec<u8>), PemError> {
    let (encrypted, header_lines) = headers(lines.clone());
    let lines = lines.skip(header_lines);
    // Sized at once, so that no copy of a key is left behind by growing.
    let size = lines.clone().map(|line| line.text.len()).sum();
    let mut base64 = Base64 { characters: Zeroizing::new(Vec::with_capacity(size)), padding: 0 };
    let mut last = None;
    for line in lines {
        base64.take(&line)?;
        last = Some(line).filter(|line| !line.text.is_empty()).or(last);
    }
    let last = last.ok_or_else(|| end.error(Problem::Empty))?;
    Ok((encrypted, base64.decode(&last)?))
}

/// RFC 1421, 4.4: lines with a colon, each perhaps continued by indented ones; a blank line ends them.
/// Gives also the number of lines they take. Without that blank line they are no headers but base64 gone wrong.
fn headers<'a>(lines: impl Iterator<Item = Line<'a>>) -> (bool, usize) {
    let (mut encrypted, mut count) = (false, 0);
    for line in lines {
        let continued = count > 0 && line.is_indented();
        match line.text {
            [] => return (encrypted, count),
            text if text.contains(&b':') || continued => encrypted |= is_encrypted(text),
            _ => break,
        }
        count += 1;
    }
    (false, 0)
}

/// RFC 1421, 4.6.1.1: `Proc-Type: 4,ENCRYPTED`.
fn is_encrypted(header: &[u8]) -> bool {
    const NAME: &[u8] = b"proc-type:";
    match header.split_at_checked(NAME.len()) {
        Some((name, value)) => name.eq_ignore_ascii_case(NAME) && value.trim_ascii().ends_with(b"ENCRYPTED"),
        None => false,
    }
}

/// The characters of a section, gathered from its lines.
struct Base64 {
    characters: Zeroizing<Vec<u8>>,
    padding: usize,
}

impl Base64 {
    fn take(&mut self, line: &Line<'_>) -> Result<(), PemError> {
        for (offset, &byte) in line.text.iter().enumerate() {
            match byte {
                b' ' | b'\t' => continue,
                b'=' if self.padding < 2 => self.padding += 1,
                b'=' => return Err(line.error_at(offset, Problem::BadPadding)),
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if self.padding == 0 => {}
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => {
                    return Err(line.error_at(offset, Problem::BadPadding));
                }
                _ => return Err(line.error_at(offset, Problem::BadCharacter(byte))),
            }
            self.characters.push(byte);
        }
        Ok(())
    }

    /// What can still be wrong shows at the end of the last line.
    fn decode(&self, last: &Line<'_>) -> Result<Vec<u8>, PemError> {
        let cut_short = || last.error_at(last.text.len(), Problem::CutShort);
        let size = BASE64.decode_len(self.characters.len()).map_err(|_| cut_short())?;
        let mut der = Zeroizing::new(vec![0; size]);
        let len = BASE64.decode_mut(&self.characters, &mut der).map_err(|_| cut_short())?;
        der.truncate(len);
        Ok(std::mem::take(&mut der))
    }
}
