//! The mirror's tables: how many rows each has, pages of them, and what refers to an object.

use std::collections::HashMap;

use diesel::sql_types::{BigInt, Bool, Integer, Text};
use djstripe_models::{ColumnKind, DESCRIPTORS, ModelDescriptor};

use super::counted::{COUNT_LIMIT, Counted};
use super::events::READ_LIMIT;
use super::limit::{OperatorQueries, load_limited};
use crate::store::backend::connection::Backend;
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;
use crate::store::migration::tables::MirrorTables;
use crate::store::objects::listing::{
    BY_KEY, ListedObject, ListedTypes, ObjectFilter, filtered, is_indexed, with_index,
};
use crate::store::row::TableName;

const COUNT: &str = "count the rows of the mirror";
const LIST: &str = "list objects";
const REFERRERS: &str = "list what refers to an object";

/// How many rows a page has if its filter doesn't say.
const PAGE: u32 = 50;

/// What PostgreSQL knows of its tables from their last analysis; -1 before it.
const ESTIMATES: &str = "SELECT relname::text, reltuples::bigint FROM pg_class \
     WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('djstripe_queue')) \
         AND relkind = 'r' AND relname LIKE 'stripe\\_%'";

/// A type of objects, and how many rows its table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeRows {
    /// The type.
    pub object: &'static str,
    /// Its table.
    pub table: &'static str,
    /// How many rows there are, tombstones included.
    pub rows: Counted,
    /// Whether that is the estimate of PostgreSQL's statistics.
    pub is_estimate: bool,
}

/// A place in a list of rows: the account, mode and id of the row before it.
pub type RowPosition = (String, bool, String);

/// A page of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowPage {
    /// The rows, in the order of their keys.
    pub rows: Vec<ListedObject>,
    /// Where the next page begins: the filter's `after`. `None` if there is none.
    pub next: Option<RowPosition>,
    /// How many rows were read, if the page ended because of that and is not full.
    pub read: Option<u32>,
}

/// A row that refers to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// The type of the row.
    pub object: &'static str,
    /// The column that names the object.
    pub column: &'static str,
    /// The id of the row.
    pub id: String,
}

/// The rows that refer to an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Referrers {
    /// The rows, by type, column and id.
    pub rows: Vec<Referrer>,
    /// The types and columns of which there are more.
    pub cut: Vec<(&'static str, &'static str)>,
}

impl OperatorQueries {
    /// The types of objects whose tables the database has, and how many rows those have. Small tables are
    /// counted; of large ones there is an estimate on PostgreSQL, and a lower bound on SQLite.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn object_types(&self) -> Result<Vec<TypeRows>, StoreError> {
        let tables = self.store().mirror_tables().await?;
        let estimates = self.estimates().await?;
        let large = |table: &str| {
            let estimate = estimates.get(table).copied().unwrap_or_default();
            u64::try_from(estimate)
                .ok()
                .filter(|rows| *rows > u64::from(COUNT_LIMIT))
        };
        let mut types: Vec<TypeRows> = with_table(&tables)
            .map(|(descriptor, table)| {
                let estimate = large(table);
                TypeRows {
                    object: descriptor.object,
                    table,
                    rows: Counted::exactly(estimate.unwrap_or_default()),
                    is_estimate: estimate.is_some(),
                }
            })
            .collect();
        types.sort_unstable_by_key(|it| it.object);

