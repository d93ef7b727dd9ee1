//! Why PostgreSQL can't be reached, in its own words: what the server answered, or where nobody
//! answered. The errors of the libraries in between hide the one and don't know the other.

use std::error::Error as _;
use std::io::{self, ErrorKind};

use diesel::ConnectionError;
use diesel::result::Error as DieselError;
use diesel_async::pooled_connection::PoolError;
use diesel_async::pooled_connection::deadpool::PoolError as DeadpoolError;

use tokio_postgres::error::{DbError, SqlState};

use super::postgres_tls::Target;
use crate::store::error::StoreError;

/// Nobody answers, or the connection breaks. It has no source: its text is all that the system says.
#[derive(Debug, thiserror::Error)]
#[error("{text} ({address})")]
struct Unreachable {
    text: String,
    address: String,
}

/// Wraps an error of opening a connection.
pub(super) fn connect_error(target: &Target, error: tokio_postgres::Error) -> StoreError {
    // The server's answer, instead of an error that says that there was one.
    if let Some(answer) = error.as_db_error() {
        return StoreError::Connect(answer.clone().into());
    }
    match io_error(&error) {
        Some(text) => StoreError::Connect(
            Unreachable {
                text,
                address: target.address(),
            }
            .into(),
        ),
        None => StoreError::Connect(error.into()),
    }
}

/// Wraps an error of the pool. Its own type keeps the text of what caused it, but no source.
pub(super) fn pool_error(target: Option<&Target>, error: DeadpoolError) -> StoreError {
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
        DeadpoolError::Backend(PoolError::ConnectionError(error)) => {
            StoreError::Connect(error.into())
        }
        DeadpoolError::Backend(PoolError::QueryError(error)) => StoreError::Connect(error.into()),
        other => StoreError::Connect(other.into()),
    }
}

/// Whether the server, or the role, has as many connections as it may.
pub(super) fn is_full(error: &StoreError) -> bool {
    let StoreError::Connect(source) = error else {
        return false;
    };
    let answer = source.downcast_ref::<DbError>();
    answer.is_some_and(|answer| *answer.code() == SqlState::TOO_MANY_CONNECTIONS)
}

/// What the system says, unless it is about TLS: `connection refused`, without its number.
fn io_error(error: &tokio_postgres::Error) -> Option<String> {
    let io = error.source()?.downcast_ref::<io::Error>()?;
    let is_tls = io
        .get_ref()
        .is_some_and(|inner| inner.is::<rustls::Error>());
    let kind = io.kind();
    let has_words = matches!(
        kind,
        ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
    );
    let text = if has_words {
        kind.to_string()
    } else {
        io.to_string()
    };
    (!is_tls).then_some(text)
}
