//! Parses a page of a list into rows. Does no IO.
//!
//! In: the body of a response. Out: rows that point into that body, so that nothing of it is copied
//! before it is written; the bounds of the page; and the lists inside its objects whose rest has to
//! be requested.

use std::collections::HashSet;
use std::sync::LazyLock;

use djstripe_models::{DESCRIPTORS, ModelDescriptor, descriptor};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::item_json::{Json, objects_in, position, without};
use super::range::PageBounds;
use crate::maintenance::lists::{Listing, listing};
use crate::mirror::references::{Children, Contents, Embedded, PartialList, contents};
use crate::store::{RowSource, SyncPosition, TableName};
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

/// A page whose rows are to be written.
#[derive(Debug)]
pub(super) struct Page {
    body: String,
    pub(super) rows: Vec<Row>,
    /// Items without an id, which can't be rows.
    pub(super) without_id: usize,
    pub(super) bounds: PageBounds,
    /// Complete lists of the children of its objects.
    pub(super) lists: Vec<PageList>,
    /// Lists inside its objects that go on, and hold objects without a list of their own.
    pub(super) open: Vec<OpenList>,
    /// Parents that show less than all of their lists of children in a table.
    pub(super) partly_shown: HashSet<(RowParent, TableName)>,
    /// When the request was started: the contents are at least as new.
    pub(super) started_at: Timestamp,
}

/// A row to write.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) object: &'static str,
    pub(super) table: TableName,
    pub(super) id: String,
    pub(super) deleted: bool,
    pub(super) source: RowSource,
    /// The object in whose list it stands, if that object owns it.
    pub(super) parent: Option<RowParent>,
    /// Paths of lists of which it has only the first page, and whose rest can't be read.
    pub(super) incomplete: Vec<String>,
    pub(super) json: Json,
}

/// Type and id of the object that owns a child.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RowParent {
    pub(super) object: &'static str,
    pub(super) id: String,
}

/// A list inside an object of which the object has only the first page.
#[derive(Debug)]
pub(super) struct OpenList {
    pub(super) list: PartialList,
    /// The children that the object has of it, if the object owns them.
    pub(super) children: Option<PageList>,
}

/// All children that an object has in one table.
#[derive(Clone, Debug)]
pub(super) struct PageList {
    pub(super) table: TableName,
    pub(super) parent: RowParent,
    pub(super) ids: Vec<String>,
}

impl PageList {
    /// Whose children they are, and in which table.
    pub(super) fn key(&self) -> (RowParent, TableName) {
        (self.parent.clone(), self.table)
    }
}

#[derive(Deserialize)]
struct Body<'j> {
    #[serde(borrow)]
    data: Vec<&'j RawValue>,
    #[serde(default)]
    has_more: bool,
}

impl Page {
    /// Parses a page of a list of `listed`. The fields `expanded` are not part of its objects, and
    /// types of object for which `is_off` holds make no rows.
    ///
    /// # Errors
    /// If `body` isn't a list.
    pub(super) fn read(
        body: String,
        started_at: Timestamp,
        listed: &'static ModelDescriptor,
        expanded: &[&str],
        is_off: impl Fn(&str) -> bool,
    ) -> Result<Self, serde_json::Error> {
        let mut page = Self::empty(started_at);
        let Body { data, has_more } = serde_json::from_str(&body)?;
        let mut positions = Vec::with_capacity(data.len());
        for item in &data {
            positions.extend(page.add_item(&body, item, listed, expanded, &is_off)?);
        }

        page.bounds = PageBounds {
            count: data.len(),
            has_more,
            first: positions.first().cloned(),
            last: positions.pop(),
        };
        page.body = body;
        Ok(page)
    }

    /// Parses an object of type `listed` that was requested alone, as a page of one object.
    ///
    /// # Errors
    /// If `body` isn't an object.
    pub(super) fn read_object(
        body: String,
        started_at: Timestamp,
        listed: &'static ModelDescriptor,
        expanded: &[&str],
        is_off: impl Fn(&str) -> bool,
    ) -> Result<Self, serde_json::Error> {
        let mut page = Self::empty(started_at);
        let item: &RawValue = serde_json::from_str(&body)?;
        let position = page.add_item(&body, item, listed, expanded, &is_off)?;

        page.bounds = PageBounds {
            count: 1,
            has_more: false,
            first: position.clone(),
            last: position,
        };
        page.body = body;
        Ok(page)
    }

    pub(super) fn empty(started_at: Timestamp) -> Self {
        Self {
            body: String::new(),
            rows: vec![],
            without_id: 0,
            bounds: PageBounds::default(),
            lists: vec![],
            open: vec![],
            partly_shown: HashSet::new(),
            started_at,
        }
    }

