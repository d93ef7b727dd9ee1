//! Why PostgreSQL can't be reached, in its own words: what the server answered, or where nobody
//! answered, and what to do. The errors of the libraries in between hide the one and don't know the
//! other.

use std::error::Error as _;
use std::io::{self, ErrorKind};

use diesel::ConnectionError;
use diesel::result::Error as DieselError;
use diesel_async::pooled_connection::PoolError;
use diesel_async::pooled_connection::deadpool::PoolError as DeadpoolError;
use tokio_postgres::error::{DbError, SqlState};

use super::{Target, certificates};
use crate::store::error::StoreError;

/// tokio-postgres's text if the server refuses TLS.
const NO_TLS: &str = "server does not support TLS";

/// Its text if the server asks for a password and there is none.
const NO_PASSWORD: &str = "password missing";

/// Nobody answers, the connection breaks, or one side refuses the other. It has no source: its text
/// is all that is known.
#[derive(Debug, thiserror::Error)]
#[error("{text} ({address})")]
struct Unreachable {
    text: String,
    address: String,
}

/// Wraps an error of opening a connection.
pub(in crate::store) fn connect_error(target: &Target, error: tokio_postgres::Error) -> StoreError {
    // The server's answer, instead of an error that says that there was one.
    if let Some(answer) = error.as_db_error() {
        return StoreError::Connect(answer.clone().into());
    }
    match tls_error(target, &error).or_else(|| own_words(&error)) {
        Some(text) => unreachable(target, text),
        None => StoreError::Connect(error.into()),
    }
}

/// Wraps an error of the pool. Its own type keeps the text of what caused it, but no source.
pub(in crate::store) fn pool_error(target: Option<&Target>, error: DeadpoolError) -> StoreError {
    match error {
        DeadpoolError::Backend(PoolError::ConnectionError(
            ConnectionError::CouldntSetupConfiguration(DieselError::QueryBuilderError(source)),
        )) => match source.downcast::<tokio_postgres::Error>() {
            Ok(error) => match target {
                Some(target) => connect_error(target, *error),
                None => StoreError::Connect(error),
            },
            Err(source) => StoreError::Connect(source),
        },
        DeadpoolError::Backend(PoolError::ConnectionError(
            ConnectionError::CouldntSetupConfiguration(error),
        ))
        | DeadpoolError::Backend(PoolError::QueryError(error)) => StoreError::connect(error),
        DeadpoolError::Backend(PoolError::ConnectionError(error)) => {
            StoreError::Connect(error.into())
        }
        other => StoreError::Connect(other.into()),
    }
}

/// Whether the server, or the role, has as many connections as it may.
pub(in crate::store) fn is_full(error: &StoreError) -> bool {
    let StoreError::Connect(source) = error else {
        return false;
    };
    let answer = source.downcast_ref::<DbError>();
    answer.is_some_and(|answer| *answer.code() == SqlState::TOO_MANY_CONNECTIONS)
}

/// Nobody answered in time.
pub(in crate::store) fn no_answer(target: &Target, waited: std::time::Duration) -> StoreError {
    unreachable(target, format!("no answer within {waited:?}"))
}

/// The connection was closed without a word.
pub(in crate::store) fn closed() -> StoreError {
    StoreError::Connect("the connection was closed".into())
}

fn unreachable(target: &Target, text: String) -> StoreError {
    let address = target.address();
    StoreError::Connect(Unreachable { text, address }.into())
}

/// Why TLS failed, and the ways out.
fn tls_error(target: &Target, error: &tokio_postgres::Error) -> Option<String> {
    let source = error.source()?;
    if source.to_string() == NO_TLS {
        return Some(
            "the server offers no TLS, which the URL requires; turn it on there, or connect \
             without, `sslmode=prefer` or `disable`"
                .to_owned(),
        );
    }
    let io = source.downcast_ref::<io::Error>()?;
    let refused: &rustls::Error = io.get_ref()?.downcast_ref()?;
    let advice = certificates::advice(&target.tls, refused);
    let separator = if advice.is_empty() { "" } else { "; " };
    Some(format!("no TLS: {refused}{separator}{advice}"))
}

/// What the system says: `connection refused`, without its number; or what tokio-postgres means.
fn own_words(error: &tokio_postgres::Error) -> Option<String> {
    let source = error.source()?;
    if source.to_string() == NO_PASSWORD {
        return Some(
            "the server asks for a password; write it into the URL, set PGPASSWORD, or add it to \
             ~/.pgpass"
                .to_owned(),
        );
    }
    let io = source.downcast_ref::<io::Error>()?;
    let kind = io.kind();
    let has_words = matches!(
        kind,
        ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
    );
    Some(if has_words {
        kind.to_string()
    } else {
        io.to_string()
    })
}
