//! Secret settings: the value of an environment variable, or the content of a file.
//!
//! In: the name of a variable, or a path. Out: the secret, without the line end that a file ends
//! with. Does IO, bounded in size and time.
//!
//! Invariant: no error contains the value of a variable or the content of a file.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use secrecy::SecretString;

/// What the name of a variable ends with whose value is the path of a file.
pub(crate) const FILE_SUFFIX: &str = "_FILE";

/// Longest content of a file.
const MAX_BYTES: u64 = 64 * 1024;

/// How long reading a file may take: a pipe that nothing writes to never ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// What secrets start with. A path that does is one that was put into the wrong variable.
const SECRET_PREFIXES: [&str; 6] = ["whsec_", "sk_", "rk_", "pk_", "acct_", "sealed:"];

/// Why a secret setting can't be read. Contains neither values nor contents.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// A variable and the variable with the path of a file are both set.
    #[error("{variable} and {variable}_FILE are both set; set only one of them")]
    Both {
        /// The variable with the value.
        variable: String,
    },
    /// The value of the variable is not UTF-8.
    #[error("the value of {variable} is not UTF-8")]
    NotText {
        /// The variable.
        variable: String,
    },
    /// A secret was given in place of the path of a file.
    #[error("{setting} is a secret or a URL, not the path of a file; it is not shown here")]
    NotAPath {
        /// The variable or the flag.
        setting: String,
    },
    /// The file can't be read.
    #[error("{setting}: {} can't be read: {kind}", path.display())]
    Unreadable {
        /// The variable or the flag.
        setting: String,
        /// The path.
        path: PathBuf,
        /// Why.
        kind: io::ErrorKind,
    },
    /// The path is that of a folder or, for a secret that is read again and again, of a pipe.
    #[error("{setting}: {} is not a file", path.display())]
    NotAFile {
        /// The variable or the flag.
        setting: String,
        /// The path.
        path: PathBuf,
    },
    /// The file is empty, or has nothing but white space.
    #[error("{setting}: {} is empty", path.display())]
    Empty {
        /// The variable or the flag.
        setting: String,
        /// The path.
        path: PathBuf,
    },
    /// The file is too long for a secret, or not UTF-8.
    #[error("{setting}: {} is longer than 64 KiB or is not UTF-8, and no secret is", path.display())]
    NotASecret {
        /// The variable or the flag.
        setting: String,
        /// The path.
        path: PathBuf,
    },
    /// Nothing wrote to the pipe, or the file system does not answer.
    #[error("{setting}: reading {} did not end within 10 s", path.display())]
    TimedOut {
        /// The variable or the flag.
        setting: String,
        /// The path.
        path: PathBuf,
    },
}

/// Reads a setting from the environment variable, or from the file that the variable with the suffix
/// `_FILE` names; `None` if both are unset or empty.
///
/// # Errors
/// [`SettingError`].
pub(crate) fn from_environment(variable: &str) -> Result<Option<SecretString>, SettingError> {
    let file_variable = format!("{variable}{FILE_SUFFIX}");
    let (value, path) = (std::env::var_os(variable), std::env::var_os(&file_variable));
    resolve(variable, value, path)
}

fn resolve(
    variable: &str,
    value: Option<OsString>,
    path: Option<OsString>,
) -> Result<Option<SecretString>, SettingError> {
    let is_set = |value: &OsString| !value.to_string_lossy().trim().is_empty();
    match (value.filter(is_set), path.filter(is_set)) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(SettingError::Both {
            variable: variable.to_owned(),
        }),
        (Some(value), None) => match value.into_string() {
            Ok(value) => Ok(Some(SecretString::from(value))),
            Err(_) => Err(SettingError::NotText {
                variable: variable.to_owned(),
            }),
        },
        (None, Some(path)) => {
            let setting = format!("{variable}{FILE_SUFFIX}");
            read_file(&setting, Path::new(&path)).map(Some)
        }
    }
}

/// Reads a setting from a file, or from a pipe such as `<(…)` of a shell makes.
///
/// # Errors
/// [`SettingError`].
pub(crate) fn read_file(setting: &str, path: &Path) -> Result<SecretString, SettingError> {
    if is_secret(path) {
        return Err(SettingError::NotAPath {
            setting: setting.to_owned(),
        });
    }
    let (sender, receiver) = mpsc::channel();
    let opened = path.to_owned();
    // Opening a pipe may block for ever too. A thread that does ends with the process.
    std::thread::spawn(move || sender.send(read_bytes(&opened)));

    match receiver.recv_timeout(PATIENCE) {
        Ok(read) => content(setting, path, read),
        Err(_) => Err(SettingError::TimedOut {
            setting: setting.to_owned(),
            path: path.to_owned(),
        }),
    }
}

/// Reads a setting from a file that is read again and again, which a pipe can't be.
pub(super) fn read_regular_file(setting: &str, path: &Path) -> Result<SecretString, SettingError> {
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(SettingError::NotAFile {
            setting: setting.to_owned(),
            path: path.to_owned(),
        }),
        Ok(_) => content(setting, path, read_bytes(path)),
        Err(error) => content(setting, path, Err(error)),
    }
}