    /// Adds the rows of an item. Returns its position, if it has an id.
    fn add_item(
        &mut self,
        body: &str,
        item: &RawValue,
        listed: &'static ModelDescriptor,
        expanded: &[&str],
        is_off: &impl Fn(&str) -> bool,
    ) -> Result<Option<SyncPosition>, serde_json::Error> {
        let head = RawHead::parse(item.get())?;
        let own = head
            .object
            .as_deref()
            .and_then(descriptor)
            .unwrap_or(listed);
        let (Some(table), Some(id)) = (own.table, head.id) else {
            self.without_id += 1;
            return Ok(None);
        };
        let id = id.into_owned();

        if !is_off(own.object) {
            let parent = RowParent {
                object: own.object,
                id: id.clone(),
            };
            let json = self.add_embedded(body, item, &parent, expanded, is_off)?;
            self.rows.push(Row {
                object: own.object,
                table: TableName::new(table),
                id: id.clone(),
                deleted: head.deleted,
                source: RowSource::Fetched,
                parent: None,
                incomplete: Vec::new(),
                json,
            });
        }
        Ok(Some(SyncPosition {
            id,
            at: head.created,
        }))
    }

    /// Adds rows for the objects embedded in an item. Returns the JSON of the item itself.
    fn add_embedded(
        &mut self,
        body: &str,
        item: &RawValue,
        parent: &RowParent,
        expanded: &[&str],
        is_off: impl Fn(&str) -> bool,
    ) -> Result<Json, serde_json::Error> {
        let (json, in_empty_lists) = match expanded {
            [] => (Json::Within(position(body, item.get())), 0),
            _ => without(item.get(), expanded)?,
        };

        // Most objects embed no other object, and a search through them would be wasted.
        if objects_in(item.get()) <= 1 + in_empty_lists {
            return Ok(json);
        }
        let Contents {
            children,
            copies,
            partial_lists,
            ..
        } = contents(item.get());
        for children in children {
            self.add_children(body, parent, &children, &is_off);
        }
        for Embedded {
            descriptor,
            id,
            json,
        } in copies
        {
            if let Some(table) = descriptor.table.filter(|_| !is_off(descriptor.object)) {
                self.rows.push(Row {
                    object: descriptor.object,
                    table: TableName::new(table),
                    id,
                    deleted: false,
                    source: embedded_source(descriptor, parent.object),
                    parent: None,
                    incomplete: Vec::new(),
                    json: Json::Within(position(body, json)),
                });
            }
        }

        self.add_open(partial_lists);
        Ok(json)
    }

    /// Adds the lists that go on, without those whose objects have a list of their own.
    fn add_open(&mut self, lists: Vec<PartialList>) {
        let holds_rows = |list: &PartialList| {
            list.last
                .as_ref()
                .is_none_or(|(descriptor, _)| is_row(descriptor))
        };
        for list in lists.into_iter().filter(holds_rows) {
            let children = self.open_children(&list);
            self.open.push(OpenList { list, children });
        }
    }

    /// Adds rows for the children of an object, and their list if it is complete.
    fn add_children(
        &mut self,
        body: &str,
        parent: &RowParent,
        children: &Children<'_>,
        is_off: impl Fn(&str) -> bool,
    ) {
        let Some(table) = children.descriptor.table else {
            return;
        };
        if is_off(children.descriptor.object) {
            return;
        }

        let table = TableName::new(table);
        for child in &children.items {
            self.rows.push(Row {
                object: children.descriptor.object,
                table,
                id: child.id.clone(),
                deleted: false,
                source: RowSource::Fetched,
                parent: Some(parent.clone()),
                incomplete: Vec::new(),
                json: Json::Within(position(body, child.json)),
            });
        }
        if !children.is_whole {
            self.partly_shown.insert((parent.clone(), table));
        }
        if children.is_complete() {
            let ids = children.items.iter().map(|child| child.id.clone());
            self.lists.push(PageList {
                table,
                parent: parent.clone(),
                ids: ids.collect(),
            });
        }
    }

    /// The JSON of a row.
    pub(super) fn json<'p>(&'p self, row: &'p Row) -> &'p str {
        match &row.json {
            Json::Within(range) => &self.body[range.clone()],
            Json::Without(json) => json,
        }
    }
}

/// Where the content of an embedded object comes from. An object that is listed only inside objects
/// of this type is fetched with its list.
fn embedded_source(descriptor: &'static ModelDescriptor, carrier: &str) -> RowSource {
    match listing(descriptor) {
        Listing::Embedded(carriers) if carriers.contains(&carrier) => RowSource::Fetched,
        // Expanded with the customers that have them.
        _ if ["cash_balance", "tax_id"].contains(&descriptor.object) => RowSource::Fetched,
        _ => RowSource::Copy,
    }
}

