//! What an object's JSON holds beside the object: others embedded in it, and ids of others.

use std::collections::HashMap;

use djstripe_models::{ModelDescriptor, descriptor};
use futures_util::future::try_join_all;
use serde_json::value::RawValue;

use super::{Fetched, Mirror, MirrorError, Target};
use crate::client::{ErrorKind, Request};
use crate::store::TableName;
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

/// How deep objects are looked for inside each other.
const DEPTH: usize = 12;

/// From object to object at most so many steps: subscription, price, product.
const STEPS: usize = 3;

/// What an object's JSON holds beside the object itself.
#[derive(Debug, Default)]
pub(crate) struct Found<'j> {
    /// Objects that stand in it.
    pub(crate) embedded: Vec<(&'static ModelDescriptor, String, &'j str)>,
    /// Objects that it names by their id.
    pub(crate) references: Vec<(&'static ModelDescriptor, String)>,
    /// Lists in it that go on elsewhere.
    pub(crate) lists: Vec<Cut>,
}

/// A list within an object that holds only its first page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Where the whole of it is.
    pub(crate) url: String,
    /// What the last item is, as far as there is one.
    pub(crate) last: Option<(&'static ModelDescriptor, String)>,
}

/// Looks through an object's JSON.
pub(crate) fn find(json: &str) -> Found<'_> {
    let mut found = Found::default();
    if let Ok(raw) = serde_json::from_str::<&RawValue>(json) {
        visit(raw, 0, &mut found);
    }
    found
}

fn visit<'j>(raw: &'j RawValue, depth: usize, found: &mut Found<'j>) {
    if depth > DEPTH {
        return;
    }
    match raw.get().as_bytes().first() {
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
            items
                .into_iter()
                .for_each(|item| visit(item, depth + 1, found));
        }
        Some(b'{') => {
            let fields: HashMap<String, &RawValue> =
                serde_json::from_str(raw.get()).unwrap_or_default();
            visit_object(raw, &fields, depth, found);
            for (name, value) in fields {
                // The application's own texts, and what the object was before.
                if name != "metadata" && name != "previous_attributes" {
                    visit(value, depth + 1, found);
                }
            }
        }
        _ => {}
    }
}

fn visit_object<'j>(
    raw: &'j RawValue,
    fields: &HashMap<String, &RawValue>,
    depth: usize,
    found: &mut Found<'j>,
) {
    let Some(object) = fields.get("object").and_then(|name| text(name)) else {
        return;
    };
    if object == "list" {
        found.lists.extend(cut(fields));
    }
    let Some(descriptor) = descriptor(&object) else {
        return;
    };
    let deleted = fields
        .get("deleted")
        .is_some_and(|deleted| deleted.get() == "true");
    let id = fields
        .get("id")
        .and_then(|id| text(id))
        .filter(|id| !id.is_empty());
    if depth > 0
        && !deleted
        && descriptor.table.is_some()
        && let Some(id) = id
    {
        found.embedded.push((descriptor, id, raw.get()));
    }
    for reference in descriptor.references {
        let Some(value) = fields.get(reference.field) else {
            continue;
        };
        let ids: Vec<String> = match value.get().as_bytes().first() {
            Some(b'[') => serde_json::from_str(value.get()).unwrap_or_default(),
            _ => text(value).into_iter().collect(),
        };
        for id in ids.into_iter().filter(|id| !id.is_empty()) {
            if let Some(referred) = referred(reference.objects, &id) {
                found.references.push((referred, id));
            }
        }
    }
}

fn cut(fields: &HashMap<String, &RawValue>) -> Option<Cut> {
    if fields.get("has_more")?.get() != "true" {
        return None;
    }
    let url = text(fields.get("url")?)?;
    let items: Vec<&RawValue> = serde_json::from_str(fields.get("data")?.get()).ok()?;
    let last = items.last().and_then(|item| {
        let head = RawHead::parse(item.get()).ok()?;
        Some((descriptor(&head.object?)?, head.id?.into_owned()))
    });
    Some(Cut { url, last })
}

