//! Rows of objects and of their children, in one transaction.
//!
//! In: observations of objects, each with the children that it shows. Out: rows. Of a parent that
//! the mirror knows newer, the children are those of its row; a complete list ends the children
//! that it no longer shows, and so does the deletion of the parent.
//!
//! Every transaction takes parents before children, the tables in the order of their names and the
//! rows in the order of their keys, so that no two transactions wait for each other.

use std::collections::{BTreeMap, HashSet};

use super::object_key::child_row_id;
use super::references::{Children, contents, owned_tables};
use crate::receiver::writes::{ChildWrite, ChildrenWrite, RowWrite};
use crate::store::{
    CompleteList, Db, ObjectRow, Parent, RowKey, StoreError, StoredObject, TableName, Unstorable,
    Upserted,
};
use crate::timestamp::Timestamp;

/// An observation and whose it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScopedRow<'w> {
    pub(crate) account: &'w str,
    pub(crate) livemode: bool,
    /// The event that brought it.
    pub(crate) event_id: &'w str,
    pub(crate) row: &'w RowWrite,
}

/// A child to write, and the list that ended it if it has ended.
struct Child<'w> {
    parent: ScopedRow<'w>,
    child: &'w ChildWrite,
    ended_at: Option<Timestamp>,
}

/// Writes observations and their children. The results are in the order of the rows.
pub(crate) async fn write_rows(
    db: &mut Db<'_>,
    rows: &[ScopedRow<'_>],
) -> Result<Vec<Result<Upserted, Unstorable>>, StoreError> {
    let outcomes = write_parents(db, rows).await?;

    let mut children: BTreeMap<TableName, Vec<Child<'_>>> = BTreeMap::new();
    let mut lists: BTreeMap<TableName, Vec<CompleteList>> = BTreeMap::new();
    for (scoped, outcome) in rows.iter().zip(&outcomes) {
        match outcome {
            Ok(Upserted::Stale) if scoped.row.children.is_empty() => {}
            Ok(Upserted::Stale) => {
                let stored = stored_children(db, scoped).await?;
                add_stale(scoped, stored, &mut children);
            }
            Ok(_) => add_current(scoped, &mut children, &mut lists),
            Err(_) => {}
        }
    }

    write_children(db, children).await?;
    for (table, lists) in lists {
        db.end_children(table, lists).await?;
    }
    Ok(outcomes)
}

async fn write_parents(
    db: &mut Db<'_>,
    rows: &[ScopedRow<'_>],
) -> Result<Vec<Result<Upserted, Unstorable>>, StoreError> {
    let mut tables: BTreeMap<TableName, Vec<usize>> = BTreeMap::new();
    for (index, scoped) in rows.iter().enumerate() {
        tables.entry(scoped.row.table).or_default().push(index);
    }

    let mut outcomes: Vec<Result<Upserted, Unstorable>> = vec![Ok(Upserted::Stale); rows.len()];
    for (table, indexes) in tables {
        let lists: Vec<RowLists> = indexes
            .iter()
            .map(|index| RowLists::of(rows[*index].row))
            .collect();
        let observations: Vec<ObjectRow<'_>> = indexes
            .iter()
            .zip(&lists)
            .map(|(index, lists)| object_row(&rows[*index], lists))
            .collect();
        let upserted = db.upsert_objects(table, &observations).await?;
        for (index, outcome) in indexes.into_iter().zip(upserted) {
            outcomes[index] = outcome;
        }
    }
    Ok(outcomes)
}

/// Columns of a row that hold several values, separated by commas.
pub(super) struct RowLists {
    incomplete: Option<String>,
    pub(super) events: Option<String>,
}

impl RowLists {
    pub(super) fn of(row: &RowWrite) -> Self {
        let joined = |values: &[String]| (!values.is_empty()).then(|| values.join(","));
        Self {
            incomplete: joined(&row.incomplete),
            events: joined(&row.events),
        }
    }
}

fn object_row<'w>(scoped: &ScopedRow<'w>, lists: &'w RowLists) -> ObjectRow<'w> {
    let row = scoped.row;
    ObjectRow {
        account: scoped.account,
        livemode: scoped.livemode,
        id: &row.id,
        stripe_data: &row.json,
        api_version: row.api_version.as_deref(),
        observed_at: row.observed_at,
        deleted: row.deleted,
        source: row.source,
        incomplete: lists.incomplete.as_deref(),
        events: lists.events.as_deref(),
        undecided: row.undecided,
        event_id: Some(scoped.event_id),
        ..ObjectRow::default()
    }
}

/// What the row of a parent says about its children.
struct StoredChildren {
    observed_at: Timestamp,
    /// The ids of the children in each table whose list is complete.
    complete: Vec<(TableName, HashSet<String>)>,
}

/// What the parent's row says about its children; `None` if the row is gone.
async fn stored_children(
    db: &mut Db<'_>,
    scoped: &ScopedRow<'_>,
) -> Result<Option<StoredChildren>, StoreError> {
    let key = RowKey {
        table: scoped.row.table,
        account: scoped.account.to_owned(),
        livemode: scoped.livemode,
        id: scoped.row.id.clone(),
    };
    let stored = db.stored_object(&key).await?;
    Ok(stored.map(|stored| StoredChildren::read(&stored, scoped.row)))
}

impl StoredChildren {
    fn read(stored: &StoredObject, row: &RowWrite) -> Self {
        let complete = if stored.version.is_deleted {
            owned_tables(row.descriptor)
                .map(|table| (table, HashSet::new()))
                .collect()
        } else {
            let api_version = stored.api_version.as_deref();
            let children = contents(&stored.stripe_data).children;
            let complete = children.into_iter().filter(Children::is_complete);
            complete
                .filter_map(|children| {
                    let ids = children
                        .items
                        .iter()
                        .map(|child| child_row_id(child, &row.id, api_version));
                    Some((TableName::new(children.descriptor.table?), ids.collect()))
                })
                .collect()
        };
        Self {
            observed_at: stored.version.observed_at,
            complete,
        }
    }

    /// When the child had ended, if it had.
    fn ended_at(&self, table: TableName, id: &str) -> Option<Timestamp> {
        let mut complete = self.complete.iter();
        let (_, shown) = complete.find(|(complete, _)| *complete == table)?;
        (!shown.contains(id)).then_some(self.observed_at)
    }
}

/// Adds the children of an observation that is older than the parent's row: those that the row
/// doesn't have have ended.
fn add_stale<'w>(
    scoped: &ScopedRow<'w>,
    stored: Option<StoredChildren>,
    children: &mut BTreeMap<TableName, Vec<Child<'w>>>,
) {
    for ChildrenWrite { table, rows, .. } in &scoped.row.children {
        let of_table = children.entry(*table).or_default();
        for child in rows {
            let stored = stored.as_ref();
            of_table.push(Child {
                parent: *scoped,
                child,
                ended_at: stored.and_then(|stored| stored.ended_at(*table, &child.id)),
            });
        }
    }
}

/// Adds the children of the parent's current observation, and what ends the others.
fn add_current<'w>(
    scoped: &ScopedRow<'w>,
    children: &mut BTreeMap<TableName, Vec<Child<'w>>>,
    lists: &mut BTreeMap<TableName, Vec<CompleteList>>,
) {
    for ChildrenWrite {
        table,
        is_complete,
        rows,
    } in &scoped.row.children
    {
        children
            .entry(*table)
            .or_default()
            .extend(rows.iter().map(|child| Child {
                parent: *scoped,
                child,
                ended_at: child.ended.then_some(scoped.row.observed_at),
            }));
        if *is_complete {
            let shown = rows.iter().filter(|child| !child.ended);
            let ids = shown.map(|child| child.id.clone()).collect();
            lists.entry(*table).or_default().push(list(scoped, ids));
        }
    }

    if scoped.row.deleted {
        for table in owned_tables(scoped.row.descriptor) {
            lists
                .entry(table)
                .or_default()
                .push(list(scoped, Vec::new()));
        }
    }
}

