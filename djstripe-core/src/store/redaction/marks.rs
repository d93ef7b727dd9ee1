//! The marks of customers that were forgotten, and of the objects that are theirs: the table
//! `djstripe_redaction`.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
#[cfg(feature = "postgres")]
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::sql_types::{Bool, Text};

use crate::store::backend::connection::Scope;
#[cfg(feature = "postgres")]
use crate::store::backend::run::is_limit_reached;
use crate::store::backend::run::load;
#[cfg(feature = "postgres")]
use crate::store::backend::statement::Bind;
use crate::store::backend::statement::{ByName, Statement};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const READ: &str = "read the marks of forgotten customers";
const WRITE: &str = "mark the objects of a forgotten customer";

/// Whether anything was ever redacted, as a condition.
#[cfg(feature = "postgres")]
pub(in crate::store) const ANY: &str = "EXISTS (SELECT 1 FROM djstripe_redaction)";

const SELECT: &str = "SELECT id, object, account, livemode, customer, keeps_metadata, frozen FROM djstripe_redaction WHERE id ";
const COLUMNS: &str =
    "(id, object, account, livemode, customer, redacted_at, keeps_metadata, frozen)";
const ON_CONFLICT: &str = " ON CONFLICT (id, object, account, livemode) DO UPDATE SET \
     frozen = djstripe_redaction.frozen OR excluded.frozen, \
     keeps_metadata = djstripe_redaction.keeps_metadata AND excluded.keeps_metadata";

/// What was decided for an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Mark {
    /// The customer whose object it is.
    pub(in crate::store) customer: Arc<str>,
    /// Whether its free text stays.
    pub(in crate::store) keeps_metadata: bool,
    /// Whether its row is not written any more.
    pub(in crate::store) frozen: bool,
}

impl Mark {
    /// That of an object whose row is blanked, and not written any more.
    fn frozen(customer: &str, keeps_metadata: bool) -> Self {
        Self {
            customer: customer.into(),
            keeps_metadata,
            frozen: true,
        }
    }

    /// That of an object which comes later, and is blanked as it arrives.
    pub(super) fn of_later(self) -> Self {
        Self {
            frozen: false,
            ..self
        }
    }
}

/// A mark to write.
#[derive(Clone, Debug)]
pub(in crate::store) struct NewMark {
    pub(in crate::store) scope: (String, bool),
    pub(in crate::store) object: String,
    pub(in crate::store) id: String,
    pub(in crate::store) mark: Mark,
}

#[derive(diesel::QueryableByName)]
pub(in crate::store) struct MarkRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    object: String,
    #[diesel(sql_type = Text)]
    account: String,
    #[diesel(sql_type = Bool)]
    livemode: bool,
    #[diesel(sql_type = Text)]
    customer: String,
    #[diesel(sql_type = Bool)]
    keeps_metadata: bool,
    #[diesel(sql_type = Bool)]
    frozen: bool,
}

/// Marks by id, each with its type.
type MarksById = HashMap<String, Vec<(String, Mark)>>;

/// Marks by account and mode, then by id and type.
#[derive(Debug, Default)]
pub(crate) struct Marks(HashMap<(String, bool), MarksById>);

impl Marks {
    pub(in crate::store) fn of(rows: Vec<MarkRow>) -> Self {
        let mut marks = Self::default();
        for row in rows {
            let mark = Mark {
                customer: row.customer.into(),
                keeps_metadata: row.keeps_metadata,
                frozen: row.frozen,
            };
            marks.add(&(row.account, row.livemode), row.object, row.id, mark);
        }
        marks
    }

    pub(in crate::store) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::store) fn add(
        &mut self,
        scope: &(String, bool),
        object: String,
        id: String,
        mark: Mark,
    ) {
        let ids = self.0.entry(scope.clone()).or_default();
        ids.entry(id).or_default().push((object, mark));
    }

    /// Adds an object of a customer that is to be blanked.
    pub(crate) fn add_object(
        &mut self,
        scope: &Scope,
        customer: &str,
        object: &str,
        id: &str,
        keeps_metadata: bool,
    ) {
        let scope = (scope.account.clone(), scope.livemode);
        let mark = Mark::frozen(customer, keeps_metadata);
        self.add(&scope, object.to_owned(), id.to_owned(), mark);
    }

    /// The mark of an object.
    pub(in crate::store) fn get(
        &self,
        scope: &(String, bool),
        object: &str,
        id: &str,
    ) -> Option<Mark> {
        let marks = self.0.get(scope)?.get(id)?;
        let (_, mark) = marks.iter().find(|(of, _)| of == object)?;
        Some(mark.clone())
    }
}

