//! A PostgreSQL database of its own for a demonstration, made beside the application's and dropped
//! afterwards.

use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::connecting::connect_error::connect_error;
use super::connecting::{self, Target};
use super::options::StoreOptions;
use super::url::with_database;
use crate::store::error::StoreError;

const SELECT_ROLE: &str = "SELECT current_user";
const SELECT_DATABASE: &str = "SELECT current_database()";

/// An empty database on the server of another one. [`remove`](Self::remove) drops it.
pub(crate) struct ScratchDatabase {
    /// The URL of the application's database, from which this one is made and dropped.
    origin: String,
    name: String,
}

/// Why there is no such database, or it remains.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScratchError {
    /// The server can't be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The role lacks the right.
    #[error(
        "the role `{role}` may not create databases; run `ALTER ROLE \"{role}\" CREATEDB`, or set \
         DATABASE_URL to a role that may"
    )]
    NotAllowed {
        role: String,
        source: tokio_postgres::Error,
    },
    /// A statement failed.
    #[error("failed to {operation}")]
    Failed {
        operation: &'static str,
        source: tokio_postgres::Error,
    },
    /// The URL leads to one database, whichever it names, as through a pooler that has a fixed one.
    #[error("the URL of the database leads to `{actual}` although `{expected}` is asked for")]
    Elsewhere { expected: String, actual: String },
}

impl ScratchDatabase {
    /// Makes a database on the server that this URL leads to.
    pub(crate) async fn create(url: &str) -> Result<Self, ScratchError> {
        let name = format!("djstripe_demo_{}", uuid::Uuid::new_v4().simple());
        let session = Session::open(url).await?;
        match session.execute(&format!("CREATE DATABASE {name}")).await {
            Ok(()) => {}
            Err(source) if source.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                let role = session.ask(SELECT_ROLE).await?;
                return Err(ScratchError::NotAllowed { role, source });
            }
            Err(source) => {
                return Err(ScratchError::Failed {
                    operation: "create a database",
                    source,
                });
            }
        }

        let origin = url.to_owned();
        let scratch = Self { origin, name };
        match scratch.check().await {
            Ok(()) => Ok(scratch),
            Err(error) => {
                scratch.remove().await?;
                Err(error)
            }
        }
    }

    /// Its URL, which may contain a password.
    pub(crate) fn url(&self) -> String {
        with_database(&self.origin, &self.name)
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Drops it, and closes all connections to it.
    pub(crate) async fn remove(self) -> Result<(), ScratchError> {
        let session = Session::open(&self.origin).await?;
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let dropped = session.execute(&drop).await;
        dropped.map_err(|source| ScratchError::Failed {
            operation: "drop the database that was created",
            source,
        })
    }

    /// Nothing may be written to the application's own database instead.
    async fn check(&self) -> Result<(), ScratchError> {
        let actual = Session::open(&self.url())
            .await?
            .ask(SELECT_DATABASE)
            .await?;
        if actual == self.name {
            return Ok(());
        }
        let expected = self.name.clone();
        Err(ScratchError::Elsewhere { expected, actual })
    }
}

/// A connection of its own, closed when dropped.
struct Session {
    client: tokio_postgres::Client,
    _connection: tokio::task::JoinSet<()>,
}

impl Session {
    async fn open(url: &str) -> Result<Self, StoreError> {
        let patience: Duration = StoreOptions::default().connect_timeout;
        let target = Target::parse(url, patience)?;
        let connected = connecting::connect(&target).await;
        let (client, connection) = connected.map_err(|error| connect_error(&target, error))?;

        let mut driver = tokio::task::JoinSet::new();
        driver.spawn(async move {
            // The client reports the error of its statement.
            let _ = connection.await;
        });
        Ok(Self {
            client,
            _connection: driver,
        })
    }

    async fn execute(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.client.batch_execute(sql).await
    }

    /// The answer to a question for one text.
    async fn ask(&self, sql: &str) -> Result<String, ScratchError> {
        let row = self.client.query_one(sql, &[]).await;
        let text = row.and_then(|row| row.try_get::<_, &str>(0).map(str::to_owned));
        text.map_err(|source| ScratchError::Failed {
            operation: "ask the database who and where this is",
            source,
        })
    }
}
