//! Published traces (RFC 8448): what each side did, step by step, with every value in hexadecimal.
//!
//! The text holds steps, each a line `{side} what it does`, and below it lines `name: hex`. Lines that begin
//! with `#` are comments.

/// A trace, in the order of its text.
pub struct Trace {
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step.
pub struct Step {
    /// Who: `client` or `server`.
    pub side: String,
    /// What: such as `derive secret "tls13 c hs traffic"`.
    pub what: String,
    /// The values that the trace shows, by name.
    pub values: Vec<(String, Vec<u8>)>,
}

impl Trace {
    /// Reads a trace.
    ///
    /// # Panics
    /// If a line is neither comment, step nor value.
    pub fn parse(text: &str) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some((side, what)) = line.strip_prefix('{').and_then(|rest| rest.split_once("} ")) {
                let (side, what) = (side.to_owned(), what.to_owned());
                steps.push(Step { side, what, values: Vec::new() });
            } else {
                let (name, hex) = line.split_once(':').expect("name: hex");
                let step = steps.last_mut().expect("a step before its values");
                step.values.push((name.to_owned(), decode(hex.trim())));
            }
        }
        Self { steps }
    }

    /// Each value of this name in the steps of this side that begin so.
    pub fn all<'a>(&'a self, side: &str, what: &str, name: &str) -> Vec<&'a [u8]> {
        let steps = self.steps.iter().filter(|step| step.side == side && step.what.starts_with(what));
        steps.filter_map(|step| step.value(name)).collect()
    }

    /// The only value of this name in the steps of this side that begin so.
    ///
    /// # Panics
    /// If there is none, or more than one.
    pub fn one(&self, side: &str, what: &str, name: &str) -> &[u8] {
        let found = self.all(side, what, name);
        let [value] = *found else { panic!("{} of {{{side}}} {what}: {name}", found.len()) };
        value
    }

    /// The secret derived under this label, such as `c hs traffic`.
    pub fn secret(&self, label: &str) -> &[u8] {
        let what = format!("derive secret \"tls13 {label}\"");
        let found = [self.all("client", &what, "expanded"), self.all("server", &what, "expanded")].concat();
        found.first().unwrap_or_else(|| panic!("no secret {label}"))
    }

    /// All handshake messages with who sent them, in order.
    pub fn messages(&self) -> Vec<(&str, &[u8])> {
        let steps = self.steps.iter().filter(|step| step.what.starts_with("construct "));
        steps.flat_map(|step| step.values.iter().map(|(_, bytes)| (&*step.side, &**bytes))).collect()
    }
}

impl Step {
    /// The value of this name.
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, bytes)| bytes.as_slice())
    }
}

fn decode(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).expect("two digits")).collect()
}
