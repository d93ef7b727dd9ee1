//! The file of a SQLite database: how a URL names it, and whether it is still the one that was
//! opened. SQLite goes on writing to a file that was deleted, and all of it is lost.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::store::error::StoreError;

/// What a path may contain in a URI.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The file of a URL's path, `PATH` or `file:PATH?mode=…`.
#[derive(Debug)]
pub(in crate::store) struct SqliteFile {
    path: PathBuf,
    /// Where SQLite finds it, without ever creating it.
    uri: String,
    /// Whether the URL lets SQLite create it.
    may_be_created: bool,
    /// The file that was opened.
    opened: OnceLock<Identity>,
}

impl SqliteFile {
    /// # Errors
    /// [`StoreError::SqlitePath`].
    pub(in crate::store) fn parse(path: &str) -> Result<Self, StoreError> {
        match path.strip_prefix("file:") {
            Some(uri) => Ok(Self::of_uri(uri)),
            None if has_signs_of_a_uri(path) => Err(StoreError::SqlitePath {
                path: path.to_owned(),
            }),
            None => Ok(Self::new(path.into(), "", true)),
        }
    }

    /// Ref: <https://sqlite.org/uri.html>
    fn of_uri(uri: &str) -> Self {
        let uri = uri.split_once('#').map_or(uri, |(uri, _)| uri);
        let (path, parameters) = uri.split_once('?').unwrap_or((uri, ""));
        let path = match path.strip_prefix("//") {
            // After the authority.
            Some(rest) => rest.find('/').map_or("", |start| &rest[start..]),
            None => path,
        };
        let path = percent_decode_str(path).decode_utf8_lossy().into_owned();

        let mode = parameters
            .split('&')
            .filter_map(|parameter| parameter.strip_prefix("mode="))
            .next_back();
        let may_be_created = !matches!(mode, Some("ro" | "rw"));
        let kept: Vec<&str> = parameters
            .split('&')
            .filter(|it| !(it.is_empty() || may_be_created && it.starts_with("mode=")))
            .collect();
        Self::new(path.into(), &kept.join("&"), may_be_created)
    }

    fn new(path: PathBuf, parameters: &str, may_be_created: bool) -> Self {
        let text = path.to_string_lossy();
        let escaped = utf8_percent_encode(&text, ESCAPED);
        let authority = if path.is_absolute() { "//" } else { "" };
        let mode = if may_be_created { "mode=rw" } else { "" };
        let separator = if mode.is_empty() || parameters.is_empty() {
            ""
        } else {
            "&"
        };
        let uri = format!("file:{authority}{escaped}?{parameters}{separator}{mode}");
        Self {
            path,
            uri,
            may_be_created,
            opened: OnceLock::new(),
        }
    }

    /// The URI of the file as it is, which SQLite never creates.
    pub(super) fn uri(&self) -> &str {
        &self.uri
    }

    pub(in crate::store) fn path(&self) -> String {
        self.path.display().to_string()
    }

    /// Creates the file, for its owner alone, unless it is there. SQLite gives the files beside it
    /// the same rights.
    ///
    /// # Errors
    /// [`StoreError::NoFile`] if it may not be created, and [`StoreError::Connect`].
    pub(super) fn make(&self, create: bool) -> Result<(), StoreError> {
        if self.path.exists() {
            return Ok(());
        }
        if !create || !self.may_be_created {
            return Err(StoreError::NoFile { path: self.path() });
        }
        match create_private(&self.path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(self.failed(&error)),
            _ => Ok(()),
        }
    }

    /// Remembers the file that was opened first.
    pub(super) fn opened(&self) {
        if let Some(identity) = Identity::of(&self.path) {
            let _ = self.opened.set(identity);
        }
    }