/// The marks of these ids.
#[cfg(feature = "postgres")]
pub(in crate::store) fn select_postgres(ids: &BTreeSet<String>) -> Statement<'static, ByName> {
    Statement::new(SELECT)
        .sql("= ANY (?)")
        .bind(Bind::texts(ids.iter().cloned()))
}

/// The marks of these ids.
#[cfg(feature = "sqlite")]
pub(in crate::store) fn select_sqlite(ids: &BTreeSet<String>) -> Statement<'static, ByName> {
    let ids: Vec<&String> = ids.iter().collect();
    Statement::new(SELECT)
        .sql("IN (SELECT value FROM json_each(?))")
        .bind(serde_json::Value::from_iter(ids.into_iter().cloned()).to_string())
}

/// Whether a customer was ever forgotten.
#[cfg(feature = "sqlite")]
pub(in crate::store) fn is_any(raw: &mut diesel::SqliteConnection) -> QueryResult<bool> {
    let select = Statement::<Text>::new("SELECT id FROM djstripe_redaction LIMIT 1");
    Ok(!select.load_on::<String>(raw)?.is_empty())
}

/// Writes marks; one that is there is not weakened.
#[cfg(feature = "postgres")]
pub(in crate::store) fn insert_postgres(marks: &[NewMark], now: i64) -> Statement<'_, ()> {
    // One statement can't change a row twice.
    let marks: HashMap<_, _> = marks
        .iter()
        .map(|new| ((&new.id, &new.object, &new.scope), new))
        .collect();
    let mut marks: Vec<&NewMark> = marks.into_values().collect();
    // Two transactions that mark the same objects wait for each other in the same order.
    marks.sort_by(|left, right| (&left.id, &left.object).cmp(&(&right.id, &right.object)));
    Statement::new(format!(
        "INSERT INTO djstripe_redaction {COLUMNS} SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?){ON_CONFLICT}"
    ))
    .bind(Bind::texts(marks.iter().map(|new| &*new.id)))
    .bind(Bind::texts(marks.iter().map(|new| &*new.object)))
    .bind(Bind::texts(marks.iter().map(|new| &*new.scope.0)))
    .bind(Bind::bools(marks.iter().map(|new| new.scope.1)))
    .bind(Bind::texts(marks.iter().map(|new| &*new.mark.customer)))
    .bind(Bind::big_ints(marks.iter().map(|_| now)))
    .bind(Bind::bools(marks.iter().map(|new| new.mark.keeps_metadata)))
    .bind(Bind::bools(marks.iter().map(|new| new.mark.frozen)))
}

/// Writes marks; one that is there is not weakened.
#[cfg(feature = "sqlite")]
pub(in crate::store) fn insert_sqlite(
    raw: &mut diesel::SqliteConnection,
    marks: &[NewMark],
    now: i64,
) -> QueryResult<()> {
    for new in marks {
        Statement::<()>::new(format!(
            "INSERT INTO djstripe_redaction {COLUMNS} VALUES (?, ?, ?, ?, ?, ?, ?, ?){ON_CONFLICT}"
        ))
        .bind(&*new.id)
        .bind(&*new.object)
        .bind(&*new.scope.0)
        .bind(new.scope.1)
        .bind(&*new.mark.customer)
        .bind(now)
        .bind(new.mark.keeps_metadata)
        .bind(new.mark.frozen)
        .execute_on(raw)?;
    }
    Ok(())
}