/// Whether lists inside objects are read to their end for objects of this type. All other types have
/// a list of their own.
fn is_row(descriptor: &ModelDescriptor) -> bool {
    static EMBEDDED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        let is_listed = |descriptor: &'static ModelDescriptor| {
            matches!(listing(descriptor), Listing::Listed(_))
        };
        // The list of tax ids holds only the account's own.
        let embedded = DESCRIPTORS
            .iter()
            .filter(|of| of.table.is_some() && (!is_listed(of) || of.object == "tax_id"));
        embedded.map(|descriptor| descriptor.object).collect()
    });
    EMBEDDED.contains(descriptor.object)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(object: &str, expanded: &[&str], items: Value) -> Page {
        let text =
            json!({ "object": "list", "has_more": true, "url": "/x", "data": items }).to_string();
        Page::read(
            text,
            Timestamp::from_micros(1),
            descriptor(object).unwrap(),
            expanded,
            |object| object == "card",
        )
        .unwrap()
    }

    fn rows(page: &Page) -> Vec<(&'static str, &str, Value)> {
        page.rows
            .iter()
            .map(|row| {
                (
                    row.object,
                    &*row.id,
                    serde_json::from_str(page.json(row)).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn each_item_is_a_row_and_so_is_what_stands_in_it() {
        let price = json!({ "id": "p", "object": "price" });
        let item = json!({ "id": "si_1", "object": "subscription_item", "price": price });
        let items = json!({ "object": "list", "data": [item], "has_more": true, "url": "/v1/subscription_items?subscription=s" });
        let subscription =
            json!({ "id": "s", "object": "subscription", "created": 7, "items": items });

        let page = read("subscription", &[], json!([subscription]));

        assert_eq!(
            rows(&page),
            [
                ("subscription_item", "si_1", item),
                ("price", "p", price),
                ("subscription", "s", subscription)
            ]
        );
        let sources: Vec<RowSource> = page.rows.iter().map(|row| row.source).collect();
        let fetched = RowSource::Fetched;
        assert_eq!(sources, [fetched, RowSource::Copy, fetched]);
        let open = page.open[0].children.as_ref().unwrap();
        assert_eq!(
            (&*open.parent.id, &open.ids[..]),
            ("s", &["si_1".to_owned()][..])
        );
        let position = Some(SyncPosition {
            id: "s".to_owned(),
            at: Some(7),
        });
        assert_eq!(
            page.bounds,
            PageBounds {
                first: position.clone(),
                last: position,
                count: 1,
                has_more: true
            }
        );
    }

    #[test]
    fn what_was_asked_for_beside_an_object_is_no_part_of_it() {
        let list =
            |data: Value| json!({ "object": "list", "data": data, "has_more": false, "url": "/x" });
        let tax_id = json!({ "id": "txi_1", "object": "tax_id" });
        let card = json!({ "id": "card_1", "object": "card" });
        let check = |sources: Value, tax_ids: Value, expected: &[&str]| {
            let customer = json!({ "id": "c", "object": "customer", "name": "\"", "sources": list(sources), "tax_ids": list(tax_ids) });
            let page = read("customer", &["sources", "tax_ids"], json!([customer]));
            let ids: Vec<&str> = page.rows.iter().map(|row| &*row.id).collect();
            assert_eq!(ids, expected);
            assert_eq!(
                rows(&page).pop().unwrap().2,
                json!({ "id": "c", "object": "customer", "name": "\"" })
            );
        };

        check(json!([]), json!([]), &["c"]);
        check(json!([]), json!([tax_id]), &["txi_1", "c"]);
        // The settings leave out cards.
        check(json!([card]), json!([tax_id]), &["txi_1", "c"]);
    }

    #[test]
    fn a_list_within_that_has_a_list_of_its_own_is_not_followed() {
        let refund = json!({ "id": "re_1", "object": "refund" });
        let refunds = json!({ "object": "list", "data": [refund], "has_more": true, "url": "/v1/charges/ch_1/refunds" });
        let page = read(
            "charge",
            &[],
            json!([{ "id": "ch_1", "object": "charge", "refunds": refunds }]),
        );
        assert_eq!((page.rows.len(), page.open.len()), (2, 0));
        assert_eq!(page.rows[0].source, RowSource::Copy);
    }

    #[test]
    fn what_has_no_id_is_counted() {
        let page = read(
            "charge",
            &[],
            json!([{ "object": "charge" }, { "id": "ch_1" }]),
        );
        assert_eq!((page.rows.len(), page.without_id), (1, 1));
    }
}
