//! Who answers at PostgreSQL's address: the server itself, or a pooler, and of which kind.
//!
//! A pooler makes up the ids of processes by which its clients cancel. One that keeps prepared
//! statements for its clients gives them other names. One that gives a client another connection
//! for each transaction shows the process of one connection to two clients.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use futures_util::{StreamExt as _, stream};
use tokio::time::timeout;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::connect_error::{closed, connect_error};
use super::process_id::process_id;
use super::{Driver, Established, Target, connect};
use crate::store::error::StoreError;

/// What a connection leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Route {
    /// The server itself.
    Server,
    /// A pooler that gives a client one connection for as long as it is connected.
    PooledSessions,
    /// A pooler that gives each transaction another connection, and keeps prepared statements.
    PooledTransactions,
}

impl Route {
    /// For people.
    pub(in crate::store) const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::PooledSessions => "pooled sessions",
            Self::PooledTransactions => "pooled transactions",
        }
    }
}

/// How often two clients compare their connections. One comparison is enough unless other clients
/// interfere.
const ROUNDS: usize = 4;

/// How long the second client may take. A pooler that has no connection left for it gives the first
/// one's to nobody else.
const PATIENCE: Duration = Duration::from_secs(2);

const SELECT_SESSION: &str = "SELECT pg_backend_pid(), current_setting('search_path')";

/// The session of the server that ran a statement.
struct Session {
    process: i32,
    search_path: String,
}

/// Finds out what a new connection leads to. To the server itself, it costs one round trip.
///
/// # Errors
/// [`StoreError::PoolsTransactions`] if prepared statements get lost, [`StoreError::PoolsStatements`],
/// [`StoreError::IgnoredSchema`], and [`StoreError::Connect`].
pub(in crate::store) async fn route(
    target: &Target,
    (client, driver): &mut Established,
) -> Result<Route, StoreError> {
    let begins = AtomicBool::new(false);
    let found = drive(target, driver, find_route(target, client, &begins)).await;
    match found.and_then(|route| route) {
        // A pooler that takes no transactions closes the connection.
        Err(StoreError::Connect(_)) if begins.into_inner() => Err(StoreError::PoolsStatements),
        found => found,
    }
}

/// `begins` is set while a transaction begins.
async fn find_route(
    target: &Target,
    client: &Client,
    begins: &AtomicBool,
) -> Result<Route, StoreError> {
    let failed = |error| connect_error(target, error);
    let cancel_id = process_id(&client.cancel_token()).await;
    let session = read_session(client).await.map_err(failed)?;
    if cancel_id == Some(session.process) {
        return Ok(Route::Server);
    }

    if let Some(path) = &target.search_path
        && session.search_path != *path
    {
        return Err(StoreError::IgnoredSchema);
    }
    match keeps_names(client).await {
        Ok(false) => {
            begins.store(true, Ordering::Relaxed);
            client.batch_execute("BEGIN").await.map_err(failed)?;
            client.batch_execute("COMMIT").await.map_err(failed)?;
            begins.store(false, Ordering::Relaxed);
            return Ok(Route::PooledTransactions);
        }
        Ok(true) => {}
        // The connection stands, so another one of the server was asked to run it.
        Err(_) if !client.is_closed() => return Err(StoreError::PoolsTransactions),
        Err(error) => return Err(failed(error)),
    }
    if is_shared(target, client, session.process).await {
        return Err(StoreError::PoolsTransactions);
    }
    Ok(Route::PooledSessions)
}

/// Runs a statement without preparing it.
async fn read_session(client: &Client) -> Result<Session, tokio_postgres::Error> {
    let messages = client.simple_query(SELECT_SESSION).await?;
    let mut session = Session {
        process: 0,
        search_path: String::new(),
    };
    for message in &messages {
        if let SimpleQueryMessage::Row(row) = message {
            let process = row.get(0).and_then(|process| process.parse().ok());
            session.process = process.unwrap_or_default();
            session.search_path = row.get(1).unwrap_or_default().to_owned();
        }
    }
    Ok(session)
}

/// Whether the server knows a prepared statement by the name that this client gives it, which is
/// `s` and a number.
async fn keeps_names(client: &Client) -> Result<bool, tokio_postgres::Error> {
    let statement = client.prepare(&find_itself()).await?;
    client.query_one(&statement, &[]).await?.try_get(0)
}

/// A statement that finds itself. No other client's has the same text.
fn find_itself() -> String {
    format!(
        "SELECT EXISTS (SELECT FROM pg_prepared_statements \
         WHERE name ~ '^s[0-9]+$' AND statement LIKE '%{}%') AS is_found, \
         pg_backend_pid() AS process",
        uuid::Uuid::new_v4()
    )
}

/// Whether a second client gets the first one's connection, or the first one another.
async fn is_shared(target: &Target, client: &Client, first: i32) -> bool {
    let Ok(Ok((other, driver))) = timeout(PATIENCE, connect(target)).await else {
        return false;
    };
    let driver = tokio::spawn(driver);
    let compare = async {
        for _ in 0..ROUNDS {
            let theirs = read_session(&other).await?.process;
            let ours = read_session(client).await?.process;
            if theirs == first || ours != first {
                return Ok::<_, tokio_postgres::Error>(true);
            }
        }
        Ok(false)
    };
    let compared = timeout(PATIENCE, compare).await;
    driver.abort();
    matches!(compared, Ok(Ok(true)))
}

/// Drives a connection until the work on it is done.
async fn drive<T>(
    target: &Target,
    driver: &mut Driver,
    work: impl Future<Output = T>,
) -> Result<T, StoreError> {
    let mut messages = stream::poll_fn(|context| driver.poll_message(context));
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok(done),
            message = messages.next() => match message {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(connect_error(target, error)),
                None => return Err(closed()),
            },
        }
    }
}

diesel::table! {
    statements (process) {
        process -> Integer,
        is_found -> Bool,
    }
}

#[derive(diesel::QueryableByName)]
#[diesel(table_name = statements)]
struct Found {
    process: i32,
    is_found: bool,
}

/// Whether a connection of the application's pool leads to a pooler that gives each transaction
/// another connection and keeps prepared statements.
pub(in crate::store) async fn pools_transactions(
    connection: &mut AsyncPgConnection,
) -> Result<bool, diesel::result::Error> {
    let cancel_id = process_id(&connection.cancel_token()).await;
    let found: Found = diesel::sql_query(find_itself())
        .get_result(connection)
        .await?;
    Ok(cancel_id != Some(found.process) && !found.is_found)
}
