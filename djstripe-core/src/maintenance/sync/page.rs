//! Parses a page of a list into rows. Does no IO.
//!
//! In: the body of a response. Out: rows that point into that body, so that nothing of it is copied
//! before it is written; the bounds of the page; and the lists inside its objects whose rest has to
//! be requested.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use djstripe_models::{DESCRIPTORS, ModelDescriptor, descriptor};
use serde::Deserialize;
use serde_json::value::RawValue;

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
    /// Lists inside its objects that are incomplete and hold objects without a list of their own.
    pub(super) incomplete: Vec<PartialList>,
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
    json: Json,
}

/// Type and id of the object that owns a child.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowParent {
    pub(super) object: &'static str,
    pub(super) id: String,
}

/// All children that an object has in one table.
#[derive(Debug)]
pub(super) struct PageList {
    pub(super) table: TableName,
    pub(super) parent: RowParent,
    pub(super) ids: Vec<String>,
}

#[derive(Debug)]
enum Json {
    /// This part of the body.
    Within(Range<usize>),
    /// The item without its expanded lists.
    Without(String),
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
        let mut page = Self {
            body: String::new(),
            rows: vec![],
            without_id: 0,
            bounds: PageBounds::default(),
            lists: vec![],
            incomplete: vec![],
            started_at,
        };
        let Body { data, has_more } = serde_json::from_str(&body)?;
        let mut positions = Vec::with_capacity(data.len());

        for item in &data {
            let head = RawHead::parse(item.get())?;
            let own = head
                .object
                .as_deref()
                .and_then(descriptor)
                .unwrap_or(listed);
            let (Some(table), Some(id)) = (own.table, head.id) else {
                page.without_id += 1;
                continue;
            };
            positions.push(SyncPosition {
                id: id.clone().into_owned(),
                at: head.created,
            });

            if !is_off(own.object) {
                let (id, table) = (id.into_owned(), TableName::new(table));
                let parent = RowParent {
                    object: own.object,
                    id: id.clone(),
                };
                let json = page.add_embedded(&body, item, &parent, expanded, &is_off)?;
                page.rows.push(Row {
                    object: own.object,
                    table,
                    id,
                    deleted: head.deleted,
                    source: RowSource::Fetched,
                    parent: None,
                    json,
                });
            }
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
            if let Some(table) = descriptor
                .table
                .filter(|_| is_row(descriptor) && !is_off(descriptor.object))
            {
                self.rows.push(Row {
                    object: descriptor.object,
                    table: TableName::new(table),
                    id,
                    deleted: false,
                    source: embedded_source(descriptor, parent.object),
                    parent: None,
                    json: Json::Within(position(body, json)),
                });
            }
        }

        let holds_rows = |list: &PartialList| {
            list.last
                .as_ref()
                .is_none_or(|(descriptor, _)| is_row(descriptor))
        };
        self.incomplete
            .extend(partial_lists.into_iter().filter(holds_rows));
        Ok(json)
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
                json: Json::Within(position(body, child.json)),
            });
        }
        if children.is_complete {
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
        _ if descriptor.object == "tax_id" => RowSource::Fetched,
        _ => RowSource::Copy,
    }
}

/// Whether embedded objects of this type become rows. All other types have a list of their own.
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

/// The position of a part in the string that it was taken from.
fn position(whole: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    start..start + part.len()
}

fn objects_in(json: &str) -> usize {
    json.matches("\"object\"").count()
}

/// An object without some of its fields, and how often these fields say `"object"` although their
/// lists are empty.
fn without(json: &str, fields: &[&str]) -> Result<(Json, usize), serde_json::Error> {
    let Members(members) = serde_json::from_str(json)?;
    let mut out = String::with_capacity(json.len());
    let mut in_empty_lists = 0;

    for (key, value) in members {
        if fields.contains(&&*key) {
            #[derive(Deserialize)]
            struct List<'j> {
                #[serde(borrow)]
                data: Vec<&'j RawValue>,
            }
            let list: Option<List<'_>> = serde_json::from_str(value.get()).ok();
            if list.is_some_and(|list| list.data.is_empty()) {
                in_empty_lists += objects_in(value.get());
            }
            continue;
        }

        out.push(if out.is_empty() { '{' } else { ',' });
        out.push_str(&serde_json::to_string(&key)?);
        out.push(':');
        out.push_str(value.get());
    }

    out.push_str(if out.is_empty() { "{}" } else { "}" });
    Ok((Json::Without(out), in_empty_lists))
}

/// The members of an object, in order.
struct Members<'j>(Vec<(Cow<'j, str>, &'j RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                #[derive(Deserialize)]
                #[serde(transparent)]
                struct Key<'j>(#[serde(borrow)] Cow<'j, str>);

                let mut members = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    members.push((key, value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
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
    fn each_item_is_a_row_and_so_is_what_has_no_list_of_its_own() {
        let item = json!({ "id": "si_1", "object": "subscription_item", "price": { "id": "p", "object": "price" } });
        let items = json!({ "object": "list", "data": [item], "has_more": true, "url": "/v1/subscription_items?subscription=s" });
        let subscription =
            json!({ "id": "s", "object": "subscription", "created": 7, "items": items });

        let page = read("subscription", &[], json!([subscription]));

        assert_eq!(
            rows(&page),
            [
                ("subscription_item", "si_1", item),
                ("subscription", "s", subscription)
            ]
        );
        assert_eq!(page.incomplete.len(), 1);
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
        assert_eq!((page.rows.len(), page.incomplete.len()), (1, 0));
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
