//! What lists that go on, and their rests, say about the objects around them. Does no IO.
//!
//! In: a list that goes on, a page of its rest, or the fact that the rest can't be read. Out: rows
//! that know their parent, or that they are incomplete.

use super::page::{Page, PageList, Row, RowParent};
use crate::mirror::references::PartialList;
use crate::store::TableName;

impl Page {
    /// The children of the type that a list holds, as far as its owner shows them. `None` if the
    /// owner shows less than all of its lists of that type: they don't say who is gone.
    pub(super) fn open_children(&self, list: &PartialList) -> Option<PageList> {
        let child = list.children()?;
        let (owner, id) = list.owner.as_ref()?;
        let parent = RowParent {
            object: owner.object,
            id: id.clone(),
        };
        let table = TableName::new(child.table?);
        if self.partly_shown.contains(&(parent.clone(), table)) {
            return None;
        }

        let of_parent = |row: &&Row| row.table == table && row.parent.as_ref() == Some(&parent);
        let ids = self.rows.iter().filter(of_parent);
        Some(PageList {
            table,
            ids: ids.map(|row| row.id.clone()).collect(),
            parent,
        })
    }

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