    /// Fails if the path doesn't lead to the file any more that was opened.
    ///
    /// # Errors
    /// [`StoreError::FileGone`].
    pub(in crate::store) fn check(&self) -> Result<(), StoreError> {
        match self.opened.get() {
            Some(opened) if Identity::of(&self.path).as_ref() != Some(opened) => {
                Err(StoreError::FileGone { path: self.path() })
            }
            _ => Ok(()),
        }
    }

    /// Adds the path to an error, which SQLite's don't name.
    pub(super) fn failed(&self, error: &dyn std::error::Error) -> StoreError {
        StoreError::Connect(format!("{error} ({})", self.path()).into())
    }

    /// Whether users other than the owner may read it.
    #[cfg(feature = "cli")]
    pub(in crate::store) fn is_open_to_others(&self) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            fs::metadata(&self.path).is_ok_and(|file| file.mode() & 0o077 != 0)
        }
        #[cfg(not(unix))]
        false
    }
}

/// `shop.db?mode=rwc` and `my%20shop.db`, as other programs write paths in URLs.
fn has_signs_of_a_uri(path: &str) -> bool {
    let is_escape = |rest: &str| {
        let mut digits = rest.bytes().take(2);
        digits.len() == 2 && digits.all(|digit| digit.is_ascii_hexdigit())
    };
    path.contains('?') || path.split('%').skip(1).any(is_escape)
}

fn create_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// What tells a file from another one at the same path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    number: u64,
}

impl Identity {
    fn of(path: &Path) -> Option<Self> {
        let file = fs::metadata(path).ok()?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            Some(Self {
                device: file.dev(),
                number: file.ino(),
            })
        }
        #[cfg(not(unix))]
        {
            drop(file);
            Some(Self {})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_a_uri_name_a_file() {
        let check = |path: &str, expected: Result<(&str, &str, bool), ()>| {
            let file = SqliteFile::parse(path);
            let actual = file.map(|it| (it.path(), it.uri.clone(), it.may_be_created));
            let expected = expected.map(|(path, uri, may_be_created)| {
                (path.to_owned(), uri.to_owned(), may_be_created)
            });
            assert_eq!(actual.map_err(drop), expected, "{path}");
        };

        check("shop.db", Ok(("shop.db", "file:shop.db?mode=rw", true)));
        check(
            "/var/my shop#1.db",
            Ok((
                "/var/my shop#1.db",
                "file:///var/my%20shop%231.db?mode=rw",
                true,
            )),
        );
        check("50%.db", Ok(("50%.db", "file:50%25.db?mode=rw", true)));
        check("shop.db?mode=rwc", Err(()));
        check("my%20shop.db", Err(()));

        check(
            "file:my%20shop.db",
            Ok(("my shop.db", "file:my%20shop.db?mode=rw", true)),
        );
        check(
            "file:///var/shop.db?cache=private&mode=rwc#x",
            Ok((
                "/var/shop.db",
                "file:///var/shop.db?cache=private&mode=rw",
                true,
            )),
        );
        check(
            "file://localhost/var/shop.db?mode=ro",
            Ok(("/var/shop.db", "file:///var/shop.db?mode=ro", false)),
        );
        check(
            "file:shop.db?mode=rw",
            Ok(("shop.db", "file:shop.db?mode=rw", false)),
        );
    }

    #[test]
    fn a_file_that_was_deleted_or_replaced_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        let file = SqliteFile::parse(path.to_str().unwrap()).unwrap();
        assert!(matches!(file.make(false), Err(StoreError::NoFile { .. })));
        file.make(true).unwrap();
        file.opened();
        file.check().unwrap();

        let aside = folder.path().join("aside.db");
        fs::rename(&path, &aside).unwrap();
        assert!(matches!(file.check(), Err(StoreError::FileGone { .. })));
        fs::write(&path, "another").unwrap();
        assert!(matches!(file.check(), Err(StoreError::FileGone { .. })));
        fs::rename(&aside, &path).unwrap();
        file.check().unwrap();
    }
}
