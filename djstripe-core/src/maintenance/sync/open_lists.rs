//! What the rest of a list says about the objects around it. Does no IO.
//!
//! In: a page of the rest, or the fact that it can't be read. Out: rows that know their parent, or
//! that they are incomplete.

use super::page::{Page, Row, RowParent};
use crate::mirror::references::PartialList;
use crate::store::TableName;

impl Page {
    /// Makes the items of this page children of an object. Returns their ids.
    pub(super) fn own_items(&mut self, parent: &RowParent, table: TableName) -> Vec<String> {
        let items = self
            .rows
            .iter_mut()
            .filter(|row| row.table == table && row.parent.is_none());
        items
            .map(|row| {
                row.parent = Some(parent.clone());
                row.id.clone()
            })
            .collect()
    }

    /// Notes that an object has only the first page of a list.
    pub(super) fn note_incomplete(&mut self, list: PartialList) {
        let Some((owner, id)) = list.owner else {
            return;
        };
        let is_owner = |row: &&mut Row| row.object == owner.object && row.id == id;
        if let Some(row) = self.rows.iter_mut().find(is_owner) {
            row.incomplete.push(list.path);
        }
    }
}