fn list(scoped: &ScopedRow<'_>, children: Vec<String>) -> CompleteList {
    CompleteList {
        account: scoped.account.to_owned(),
        livemode: scoped.livemode,
        object: scoped.row.descriptor.object,
        id: scoped.row.id.clone(),
        at: scoped.row.observed_at,
        children,
        event_id: Some(scoped.event_id.to_owned()),
    }
}

async fn write_children(
    db: &mut Db<'_>,
    children: BTreeMap<TableName, Vec<Child<'_>>>,
) -> Result<(), StoreError> {
    for (table, children) in children {
        let rows: Vec<ObjectRow<'_>> = children.iter().map(Child::object_row).collect();
        for (row, outcome) in rows.iter().zip(db.upsert_objects(table, &rows).await?) {
            match outcome {
                Ok(upserted) => tracing::debug!(%table, id = row.id, ?upserted, "mirrored"),
                Err(error) => tracing::warn!(
                    %table,
                    id = row.id,
                    %error,
                    "the database can't hold this object; not mirrored"
                ),
            }
        }
    }
    Ok(())
}

impl<'w> Child<'w> {
    fn object_row(&self) -> ObjectRow<'w> {
        let ScopedRow {
            account,
            livemode,
            event_id,
            row,
        } = self.parent;
        ObjectRow {
            account,
            livemode,
            id: &self.child.id,
            stripe_data: &self.child.json,
            api_version: row.api_version.as_deref(),
            observed_at: row.observed_at,
            source: row.source,
            parent: Some(Parent {
                object: row.descriptor.object,
                id: &row.id,
            }),
            ended_at: self.ended_at,
            undecided: row.undecided,
            event_id: Some(event_id),
            ..ObjectRow::default()
        }
    }
}
