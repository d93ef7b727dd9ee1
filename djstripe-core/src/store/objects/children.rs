//! Children: objects that stand in a list of their parent, and of which no event tells.
//!
//! In: complete lists of a parent, and deletions of parents. Out: the rows of the children that are
//! not in them end. A list says nothing about a child that was observed after it.

use diesel::QueryResult;

use super::versions::snapshot::{EndedBy, ended_children};
use crate::store::backend::connection::Db;
use crate::store::backend::run::on_connection;
#[cfg(feature = "postgres")]
use crate::store::backend::statement::Bind;
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;
use crate::store::row::TableName;
use crate::timestamp::Timestamp;

const END: &str = "end children";

/// What a parent says about its children in one table.
#[derive(Clone, Debug)]
pub(crate) struct CompleteList {
    /// The account of the parent; empty for the platform's own.
    pub(crate) account: String,
    pub(crate) livemode: bool,
    /// Type and id of the parent.
    pub(crate) object: &'static str,
    pub(crate) id: String,
    /// When the parent had these children.
    pub(crate) at: Timestamp,
    /// The ids of the children's rows; none if the parent is deleted.
    pub(crate) children: Vec<String>,
    /// The event that brought it.
    pub(crate) event_id: Option<String>,
}

impl CompleteList {
    fn ended_by(&self) -> EndedBy<'_> {
        EndedBy {
            account: &self.account,
            livemode: self.livemode,
            object: self.object,
            id: &self.id,
            at: self.at.micros(),
            event_id: self.event_id.as_deref(),
        }
    }
}

impl Db<'_> {
    /// Ends the children in `table` that complete lists no longer show.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn end_children(
        &mut self,
        table: TableName,
        lists: Vec<CompleteList>,
    ) -> Result<(), StoreError> {
        if lists.is_empty() {
            return Ok(());
        }
        let now = Timestamp::now().micros();
        let versions: Vec<Statement<'static>> = match self.kept_types().of(table) {
            None => Vec::new(),
            Some(object) => lists
                .iter()
                .map(|list| ended_children(table, object, &list.ended_by(), now))
                .collect(),
        };
        on_connection!(
            self, END,
            postgres(connection) => end_postgres(connection, table, &lists, now),
            sqlite => move |raw| end_sqlite(raw, table, &lists, now),
        )?;
        for version in versions {
            self.execute(END, version).await?;
        }
        Ok(())
    }
}

/// The parents' rows are locked, so two transactions that end the same children don't meet here.
#[cfg(feature = "postgres")]
async fn end_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    table: TableName,
    lists: &[CompleteList],
    now: i64,
) -> QueryResult<()> {
    use diesel_async::RunQueryDsl;

    let end = format!(
        "UPDATE {table} AS child SET deleted_at = list.at, djstripe_updated = ? \
         FROM unnest(?, ?, ?, ?, ?) AS list (account, livemode, object, id, at) \
         WHERE child.account = list.account AND child.livemode = list.livemode \
             AND child.parent_type = list.object AND child.parent_id = list.id \
             AND child.parent_id = ANY (?) AND child.deleted_at IS NULL AND child.observed_at <= list.at \
             AND NOT EXISTS (SELECT 1 FROM unnest(?, ?) AS shown (parent, id) \
                 WHERE shown.parent = list.id AND shown.id = child.id)"
    );
    let ids = || Bind::texts(lists.iter().map(|list| &*list.id));
    let shown = || {
        lists
            .iter()
            .flat_map(|list| list.children.iter().map(|child| (&*list.id, &**child)))
    };

    Statement::<()>::new(end)
        .bind(now)
        .bind(Bind::texts(lists.iter().map(|list| &*list.account)))
        .bind(Bind::bools(lists.iter().map(|list| list.livemode)))
        .bind(Bind::texts(lists.iter().map(|list| list.object)))
        .bind(ids())
        .bind(Bind::big_ints(lists.iter().map(|list| list.at.micros())))
        .bind(ids())
        .bind(Bind::texts(shown().map(|(parent, _)| parent)))
        .bind(Bind::texts(shown().map(|(_, child)| child)))
        .execute(connection)
        .await
        .map(drop)
}

#[cfg(feature = "sqlite")]
fn end_sqlite(
    raw: &mut diesel::SqliteConnection,
    table: TableName,
    lists: &[CompleteList],
    now: i64,
) -> QueryResult<()> {
    let end = format!(
        "UPDATE {table} SET deleted_at = ?, djstripe_updated = ? \
         WHERE account = ? AND livemode = ? AND parent_type = ? AND parent_id = ? \
             AND deleted_at IS NULL AND observed_at <= ? \
             AND id NOT IN (SELECT value FROM json_each(?))"
    );
    for list in lists {
        let shown = serde_json::to_string(&list.children)
            .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
        Statement::<()>::new(end.clone())
            .bind(list.at.micros())
            .bind(now)
            .bind(&*list.account)
            .bind(list.livemode)
            .bind(list.object)
            .bind(&*list.id)
            .bind(list.at.micros())
            .bind(shown)
            .execute_on(raw)?;
    }
    Ok(())
}
