//! One page of a list, read: which rows it makes. Does no IO.
//!
//! In: the text of an answer. Out: rows that point into that text, so that nothing of it is copied before it is written;
//! where the list goes on; and the lists within its objects that go on elsewhere.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use djstripe_models::{DESCRIPTORS, ModelDescriptor, descriptor};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::range::Seen;
use crate::maintenance::lists::{Reach, reach};
use crate::mirror::references::{Contents, PartialList, contents};
use crate::store::{SyncPosition, TableName};
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

/// A page whose rows are to be written.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    pub(super) rows: Vec<Row>,
    /// Items that can't be rows, as they have no id.
    pub(super) nameless: usize,
    pub(super) seen: Seen,
    /// Lists in its objects that go on elsewhere and hold what has no list of its own.
    pub(super) cuts: Vec<PartialList>,
    /// When the request was begun: the contents are at least as new.
    pub(super) started_at: Timestamp,
}

/// A row to write.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) object: &'static str,
    pub(super) table: TableName,
    pub(super) id: String,
    pub(super) deleted: bool,
    json: Json,
}

#[derive(Debug)]
enum Json {
    /// A part of the page's text.
    Within(Range<usize>),
    /// Without what was asked for beside it.
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
    /// Reads a page of a list of `listed`; of its objects, the fields `expanded` were asked for and are no part of them.
    /// Types of object for which `is_off` holds make no rows.
    ///
    /// # Errors
    /// If it isn't a list.
    pub(super) fn read(
        text: String,
        started_at: Timestamp,
        listed: &'static ModelDescriptor,
        expanded: &[&str],
        is_off: impl Fn(&str) -> bool,
    ) -> Result<Self, serde_json::Error> {
        let mut page = Self {
            text: String::new(),
            rows: vec![],
            nameless: 0,
            seen: Seen::default(),
            cuts: vec![],
            started_at,
        };
        let Body { data, has_more } = serde_json::from_str(&text)?;
        let mut marks = Vec::with_capacity(data.len());
        for item in &data {
            let head = RawHead::parse(item.get())?;
            let own = head
                .object
                .as_deref()
                .and_then(descriptor)
                .unwrap_or(listed);
            let (Some(table), Some(id)) = (own.table, head.id) else {
                page.nameless += 1;
                continue;
            };
            marks.push(SyncPosition {
                id: id.clone().into_owned(),
                at: head.created,
            });
            if !is_off(own.object) {
                let json = page.embedded(&text, item, expanded, &is_off)?;
                let (id, table) = (id.into_owned(), TableName::new(table));
                page.rows.push(Row {
                    object: own.object,
                    table,
                    id,
                    deleted: head.deleted,
                    json,
                });
            }
        }
        page.seen = Seen {
            count: data.len(),
            has_more,
            first: marks.first().cloned(),
            last: marks.pop(),
        };
        page.text = text;
        Ok(page)
    }

    /// Adds rows for what is embedded in an item; returns what the item itself is.
    fn embedded(
        &mut self,
        text: &str,
        item: &RawValue,
        expanded: &[&str],
        is_off: impl Fn(&str) -> bool,
    ) -> Result<Json, serde_json::Error> {
        let (json, beside) = match expanded {
            [] => (Json::Within(place(text, item.get())), 0),
            _ => without(item.get(), expanded)?,
        };
        // Most objects name no other object: they needn't be looked through.
        if objects_in(item.get()) > 1 + beside {
            let Contents {
                embedded,
                partial_lists,
                ..
            } = contents(item.get());
            for (descriptor, id, json) in embedded {
                if let Some(table) = descriptor
                    .table
                    .filter(|_| is_row(descriptor) && !is_off(descriptor.object))
                {
                    let (table, json) = (TableName::new(table), Json::Within(place(text, json)));
                    self.rows.push(Row {
                        object: descriptor.object,
                        table,
                        id,
                        deleted: false,
                        json,
                    });
                }
            }
            let goes_on = |cut: &PartialList| {
                cut.last
                    .as_ref()
                    .is_none_or(|(descriptor, _)| is_row(descriptor))
            };
            self.cuts.extend(partial_lists.into_iter().filter(goes_on));
        }
        Ok(json)
    }

    /// The JSON of a row.
    pub(super) fn json<'p>(&'p self, row: &'p Row) -> &'p str {
        match &row.json {
            Json::Within(range) => &self.text[range.clone()],
            Json::Without(text) => text,
        }
    }
}

/// Whether objects of this type become rows where they are embedded in others: those of all other types have a list.
fn is_row(descriptor: &ModelDescriptor) -> bool {
    static EMBEDDED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        let is_listed =
            |descriptor: &'static ModelDescriptor| matches!(reach(descriptor), Reach::Listed(_));
        // The list of tax ids holds the account's own only.
        let embedded = DESCRIPTORS
            .iter()
            .filter(|of| of.table.is_some() && (!is_listed(of) || of.object == "tax_id"));
        embedded.map(|descriptor| descriptor.object).collect()
    });
    EMBEDDED.contains(descriptor.object)
}

/// Where a part of a text stands in it.
fn place(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.len()
}

fn objects_in(json: &str) -> usize {
    json.matches("\"object\"").count()
}

/// An object without some of its fields, and how many objects these name although they are empty lists.
fn without(json: &str, fields: &[&str]) -> Result<(Json, usize), serde_json::Error> {
    let Members(members) = serde_json::from_str(json)?;
    let mut out = String::with_capacity(json.len());
    let mut empty = 0;
    for (key, value) in members {
        if fields.contains(&&*key) {
            #[derive(Deserialize)]
            struct List<'j> {
                #[serde(borrow)]
                data: Vec<&'j RawValue>,
            }
            let list: Option<List<'_>> = serde_json::from_str(value.get()).ok();
            if list.is_some_and(|list| list.data.is_empty()) {
                empty += objects_in(value.get());
            }
            continue;
        }
        out.push(if out.is_empty() { '{' } else { ',' });
        out.push_str(&serde_json::to_string(&key)?);
        out.push(':');
        out.push_str(value.get());
    }
    out.push_str(if out.is_empty() { "{}" } else { "}" });
    Ok((Json::Without(out), empty))
}

/// The members of an object, in their order.
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
        assert_eq!(page.cuts.len(), 1);
        let mark = Some(SyncPosition {
            id: "s".to_owned(),
            at: Some(7),
        });
        assert_eq!(
            page.seen,
            Seen {
                first: mark.clone(),
                last: mark,
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
        // The settings leave cards out.
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
        assert_eq!((page.rows.len(), page.cuts.len()), (1, 0));
    }

    #[test]
    fn what_has_no_id_is_counted() {
        let page = read(
            "charge",
            &[],
            json!([{ "object": "charge" }, { "id": "ch_1" }]),
        );
        assert_eq!((page.rows.len(), page.nameless), (1, 1));
    }
}