impl Store {
    /// Those of these objects that are a forgotten customer's.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn redacted(
        &self,
        scope: &Scope,
        object: &str,
        ids: &[&str],
    ) -> Result<BTreeSet<String>, StoreError> {
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        let (one_of, ids) = self.one_of(ids);
        let select = Statement::<Text>::new(format!(
            "SELECT id FROM djstripe_redaction WHERE id {one_of} AND object = ? AND account = ? AND livemode = ?"
        ))
        .bind(ids)
        .bind(object.to_owned())
        .bind(scope.account.clone())
        .bind(scope.livemode);
        let ids: Vec<String> = load!(self, READ, select)?;
        Ok(ids.into_iter().collect())
    }

    /// The accounts and modes in which the mirror has a customer with this id, or has forgotten one.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn scopes_of_customer(&self, id: &str) -> Result<Vec<Scope>, StoreError> {
        let select = Statement::<(Text, Bool)>::new(
            "SELECT account, livemode FROM stripe_customer WHERE id = ? \
             UNION SELECT account, livemode FROM djstripe_redaction WHERE id = ? AND object = 'customer' \
             ORDER BY 1, 2",
        )
        .bind(id.to_owned())
        .bind(id.to_owned());
        let scopes: Vec<(String, bool)> = load!(self, READ, select)?;
        let scope = |(account, livemode)| Scope { account, livemode };
        Ok(scopes.into_iter().map(scope).collect())
    }

    /// Type and id of the objects of a customer that are marked.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn marked_objects(
        &self,
        scope: &Scope,
        customer: &str,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let select = Statement::<(Text, Text)>::new(
            "SELECT object, id FROM djstripe_redaction WHERE customer = ? AND account = ? AND livemode = ?",
        )
        .bind(customer.to_owned())
        .bind(scope.account.clone())
        .bind(scope.livemode);
        load!(self, READ, select)
    }

    /// Marks objects of a type, so that nothing personal of them is written from now on: when this
    /// returns, every write that did not know of the marks is committed.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; [`StoreError::RedactionWaits`] if other
    /// transactions stay open for a minute.
    pub(crate) async fn mark_redacted(
        &self,
        scope: &Scope,
        customer: &str,
        object: &str,
        ids: &[&str],
        keeps_metadata: bool,
    ) -> Result<(), StoreError> {
        let mark = Mark::frozen(customer, keeps_metadata);
        let marks: Vec<NewMark> = ids
            .iter()
            .map(|id| NewMark {
                scope: (scope.account.clone(), scope.livemode),
                object: object.to_owned(),
                id: (*id).to_owned(),
                mark: mark.clone(),
            })
            .collect();
        let now = Timestamp::now().micros();
        match self.database() {
            #[cfg(feature = "postgres")]
            crate::store::backend::store::Database::Postgres(database) => {
                for _ in 0..ATTEMPTS {
                    let mut pooled = database.get().await?;
                    let started = Instant::now();
                    match mark_postgres(pooled.connection()?, &marks, now).await {
                        Ok(()) => return Ok(()),
                        Err(error) if is_limit_reached(&error, started.elapsed(), LOCK_LIMIT) => {
                            drop(pooled);
                            tokio::time::sleep(PAUSE).await;
                        }
                        Err(error) => return Err(StoreError::query(WRITE)(error)),
                    }
                }
                Err(StoreError::RedactionWaits)
            }
            #[cfg(feature = "sqlite")]
            crate::store::backend::store::Database::Sqlite(database) => {
                let write =
                    move |raw: &mut diesel::SqliteConnection| insert_sqlite(raw, &marks, now);
                database.write(WRITE, write).await
            }
        }
    }
}

/// How often a mark is tried.
#[cfg(feature = "postgres")]
const ATTEMPTS: u32 = 40;
#[cfg(feature = "postgres")]
const PAUSE: Duration = Duration::from_millis(500);
/// How long an attempt waits for the lock, and others behind it.
#[cfg(feature = "postgres")]
const LOCK_LIMIT: Duration = Duration::from_secs(1);

/// The lock waits for transactions that have looked for marks, and those that look later see these.
#[cfg(feature = "postgres")]
async fn mark_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    marks: &[NewMark],
    now: i64,
) -> QueryResult<()> {
    use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};

    connection
        .transaction(async |connection| {
            let lock = format!(
                "SET LOCAL lock_timeout = {}; LOCK TABLE djstripe_redaction IN ACCESS EXCLUSIVE MODE",
                LOCK_LIMIT.as_millis()
            );
            connection.batch_execute(&lock).await?;
            insert_postgres(marks, now).execute(connection).await.map(drop)
        })
        .await
}
