//! What a command changes, read page by page because there can be much of it.
//!
//! In: a selection, by keys or by criteria. Out: pages of selected rows, the newest first.

use super::exit::CommandError;
use crate::store::{Store, StoreError};
use crate::timestamp::Timestamp;

/// Rows that are read, and changed, at a time.
const PAGE: u32 = 500;

/// Where a row stands in the list: its time, and its key among those of that time.
pub(super) type Place = (Timestamp, String);

/// Rows that an operator has selected.
pub(super) trait Selectable {
    type Row;

    /// The keys of the rows, if they are selected by those.
    fn keys(&self) -> &[String];

    /// At most `limit` rows after this place that meet the criteria.
    async fn read(
        &self,
        store: &Store,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Self::Row>, StoreError>;

    /// Whether the row meets those criteria too that the database doesn't know.
    fn has(&self, row: &Self::Row) -> bool;

    fn place(row: &Self::Row) -> Place;
}

/// A selected row.
pub(super) struct Selected<Row> {
    pub(super) key: String,
    /// The row itself, unless it was selected by its key.
    pub(super) row: Option<Row>,
}

/// The selected rows.
pub(super) struct Pages<S> {
    selection: S,
    after: Option<Place>,
    is_done: bool,
}

impl<S: Selectable> Pages<S> {
    pub(super) fn new(selection: S) -> Self {
        Self {
            selection,
            after: None,
            is_done: false,
        }
    }

    /// Leaves out rows that are newer than `newest`: they weren't there when the operator was asked. If
    /// none was, no row met the criteria, and there is no page of them.
    pub(super) fn until(mut self, newest: Option<Timestamp>) -> Self {
        self.is_done = newest.is_none() && self.selection.keys().is_empty();
        self.after = newest.map(|time| (Timestamp::from_micros(time.micros() + 1), String::new()));
        self
    }

    /// The next page, which is empty if no row of it is selected; `None` after the last.
    pub(super) async fn next(
        &mut self,
        store: &Store,
    ) -> Result<Option<Vec<Selected<S::Row>>>, CommandError> {
        if self.is_done {
            return Ok(None);
        }
        if !self.selection.keys().is_empty() {
            self.is_done = true;
            let keys = self.selection.keys().iter();
            let selected = keys.map(|key| Selected {
                key: key.clone(),
                row: None,
            });
            return Ok(Some(selected.collect()));
        }

        let page = self.selection.read(store, self.after.take(), PAGE).await?;
        let Some(last) = page.last() else {
            self.is_done = true;
            return Ok(None);
        };
        self.after = Some(S::place(last));
        let selected = page.into_iter().filter(|row| self.selection.has(row));
        let selected = selected.map(|row| Selected {
            key: S::place(&row).1,
            row: Some(row),
        });
        Ok(Some(selected.collect()))
    }
}
