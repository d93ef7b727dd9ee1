//! Takes a listed object apart: the object itself, and the objects in lists inside it that have no
//! list of their own.

use djstripe_models::{ModelDescriptor, descriptor};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::maintenance::lists::{self, List};
use crate::mirror::id_of;
use crate::mirror::ids::Fields;
use crate::mirror::references::value_at;
use crate::store::TableName;
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

/// An object as Stripe returned it, in the form that its row should have.
#[derive(Clone, Debug)]
pub(super) struct ListedObject {
    pub(super) descriptor: &'static ModelDescriptor,
    pub(super) table: TableName,
    pub(super) id: String,
    pub(super) json: String,
    /// When the request was started.
    pub(super) at: Timestamp,
    /// Id of the listed object that embeds it; its own id if it was listed itself.
    pub(super) owner: String,
    /// The type of the owner, if the object is a child that belongs to it.
    pub(super) parent: Option<&'static str>,
}

/// A list inside an object of which Stripe has sent only the first page.
#[derive(Debug)]
pub(super) struct IncompleteList {
    pub(super) url: String,
    /// The last object that was sent.
    pub(super) after: String,
    pub(super) owner: String,
    /// The type of the owner, if its children are what the list holds.
    pub(super) parent: Option<&'static str>,
}

/// A listed object, taken apart.
#[derive(Debug, Default)]
pub(super) struct Unfolded {
    pub(super) objects: Vec<ListedObject>,
    pub(super) incomplete: Vec<IncompleteList>,
}

#[derive(Deserialize)]
struct InnerList<'j> {
    #[serde(default)]
    object: Option<String>,
    #[serde(borrow, default)]
    data: Vec<&'j RawValue>,
    #[serde(default)]
    has_more: bool,
    #[serde(default)]
    url: Option<String>,
}

/// Takes an object of this list apart. A deleted object yields nothing.
pub(super) fn unfold(list: &List, json: &str, at: Timestamp) -> Unfolded {
    let mut unfolded = Unfolded::default();
    let Ok(mut fields) = serde_json::from_str::<Fields<'_>>(json) else {
        return unfolded;
    };
    let Some(id) = fields.get("id").and_then(|id| id_of(id)) else {
        return unfolded;
    };
    let deleted = fields.get("deleted");
    if deleted.is_some_and(|deleted| deleted.get() == "true") {
        return unfolded;
    }

    for (name, value) in &fields {
        if let Some(inner) = inner_list(value) {
            let is_expanded = list.expand.contains(&&**name);
            let is_owned = |owned: &djstripe_models::OwnedList| owned.path == [&**name];
            let is_owned = list.descriptor.owned.iter().any(is_owned);
            let parent = is_owned.then_some(list.descriptor.object);
            unfolded.add_inner(inner, is_expanded, &id, parent, at);
        }
    }

    let nested = list.descriptor.owned.iter().filter(|of| of.path.len() > 1);
    for owned in nested {
        if let Some(inner) = value_at(&fields, owned.path).and_then(inner_list) {
            unfolded.add_inner(inner, false, &id, Some(list.descriptor.object), at);
        }
    }

    let is_expanded = |name: &String| list.expand.contains(&&**name);
    let json = if fields.keys().any(is_expanded) {
        fields.retain(|name, _| !is_expanded(name));
        serde_json::to_string(&fields).unwrap_or_default()
    } else {
        json.to_owned()
    };
    if let Some(table) = list.descriptor.table.map(TableName::new) {
        unfolded.objects.push(ListedObject {
            descriptor: list.descriptor,
            table,
            id: id.clone(),
            json,
            at,
            owner: id,
            parent: None,
        });
    }
    unfolded
}

