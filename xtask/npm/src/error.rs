//! What can go wrong.

use std::path::PathBuf;

/// Why the package can't be described.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{path}: can't be read", path = path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },

    #[error("{file}: {message}")]
    Syntax { file: String, message: String },

    #[error("{file}: {declaration}: {what}")]
    Declaration {
        file: String,
        declaration: String,
        what: String,
    },
}

impl Error {
    pub(crate) fn new(file: &str, declaration: &str, what: impl Into<String>) -> Self {
        Self::Declaration {
            file: file.to_owned(),
            declaration: declaration.to_owned(),
            what: what.into(),
        }
    }
}
