//! What one page of a list says: its objects, and those in the lists inside them that are nowhere else.

use std::collections::BTreeMap;

use djstripe_models::{ModelDescriptor, descriptor};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::maintenance::lists::{self, List};
use crate::mirror::id_of;
use crate::store::TableName;
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

/// An object as Stripe tells it, as its row should hold it.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) descriptor: &'static ModelDescriptor,
    pub(super) table: TableName,
    pub(super) id: String,
    pub(super) json: String,
    /// The request that told it was begun then.
    pub(super) at: Timestamp,
    /// Id of the listed object that it came with; its own if it was listed itself.
    pub(super) owner: String,
}

/// The part of a list inside an object that wasn't sent along.
#[derive(Debug)]
pub(super) struct Rest {
    /// The list's own address.
    pub(super) url: String,
    /// The last object that was sent.
    pub(super) after: String,
    pub(super) owner: String,
}

/// What an object of a list says.
#[derive(Debug, Default)]
pub(super) struct Unfolded {
    pub(super) told: Vec<Told>,
    pub(super) rests: Vec<Rest>,
}

#[derive(Deserialize)]
struct Inner<'j> {
    #[serde(default)]
    object: Option<String>,
    #[serde(borrow, default)]
    data: Vec<&'j RawValue>,
    #[serde(default)]
    has_more: bool,
    #[serde(default)]
    url: Option<String>,
}

/// Takes an object of this list apart.
pub(super) fn unfold(list: &List, json: &str, at: Timestamp) -> Unfolded {
    let mut unfolded = Unfolded::default();
    let Ok(mut fields) = serde_json::from_str::<BTreeMap<String, &RawValue>>(json) else {
        return unfolded;
    };
    let Some(id) = fields.get("id").and_then(|id| id_of(id)) else {
        return unfolded;
    };
    // All that is left of a deleted object is no content of it.
    if fields
        .get("deleted")
        .is_some_and(|deleted| deleted.get() == "true")
    {
        return unfolded;
    }
    for (name, value) in &fields {
        let Some(inner) = inner_list(value) else {
            continue;
        };
        // What was asked for as an addition is listed nowhere else.
        let is_addition = list.expand.contains(&&**name);
        let embedded = inner
            .data
            .iter()
            .filter_map(|item| told(item.get(), &id, at));
        let before = unfolded.told.len();
        unfolded.told.extend(
            embedded
                .filter(|told| is_addition || !lists::carriers(told.descriptor.object).is_empty()),
        );
        let last = inner.data.last().and_then(|item| id_of(item));
        if let (true, Some(url), Some(after)) = (
            inner.has_more && unfolded.told.len() > before,
            inner.url,
            last,
        ) {
            unfolded.rests.push(Rest {
                url,
                after,
                owner: id.clone(),
            });
        }
    }
    let json = if fields.keys().any(|name| list.expand.contains(&&**name)) {
        fields.retain(|name, _| !list.expand.contains(&&**name));
        serde_json::to_string(&fields).unwrap_or_default()
    } else {
        json.to_owned()
    };
    if let Some(table) = list.descriptor.table.map(TableName::new) {
        unfolded.told.push(Told {
            descriptor: list.descriptor,
            table,
            id: id.clone(),
            json,
            at,
            owner: id,
        });
    }
    unfolded
}

fn inner_list(value: &RawValue) -> Option<Inner<'_>> {
    if !value.get().starts_with('{') {
        return None;
    }
    serde_json::from_str::<Inner<'_>>(value.get())
        .ok()
        .filter(|inner| inner.object.as_deref() == Some("list"))
}

/// An object inside another, by its own word of what it is.
pub(super) fn told(json: &str, owner: &str, at: Timestamp) -> Option<Told> {
    let head = RawHead::parse(json).ok()?;
    let id = head.id?.into_owned();
    let descriptor = descriptor(&head.object?)?;
    let table = TableName::new(descriptor.table?);
    (!head.deleted).then(|| Told {
        descriptor,
        table,
        id,
        json: json.to_owned(),
        at,
        owner: owner.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::maintenance::lists::Listing;

    fn list(object: &str) -> List {
        match lists::listing(descriptor(object).unwrap()) {
            Listing::Listed(list) => list,
            other => panic!("{object}: {other:?}"),
        }
    }

    #[test]
    fn an_object_is_taken_apart() {
        let check =
            |object: &str, json: &str, told: &[(&str, &str)], own: &str, rests: &[(&str, &str)]| {
                let unfolded = unfold(&list(object), json, Timestamp::from_seconds(1));
                let found: Vec<_> = unfolded
                    .told
                    .iter()
                    .map(|told| (told.descriptor.object, &*told.id))
                    .collect();
                assert_eq!(found, told);
                assert_eq!(unfolded.told.last().map_or("", |told| &told.json), own);
                let found: Vec<_> = unfolded
                    .rests
                    .iter()
                    .map(|rest| (&*rest.url, &*rest.after))
                    .collect();
                assert_eq!(found, rests);
            };
        let plain = r#"{"id":"prod_1","object":"product","name":"x"}"#;
        check("product", plain, &[("product", "prod_1")], plain, &[]);
        let subscription = r#"{"id":"sub_1","object":"subscription","items":{"object":"list","has_more":true,
            "url":"/v1/subscription_items?subscription=sub_1","data":[{"id":"si_1","object":"subscription_item",
            "price":{"id":"price_1","object":"price"}}]}}"#;
        let rest = ("/v1/subscription_items?subscription=sub_1", "si_1");
        let told = [("subscription_item", "si_1"), ("subscription", "sub_1")];
        check("subscription", subscription, &told, subscription, &[rest]);
        // Additions are taken out; what is listed elsewhere and stands inside is not looked at here.
        let customer = r#"{"id":"cus_1","object":"customer","sources":{"object":"list","data":[
            {"id":"card_1","object":"card"}]},"subscriptions":{"object":"list","data":[
            {"id":"sub_1","object":"subscription"}]},"tax_ids":{"object":"list","data":[
            {"id":"txi_1","object":"tax_id"}]}}"#;
        let told = [
            ("card", "card_1"),
            ("tax_id", "txi_1"),
            ("customer", "cus_1"),
        ];
        let own = r#"{"id":"cus_1","object":"customer","subscriptions":{"object":"list","data":[
            {"id":"sub_1","object":"subscription"}]}}"#;
        check("customer", customer, &told, own, &[]);
        check("product", "7", &[], "", &[]);
        check("product", r#"{"object":"product"}"#, &[], "", &[]);
        check(
            "customer",
            r#"{"id":"cus_1","object":"customer","deleted":true}"#,
            &[],
            "",
            &[],
        );
    }
}
