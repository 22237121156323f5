//! Names of files within the data folder: fixed relative paths that can lead nowhere else.

use crate::FolderError;

/// Deepest nesting of a name, the file included.
pub(crate) const DEEPEST: usize = 3;

/// Files the folder keeps for itself.
pub(crate) const LOCK: &str = "lock";
pub(crate) const VERSION: &str = "version";

/// Start of the name of a file that is still being written.
pub(crate) const UNFINISHED: &str = ".new-";

/// A checked name such as `authority/root.key`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name<'a> {
    whole: &'a str,
}

impl<'a> Name<'a> {
    pub(crate) fn new(whole: &'a str) -> Result<Self, FolderError> {
        let own = whole == LOCK || whole == VERSION;
        let steps = whole.split('/').count();
        if own || steps > DEEPEST || !whole.split('/').all(is_plain_step) {
            return Err(FolderError::InvalidName { name: whole.to_owned() });
        }
        Ok(Self { whole })
    }

    /// The folders on the way to the file, outermost first.
    pub(crate) fn folders(self) -> impl Iterator<Item = &'a str> {
        self.whole.rsplit_once('/').map(|(folders, _)| folders.split('/')).into_iter().flatten()
    }

    /// The file's own name.
    pub(crate) fn file(self) -> &'a str {
        self.whole.rsplit_once('/').map_or(self.whole, |(_, file)| file)
    }
}

/// A step begins with a letter or digit, so that neither `..` nor an unfinished file can be named.
fn is_plain_step(step: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    step.len() <= 128
        && step.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && step.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_knows_its_folders_and_its_file() {
        let name = Name::new("authority/retired-0a/root.key").unwrap();
        assert_eq!(name.folders().collect::<Vec<_>>(), ["authority", "retired-0a"]);
        assert_eq!(name.file(), "root.key");
        assert_eq!(Name::new("notes").unwrap().folders().count(), 0);
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            ".new-1",
            "a/.x",
            "lock",
            "version",
            "a/b/c/d",
            "a\0b",
        ] {
            assert!(Name::new(name).is_err(), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_name_stays_inside(name in "[a-z./\\-\0]{0,12}") {
            if Name::new(&name).is_ok() {
                let path = std::path::Path::new(&name);
                prop_assert!(path.components().all(|step| matches!(step, std::path::Component::Normal(_))));
            }
        }
    }
}