/// The type of object that an id names. Where it may be one of several, the id's prefix must tell.
fn referred(objects: &[&str], id: &str) -> Option<&'static ModelDescriptor> {
    let object = match objects {
        [object] => object,
        _ => objects.iter().find(|object| match **object {
            "card" => id.starts_with("card_"),
            "bank_account" => id.starts_with("ba_"),
            "source" => id.starts_with("src_"),
            "payment_method" => id.starts_with("pm_"),
            _ => false,
        })?,
    };
    descriptor(object)
}

fn text(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// The id that a field holds, be it expanded.
pub(crate) fn id_of(raw: &RawValue) -> Option<String> {
    text(raw).or_else(|| RawHead::parse_id(raw.get()).ok())
}

impl Mirror<'_> {
    /// Writes what is embedded in the object, and fetches what it refers to and has no row here.
    pub(super) async fn write_related(
        &self,
        target: &Target<'_>,
        json: &str,
        api_version: Option<&str>,
        observed_at: Timestamp,
        refetches: bool,
    ) -> Result<(), MirrorError> {
        let own = (target.descriptor.object, target.id.clone());
        let mut seen = vec![own];
        let mut wanted = self.take(json, api_version, observed_at, &mut seen);
        let mut left = self.services.settings.related;
        for _ in 0..STEPS {
            if !refetches || left == 0 || wanted.is_empty() {
                break;
            }
            let mut missing = self.missing(wanted).await?;
            missing.truncate(left);
            left -= missing.len();
            let fetches = missing
                .into_iter()
                .map(|(descriptor, id)| self.fetch_related(descriptor, id));
            let fetched = try_join_all(fetches).await?;
            wanted = Vec::new();
            for (descriptor, id, fetched) in fetched.into_iter().flatten() {
                let Fetched::Found {
                    json,
                    started_at,
                    deleted,
                } = fetched.as_ref()
                else {
                    continue;
                };
                let Some(table) = descriptor.table.map(TableName::new) else {
                    continue;
                };
                let related = Target {
                    descriptor,
                    table,
                    id,
                    json,
                };
                let version = Some(crate::webhook::API_VERSION);
                self.writes
                    .push(related.row(json, version, *started_at, *deleted));
                wanted.extend(self.take(json, version, *started_at, &mut seen));
            }
        }
        Ok(())
    }

    /// Writes what is embedded; returns what is referred to, each object once for an event.
    fn take(
        &self,
        json: &str,
        api_version: Option<&str>,
        observed_at: Timestamp,
        seen: &mut Vec<(&'static str, String)>,
    ) -> Vec<(&'static ModelDescriptor, String)> {
        let Found {
            embedded,
            references,
            ..
        } = find(json);
        for (descriptor, id, json) in embedded {
            let Some(table) = descriptor.table.map(TableName::new) else {
                continue;
            };
            if self.services.settings.is_off(descriptor.object) {
                continue;
            }
            seen.push((descriptor.object, id.clone()));
            let embedded = Target {
                descriptor,
                table,
                id,
                json,
            };
            self.writes
                .push(embedded.row(json, api_version, observed_at, false));
        }
        let mut wanted = Vec::new();
        for (descriptor, id) in references {
            let key = (descriptor.object, id.clone());
            if !seen.contains(&key) && !self.services.settings.is_off(descriptor.object) {
                seen.push(key);
                wanted.push((descriptor, id));
            }
        }
        wanted
    }

    /// Those that have no row here and can be fetched by their id alone.
    async fn missing(
        &self,
        wanted: Vec<(&'static ModelDescriptor, String)>,
    ) -> Result<Vec<(&'static ModelDescriptor, String)>, MirrorError> {
        let (account, livemode) = self.scope();
        let can_be_fetched = |(descriptor, id): &(&'static ModelDescriptor, String)| {
            descriptor.table.is_some() && Request::retrieve(descriptor.object, id).is_ok()
        };
        let wanted: Vec<_> = wanted.into_iter().filter(can_be_fetched).collect();
        let keys: Vec<(TableName, &str)> = wanted
            .iter()
            .filter_map(|(descriptor, id)| Some((TableName::new(descriptor.table?), &**id)))
            .collect();
        let missing = self
            .services
            .store
            .missing_references(account, livemode, &keys)
            .await?;
        Ok(wanted
            .into_iter()
            .zip(missing)
            .filter_map(|(wanted, missing)| missing.then_some(wanted))
            .collect())
    }

    /// One that is gone, or that the key may not read, is left as an id.
    async fn fetch_related(
        &self,
        descriptor: &'static ModelDescriptor,
        id: String,
    ) -> Result<Option<(&'static ModelDescriptor, String, std::sync::Arc<Fetched>)>, MirrorError>
    {
        let Ok(request) = Request::retrieve(descriptor.object, &id) else {
            return Ok(None);
        };
        match self.fetch(descriptor, &id, request).await {
            Ok(fetched) => Ok(Some((descriptor, id, fetched))),
            Err(MirrorError::Fetch { source, .. }) if is_forbidden(&source) => {
                tracing::warn!(object = descriptor.object, id, error = %source, "the key may not read this; left as an id");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn is_forbidden(error: &crate::client::ClientError) -> bool {
    error
        .api()
        .is_some_and(|error| error.kind == ErrorKind::Permission)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_ids_are_found_wherever_they_stand() {
        let json = r#"{"id":"sub_1","object":"subscription","customer":"cus_1","default_source":"card_1",
            "default_payment_method":{"id":"pm_1","object":"payment_method","customer":"cus_1"},
            "items":{"object":"list","data":[{"id":"si_1","object":"subscription_item","quantity":1.50,
                "price":{"id":"price_1","object":"price","product":"prod_1"}}]},
            "discounts":["di_1","di_2"],"latest_invoice":null,"metadata":{"a":{"id":"x","object":"charge"}},
            "test_clock":{"id":"clock_1","object":"test_helpers.test_clock","deleted":true}}"#;
        let found = find(json);
        let mut embedded: Vec<_> = found
            .embedded
            .iter()
            .map(|(descriptor, id, _)| (descriptor.object, &**id))
            .collect();
        embedded.sort_unstable();
        assert_eq!(
            embedded,
            [
                ("payment_method", "pm_1"),
                ("price", "price_1"),
                ("subscription_item", "si_1")
            ]
        );
        let item = found
            .embedded
            .iter()
            .find(|(_, id, _)| id == "si_1")
            .unwrap();
        assert!(item.2.contains("1.50"), "{}", item.2);
        let mut references: Vec<_> = found
            .references
            .iter()
            .map(|(descriptor, id)| (descriptor.object, &**id))
            .collect();
        references.sort_unstable();
        references.dedup();
        assert_eq!(
            references,
            [
                ("card", "card_1"),
                ("customer", "cus_1"),
                ("discount", "di_1"),
                ("discount", "di_2"),
                ("product", "prod_1")
            ]
        );
    }

    #[test]
    fn lists_that_go_on_elsewhere_are_found() {
        let check = |list: &str, expected: Option<(&str, Option<&str>)>| {
            let json = format!(r#"{{"id":"in_1","object":"invoice","lines":{list}}}"#);
            let found = find(&json).lists;
            let found = found
                .first()
                .map(|cut| (&*cut.url, cut.last.as_ref().map(|(_, id)| &**id)));
            assert_eq!(found, expected, "{list}");
        };
        let items =
            r#""data":[{"id":"il_1","object":"line_item"},{"id":"il_2","object":"line_item"}]"#;
        let url = r#""url":"/v1/invoices/in_1/lines""#;
        let cut = Some(("/v1/invoices/in_1/lines", Some("il_2")));
        check(
            &format!(r#"{{"object":"list",{items},"has_more":true,{url}}}"#),
            cut,
        );
        check(
            &format!(r#"{{"object":"list",{items},"has_more":false,{url}}}"#),
            None,
        );
        check(
            &format!(r#"{{"object":"list","data":[],"has_more":true,{url}}}"#),
            Some(("/v1/invoices/in_1/lines", None)),
        );
        check(
            &format!(r#"{{"object":"list",{items},"has_more":true}}"#),
            None,
        );
    }

    #[test]
    fn odd_json_holds_nothing() {
        let check = |json: &str| {
            let found = find(json);
            assert!(
                found.embedded.is_empty() && found.references.is_empty(),
                "{json}"
            );
        };
        check("");
        check("7");
        check("null");
        check(r#"{"object":7,"id":[]}"#);
        check(r#"{"object":"charge","customer":7,"invoice":""}"#);
        check(&format!("{}{}", "[".repeat(2_000), "]".repeat(2_000)));
    }
}