/// Reads at most one byte more than a secret may have.
fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn content(
    setting: &str,
    path: &Path,
    read: io::Result<Vec<u8>>,
) -> Result<SecretString, SettingError> {
    let (setting, path) = (setting.to_owned(), path.to_owned());
    let bytes = match read {
        Ok(bytes) if bytes.len() as u64 > MAX_BYTES => {
            return Err(SettingError::NotASecret { setting, path });
        }
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
            return Err(SettingError::NotAFile { setting, path });
        }
        Err(error) => {
            let kind = error.kind();
            return Err(SettingError::Unreadable {
                setting,
                path,
                kind,
            });
        }
    };

    match std::str::from_utf8(&bytes) {
        Ok(text) if text.trim().is_empty() => Err(SettingError::Empty { setting, path }),
        Ok(text) => Ok(SecretString::from(text.trim_end_matches(['\r', '\n']))),
        Err(_) => Err(SettingError::NotASecret { setting, path }),
    }
}

/// Whether a path is a secret by its looks, and must not be shown.
fn is_secret(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let text = text.trim();
    SECRET_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
        || text.contains("://")
        // A path may look like a key in base64.
        || is_key(text) && !path.exists()
}

/// Whether a text looks like 32 bytes in hexadecimal digits or base64.
fn is_key(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
    match digits.len() {
        43 => digits.bytes().all(is_base64),
        64 => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    const SECRET: &str = "whsec_of_the_test";

    /// A folder with a file for each name and content.
    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        folder
    }

    #[test]
    fn a_variable_or_its_file_is_read_and_not_both() {
        let folder = folder(&[("secret", b"whsec_from_file\r\n"), ("none", b"")]);
        let path = |name: &str| folder.path().join(name).into_os_string();
        let check =
            |value: Option<&str>, file: Option<OsString>, expected: Result<Option<&str>, &str>| {
                let read = resolve(
                    "STRIPE_WEBHOOK_SECRET",
                    value.map(OsString::from),
                    file.clone(),
                );
                let read = read.map(|secret| secret.map(|it| it.expose_secret().to_owned()));
                match (read, expected) {
                    (Ok(read), Ok(expected)) => assert_eq!(read.as_deref(), expected, "{file:?}"),
                    (Err(error), Err(expected)) => {
                        let error = error.to_string();
                        assert!(error.contains(expected), "{error}");
                        assert!(!error.contains(SECRET), "{error}");
                    }
                    (other, _) => panic!("{value:?} {file:?}: {other:?}"),
                }
            };

        check(None, None, Ok(None));
        for empty in ["", " ", "\n"] {
            check(Some(empty), Some("".into()), Ok(None));
        }
        check(Some(SECRET), None, Ok(Some(SECRET)));
        check(Some(SECRET), Some("".into()), Ok(Some(SECRET)));
        check(Some(""), Some(path("secret")), Ok(Some("whsec_from_file")));
        let both = "STRIPE_WEBHOOK_SECRET and STRIPE_WEBHOOK_SECRET_FILE are both set";
        check(Some(SECRET), Some(path("secret")), Err(both));
        let empty = "STRIPE_WEBHOOK_SECRET_FILE: ";
        check(None, Some(path("none")), Err(empty));
        let secret = "STRIPE_WEBHOOK_SECRET_FILE is a secret";
        check(None, Some(SECRET.into()), Err(secret));
    }

    #[test]
    fn only_a_short_text_is_a_secret_and_the_error_names_the_path() {
        let long = vec![b'a'; MAX_BYTES as usize + 1];
        let folder = folder(&[
            ("line", b"postgres://shop\n"),
            ("lines", b"a\nb\n\n"),
            ("blank", b" \n"),
            ("binary", b"whsec_\xff"),
            ("long", &long),
        ]);
        let check = |name: &str, expected: Result<&str, &str>| {
            let path = folder.path().join(name);
            let read = read_file("--database-url-file", &path);
            match (read, expected) {
                (Ok(read), Ok(expected)) => assert_eq!(read.expose_secret(), expected),
                (Err(error), Err(expected)) => {
                    let start = "--database-url-file: ";
                    let error = error.to_string();
                    assert!(error.starts_with(start), "{error}");
                    assert!(error.contains(&*path.to_string_lossy()), "{error}");
                    assert!(error.ends_with(expected), "{error}");
                }
                (other, _) => panic!("{name}: {other:?}"),
            }
        };

        check("line", Ok("postgres://shop"));
        check("lines", Ok("a\nb"));
        check("blank", Err("is empty"));
        check("binary", Err("no secret is"));
        check("long", Err("no secret is"));
        check("missing", Err("can't be read: entity not found"));
        check("", Err("is not a file"));
    }

    #[test]
    fn a_path_that_looks_like_a_secret_is_not_shown() {
        let key = "5e".repeat(32);
        for secret in [
            SECRET,
            "sk_live_1",
            "acct_1=sk_live_1",
            "postgres://me:pw@db/shop",
            &key,
        ] {
            let error = read_file("X_FILE", Path::new(secret)).unwrap_err();
            assert!(!error.to_string().contains(secret), "{error}");
            assert!(!format!("{error:?}").contains(secret), "{error:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_read_once_at_start_and_no_endpoint_has_one() {
        let (reader, mut writer) = io::pipe().unwrap();
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        io::Write::write_all(&mut writer, b"whsec_piped\n").unwrap();
        drop(writer);

        let refused = read_regular_file("file:", Path::new(&path)).unwrap_err();
        assert!(matches!(refused, SettingError::NotAFile { .. }));
        let read = read_file("--webhook-secret-file", Path::new(&path)).unwrap();
        assert_eq!(read.expose_secret(), "whsec_piped");
    }
}