        let mut select = Statement::<(Integer, BigInt)>::new("");
        let mut union = "";
        let small = types.iter().enumerate();
        for (number, TypeRows { table, .. }) in small.filter(|(_, it)| !it.is_estimate) {
            let table = TableName::new(table);
            let most = COUNT_LIMIT + 1;
            select = select.sql(&format!(
                "{union}SELECT {number}, count(*) FROM (SELECT 1 FROM {table} LIMIT {most}) AS one"
            ));
            union = " UNION ALL ";
        }
        if union.is_empty() {
            return Ok(types);
        }
        let counts: Vec<(i32, i64)> = load_limited!(self, COUNT, select)?;
        for (number, count) in counts {
            let place = usize::try_from(number).ok();
            if let Some(of) = place.and_then(|place| types.get_mut(place)) {
                of.rows = Counted::up_to(COUNT_LIMIT, count.unsigned_abs());
            }
        }
        Ok(types)
    }

    async fn estimates(&self) -> Result<HashMap<String, i64>, StoreError> {
        if self.store().backend() == Backend::Sqlite {
            return Ok(HashMap::new());
        }
        let select = Statement::<(Text, BigInt)>::new(ESTIMATES);
        let rows: Vec<(String, i64)> = load_limited!(self, COUNT, select)?;
        Ok(rows.into_iter().collect())
    }

    /// A page of the rows that a filter finds, in the order of [`Store::objects`](crate::store::Store::objects).
    /// If a column of the filter has no index, at most [`READ_LIMIT`] rows are read.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn row_page(
        &self,
        table: TableName,
        filter: &ObjectFilter,
    ) -> Result<RowPage, StoreError> {
        let limit = filter.limit.unwrap_or(PAGE);
        let one_more = ObjectFilter {
            limit: Some(limit.saturating_add(1)),
            ..filter.clone()
        };
        // First, because the rows of the page may leave it meanwhile: then some are listed twice, and none
        // is left out.
        let end = self.end_of_read(table, filter).await?;
        let select: Statement<'static, ListedTypes> = self.store().select_objects(table).await?;
        let select = filtered(select, table, &one_more, most_read(table, filter));
        let rows: Vec<(String, bool, String, String)> = load_limited!(self, LIST, select)?;
        let mut page = RowPage {
            rows: rows.into_iter().map(ListedObject::from).collect(),
            ..RowPage::default()
        };
        if page.rows.len() > limit as usize {
            page.rows.truncate(limit as usize);
            page.next = page.rows.last().map(|last| {
                let (account, id) = (last.account.clone(), last.id.clone());
                (account, last.livemode, id)
            });
        } else {
            page.read = end.is_some().then_some(READ_LIMIT);
            page.next = end;
        }
        Ok(page)
    }

    /// The number of rows that a filter finds, up to a limit. The filter's own limit doesn't count. If too
    /// many have to be read for it, it is a lower bound.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn count_object_rows(
        &self,
        table: TableName,
        filter: &ObjectFilter,
        limit: u32,
    ) -> Result<Counted, StoreError> {
        let up_to = ObjectFilter {
            limit: Some(limit.saturating_add(1)),
            ..filter.clone()
        };
        let select = Statement::<Text>::new("SELECT id");
        let select = filtered(select, table, &up_to, most_read(table, filter));
        let mut counted = self.counted(select.counted(), limit).await?;
        if !counted.is_more {
            counted.is_more = self.end_of_read(table, filter).await?.is_some();
        }
        Ok(counted)
    }

    /// The last row that was read, if there may be more.
    async fn end_of_read(
        &self,
        table: TableName,
        filter: &ObjectFilter,
    ) -> Result<Option<RowPosition>, StoreError> {
        let Some(most) = most_read(table, filter) else {
            return Ok(None);
        };
        let select = Statement::<(Text, Bool, Text)>::new("SELECT account, livemode, id");
        let select =
            with_index(select, table, filter).sql(&format!("{BY_KEY} LIMIT 1 OFFSET {}", most - 1));
        let last: Vec<RowPosition> = load_limited!(self, LIST, select)?;
        Ok(last.into_iter().next())
    }

    /// The rows of the same account and mode that name an object in an indexed column, at most `each` of
    /// a type and column. Tombstones are left out.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn referrers(
        &self,
        object: &str,
        account: &str,
        livemode: bool,
        id: &str,
        each: u32,
    ) -> Result<Referrers, StoreError> {
        let tables = self.store().mirror_tables().await?;
        let places: Vec<_> = with_table(&tables)
            .flat_map(|(descriptor, table)| {
                let columns = naming_columns(descriptor, object);
                columns.map(move |column| (descriptor.object, table, column))
            })
            .collect();
        let mut select = Statement::<(Integer, Text)>::new("");
        for (number, (_, table, column)) in places.iter().enumerate() {
            let union = if number == 0 { "" } else { " UNION ALL " };
            let (table, most) = (TableName::new(table), u64::from(each) + 1);
            select = select
                .sql(&format!(
                    "{union}SELECT * FROM (SELECT {number}, id FROM {table} WHERE \"{column}\" = ? AND account = ? \
                     AND livemode = ? AND deleted_at IS NULL ORDER BY id LIMIT {most}) AS of_{number}"
                ))
                .bind(id.to_owned())
                .bind(account.to_owned())
                .bind(livemode);
        }
        if places.is_empty() {
            return Ok(Referrers::default());
        }

        let rows: Vec<(i32, String)> = load_limited!(self, REFERRERS, select)?;
        let mut of_place: Vec<Vec<String>> = vec![Vec::new(); places.len()];
        for (number, id) in rows {
            let place = usize::try_from(number).ok();
            if let Some(ids) = place.and_then(|place| of_place.get_mut(place)) {
                ids.push(id);
            }
        }
        let mut found = Referrers::default();
        for ((object, _, column), mut ids) in places.into_iter().zip(of_place) {
            if ids.len() > each as usize {
                ids.truncate(each as usize);
                found.cut.push((object, column));
            }
            let rows = ids.into_iter().map(|id| Referrer { object, column, id });
            found.rows.extend(rows);
        }
        Ok(found)
    }
}

/// How many rows are read at most, if a column of the filter has no index.
fn most_read(table: TableName, filter: &ObjectFilter) -> Option<u32> {
    let mut columns = filter.columns.iter();
    let has_all = columns.all(|(column, _)| is_indexed(table, column));
    (!has_all).then_some(READ_LIMIT)
}

/// The types of objects whose tables the database has.
fn with_table(
    tables: &MirrorTables,
) -> impl Iterator<Item = (&'static ModelDescriptor, &'static str)> {
    let descriptors = DESCRIPTORS.iter();
    let with_table = descriptors.filter_map(|descriptor| Some((descriptor, descriptor.table?)));
    with_table.filter(|(_, table)| tables.contains(table))
}

/// The indexed columns of a type that name objects of another one.
fn naming_columns(
    descriptor: &'static ModelDescriptor,
    object: &str,
) -> impl Iterator<Item = &'static str> {
    let columns = descriptor.columns.iter();
    let naming = columns.filter(move |column| {
        let is_named = descriptor.references.iter().any(|reference| {
            reference.objects.contains(&object) && column.paths.contains(&reference.path)
        });
        column.kind == ColumnKind::Id && column.indexed && is_named
    });
    naming.map(|column| column.name)
}