impl Unfolded {
    /// Adds the objects of an inner list, if they have no list of their own.
    fn add_inner(
        &mut self,
        inner: InnerList<'_>,
        is_expanded: bool,
        owner: &str,
        parent: Option<&'static str>,
        at: Timestamp,
    ) {
        let before = self.objects.len();
        let embedded = inner
            .data
            .iter()
            .filter_map(|item| embedded_object(item.get(), owner, parent, at));
        // The objects of an expanded list stand in no other list.
        let is_wanted = |embedded: &ListedObject| {
            is_expanded
                || parent.is_some()
                || !lists::carriers(embedded.descriptor.object).is_empty()
        };
        self.objects.extend(embedded.filter(is_wanted));

        let is_incomplete = inner.has_more && self.objects.len() > before;
        let last = inner.data.last().and_then(|item| id_of(item));
        if let (true, Some(url), Some(after)) = (is_incomplete, inner.url, last) {
            self.incomplete.push(IncompleteList {
                url,
                after,
                owner: owner.to_owned(),
                parent,
            });
        }
    }
}

fn inner_list(value: &RawValue) -> Option<InnerList<'_>> {
    if !value.get().starts_with('{') {
        return None;
    }
    let inner: InnerList<'_> = serde_json::from_str(value.get()).ok()?;
    (inner.object.as_deref() == Some("list")).then_some(inner)
}

/// An object inside another, of the type that its own `object` field names.
pub(super) fn embedded_object(
    json: &str,
    owner: &str,
    parent: Option<&'static str>,
    at: Timestamp,
) -> Option<ListedObject> {
    let head = RawHead::parse(json).ok()?;
    let id = head.id?.into_owned();
    let descriptor = descriptor(&head.object?)?;
    let table = TableName::new(descriptor.table?);
    (!head.deleted).then(|| ListedObject {
        descriptor,
        table,
        id,
        json: json.to_owned(),
        at,
        owner: owner.to_owned(),
        parent,
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
        type Pairs<'a> = &'a [(&'a str, &'a str)];
        let check = |object: &str, json: &str, expected: Pairs<'_>, own: &str, rests: Pairs<'_>| {
            let unfolded = unfold(&list(object), json, Timestamp::from_seconds(1));
            let found: Vec<_> = unfolded
                .objects
                .iter()
                .map(|listed| (listed.descriptor.object, &*listed.id))
                .collect();
            assert_eq!(found, expected);
            let last = unfolded.objects.last();
            assert_eq!(last.map_or("", |listed| &listed.json), own);
            let found: Vec<_> = unfolded
                .incomplete
                .iter()
                .map(|list| (&*list.url, &*list.after))
                .collect();
            assert_eq!(found, rests);
        };

        let plain = r#"{"id":"prod_1","object":"product","name":"x"}"#;
        check("product", plain, &[("product", "prod_1")], plain, &[]);

        let subscription = r#"{"id":"sub_1","object":"subscription","items":{"object":"list","has_more":true,
            "url":"/v1/subscription_items?subscription=sub_1","data":[{"id":"si_1","object":"subscription_item",
            "price":{"id":"price_1","object":"price"}}]}}"#;
        let rest = ("/v1/subscription_items?subscription=sub_1", "si_1");
        let expected = [("subscription_item", "si_1"), ("subscription", "sub_1")];
        check(
            "subscription",
            subscription,
            &expected,
            subscription,
            &[rest],
        );

        // Expanded lists are removed; embedded objects that have a list of their own are ignored.
        let customer = r#"{"id":"cus_1","object":"customer","sources":{"object":"list","data":[
            {"id":"card_1","object":"card"}]},"subscriptions":{"object":"list","data":[
            {"id":"sub_1","object":"subscription"}]},"tax_ids":{"object":"list","data":[
            {"id":"txi_1","object":"tax_id"}]}}"#;
        let expected = [
            ("card", "card_1"),
            ("tax_id", "txi_1"),
            ("customer", "cus_1"),
        ];
        let own = r#"{"id":"cus_1","object":"customer","subscriptions":{"object":"list","data":[
            {"id":"sub_1","object":"subscription"}]}}"#;
        check("customer", customer, &expected, own, &[]);

        // Both lists hold items of the quote.
        let quote = r#"{"id":"qt_1","object":"quote","computed":{"upfront":{"line_items":{"object":"list","data":[
            {"id":"li_1","object":"item"}]}}},"line_items":{"object":"list","data":[{"id":"li_2","object":"item"}]}}"#;
        let expected = [("item", "li_2"), ("item", "li_1"), ("quote", "qt_1")];
        check("quote", quote, &expected, quote, &[]);

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
