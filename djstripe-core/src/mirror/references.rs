//! What an object's JSON contains besides the object's own fields.
//!
//! In: JSON. Out: children, copies of other objects, ids of other objects, and lists that hold only
//! their first page.

use std::collections::{BTreeSet, HashSet};

use djstripe_models::{DESCRIPTORS, ModelDescriptor, descriptor};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::ids::{Fields, references, string};
use crate::store::TableName;
use crate::webhook::object_head::RawHead;

/// Objects nested deeper than this are ignored.
const MAX_DEPTH: usize = 12;

/// What an object's JSON contains besides the object's own fields.
#[derive(Debug, Default)]
pub(crate) struct Contents<'j> {
    /// The children, for each of their types: the lists that belong to the object alone.
    pub(crate) children: Vec<Children<'j>>,
    /// All other embedded objects. They may be out of date.
    pub(crate) copies: Vec<Embedded<'j>>,
    /// The objects that are named by their id.
    pub(crate) references: Vec<(&'static ModelDescriptor, String)>,
    /// The lists that hold only their first page.
    pub(crate) partial_lists: Vec<PartialList>,
}

/// An object inside another one.
#[derive(Clone, Debug)]
pub(crate) struct Embedded<'j> {
    pub(crate) descriptor: &'static ModelDescriptor,
    pub(crate) id: String,
    pub(crate) json: &'j str,
}

/// The children of one type.
#[derive(Debug)]
pub(crate) struct Children<'j> {
    pub(crate) descriptor: &'static ModelDescriptor,
    /// Whether every list of this type is there, up to where it goes on elsewhere.
    pub(crate) is_whole: bool,
    /// Whether one of the lists goes on elsewhere; it is among the partial lists.
    pub(crate) is_open: bool,
    pub(crate) items: Vec<Embedded<'j>>,
}

impl Children<'_> {
    /// Whether no child is missing.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_whole && !self.is_open
    }
}

/// A list within an object that holds only its first page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartialList {
    /// Path of the whole list.
    pub(crate) url: String,
    /// Type and id of the last item, if there is one.
    pub(crate) last: Option<(&'static ModelDescriptor, String)>,
    /// Type and id of the object that has the list.
    pub(crate) owner: Option<(&'static ModelDescriptor, String)>,
    /// Where the list stands in that object: `lines`.
    pub(crate) path: String,
}

impl PartialList {
    /// Whether this object has the list.
    pub(crate) fn is_of(&self, descriptor: &ModelDescriptor, id: &str) -> bool {
        let owner = self.owner.as_ref();
        owner.is_some_and(|(owner, owner_id)| owner.object == descriptor.object && owner_id == id)
    }

    /// The type of the owned children that it holds; `None` if they are not owned.
    pub(crate) fn children(&self) -> Option<&'static ModelDescriptor> {
        let (owner, _) = self.owner.as_ref()?;
        let owned = owner
            .owned
            .iter()
            .find(|owned| owned.path.join(".") == self.path)?;
        descriptor(owned.object)
    }
}

/// The tables of the children that objects of a type own, each once.
pub(crate) fn owned_tables(of: &ModelDescriptor) -> impl Iterator<Item = TableName> {
    let tables = of.owned.iter();
    let tables = tables.filter_map(|owned| Some(TableName::new(descriptor(owned.object)?.table?)));
    tables.collect::<BTreeSet<_>>().into_iter()
}

/// Whether other objects own objects of this type.
pub(crate) fn is_child(object: &str) -> bool {
    let owns = |of: &ModelDescriptor| of.owned.iter().any(|owned| owned.object == object);
    DESCRIPTORS.iter().any(owns)
}

/// Reads what an object's JSON contains. JSON that is not an object contains nothing.
pub(crate) fn contents(json: &str) -> Contents<'_> {
    let mut contents = Contents::default();
    let Ok(root) = serde_json::from_str::<&RawValue>(json) else {
        return contents;
    };

    contents.children = children(root);
    let places = contents
        .children
        .iter()
        .flat_map(|children| &children.items);
    let visit = Visit {
        children: places.map(|child| child.json.as_ptr()).collect(),
    };
    visit.value(root, 0, &Place::default(), &mut contents);
    contents
}

/// The children of an object: the items of its owned lists.
fn children(root: &RawValue) -> Vec<Children<'_>> {
    let Ok(fields) = serde_json::from_str::<Fields<'_>>(root.get()) else {
        return Vec::new();
    };
    let object = fields.get("object").and_then(|name| string(name));
    let Some(owner) = object.as_deref().and_then(descriptor) else {
        return Vec::new();
    };

    let mut children: Vec<Children<'_>> = Vec::new();
    let mut missing: Vec<&str> = Vec::new();
    for owned in owner.owned {
        let Some(list) = value_at(&fields, owned.path) else {
            missing.push(owned.object);
            continue;
        };
        let Some(child) = descriptor(owned.object) else {
            continue;
        };
        let known = children
            .iter()
            .position(|children| children.descriptor.object == child.object);
        let index = known.unwrap_or_else(|| {
            children.push(Children {
                descriptor: child,
                is_whole: true,
                is_open: false,
                items: Vec::new(),
            });
            children.len() - 1
        });
        children[index].add_list(list);
    }

    // A list that is not there may hold any child of its type.
    for children in &mut children {
        children.is_whole &= !missing.contains(&children.descriptor.object);
    }
    children
}

/// The value at a path; `None` if a field of the path is not there, and `null` if one is `null`.
pub(crate) fn value_at<'j>(fields: &Fields<'j>, path: &[&str]) -> Option<&'j RawValue> {
    let (first, rest) = path.split_first()?;
    let value = *fields.get(*first)?;
    if rest.is_empty() || value.get() == "null" {
        return Some(value);
    }
    value_at(&serde_json::from_str(value.get()).ok()?, rest)
}

impl<'j> Children<'j> {
    /// Adds the items of a list; `null` is a list without items.
    fn add_list(&mut self, list: &'j RawValue) {
        #[derive(Deserialize)]
        struct List<'j> {
            #[serde(borrow)]
            data: Vec<&'j RawValue>,
            has_more: Option<bool>,
            url: Option<&'j RawValue>,
        }

        if list.get() == "null" {
            return;
        }
        let Ok(List {
            data,
            has_more,
            url,
        }) = serde_json::from_str(list.get())
        else {
            self.is_whole = false;
            return;
        };

        match has_more {
            Some(false) => {}
            Some(true) if url.and_then(string).is_some() => self.is_open = true,
            Some(true) | None => self.is_whole = false,
        }
        for item in data {
            let json = item.get();
            match RawHead::parse(json) {
                Ok(head) if head.deleted => {}
                Ok(RawHead { id: Some(id), .. }) if !id.is_empty() => self.items.push(Embedded {
                    descriptor: self.descriptor,
                    id: id.into_owned(),
                    json,
                }),
                // An item that can't be told apart may be any of the children.
                _ => self.is_whole = false,
            }
        }
    }
}

/// Where a value stands: in which object, and by which path from it.
#[derive(Default)]
struct Place {
    owner: Option<(&'static ModelDescriptor, String)>,
    path: String,
}

impl Place {
    fn of_field(&self, name: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self {
            owner: self.owner.clone(),
            path: format!("{}{dot}{name}", self.path),
        }
    }
}

/// A visit of all values of an object.
struct Visit {
    /// Where the JSON of the children begins.
    children: HashSet<*const u8>,
}

impl Visit {
    fn value<'j>(
        &self,
        raw: &'j RawValue,
        depth: usize,
        place: &Place,
        contents: &mut Contents<'j>,
    ) {
        if depth > MAX_DEPTH {
            return;
        }

        match raw.get().as_bytes().first() {
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
                for item in items {
                    self.value(item, depth + 1, place, contents);
                }
            }
            Some(b'{') => {
                let fields: Fields<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
                let own_place = self.object(raw, &fields, depth, place, contents);
                let place = own_place.as_ref().unwrap_or(place);
                for (name, value) in fields {
                    // Metadata is the application's own, and previous attributes are out of date.
                    let is_open = matches!(value.get().as_bytes().first(), Some(b'[' | b'{'));
                    if is_open && name != "metadata" && name != "previous_attributes" {
                        self.value(value, depth + 1, &place.of_field(&name), contents);
                    }
                }
            }
            _ => {}
        }
    }

    /// Visits an object itself. Returns the place of its fields if it is an object of the catalogue
    /// with an id.
    fn object<'j>(
        &self,
        raw: &'j RawValue,
        fields: &Fields<'j>,
        depth: usize,
        place: &Place,
        contents: &mut Contents<'j>,
    ) -> Option<Place> {
        let object = fields.get("object").and_then(|name| string(name))?;
        if object == "list" {
            contents.partial_lists.extend(partial_list(fields, place));
        }

        let descriptor = descriptor(&object)?;
        contents.references.extend(references(descriptor, fields));
        let id = fields.get(descriptor.key).and_then(|id| string(id));
        let id = id.filter(|id| !id.is_empty())?;
        let is_copy = depth > 0 && !self.children.contains(&raw.get().as_ptr());
        if is_copy && descriptor.table.is_some() && !is_deleted(fields) {
            contents.copies.push(Embedded {
                descriptor,
                id: id.clone(),
                json: raw.get(),
            });
        }
        Some(Place {
            owner: Some((descriptor, id)),
            path: String::new(),
        })
    }
}

fn is_deleted(fields: &Fields<'_>) -> bool {
    fields
        .get("deleted")
        .is_some_and(|deleted| deleted.get() == "true")
}

fn partial_list(fields: &Fields<'_>, place: &Place) -> Option<PartialList> {
    if fields.get("has_more")?.get() != "true" {
        return None;
    }
    let url = string(fields.get("url")?)?;
    let items: Vec<&RawValue> = serde_json::from_str(fields.get("data")?.get()).ok()?;

    let last = items.last().and_then(|item| {
        let head = RawHead::parse(item.get()).ok()?;
        Some((descriptor(&head.object?)?, head.id?.into_owned()))
    });
    Some(PartialList {
        url,
        last,
        owner: place.owner.clone(),
        path: place.path.clone(),
    })
}

/// The id in a field that holds an id or an expanded object.
pub(crate) fn id_of(raw: &RawValue) -> Option<String> {
    string(raw).or_else(|| RawHead::parse_id(raw.get()).ok())
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
        let found = contents(json);

        let mut copies: Vec<_> = found
            .copies
            .iter()
            .map(|copy| (copy.descriptor.object, &*copy.id))
            .collect();
        copies.sort_unstable();
        assert_eq!(copies, [("payment_method", "pm_1"), ("price", "price_1")]);

        let [items] = &found.children[..] else {
            panic!("{:?}", found.children);
        };
        assert_eq!(items.descriptor.object, "subscription_item");
        assert_eq!(items.items[0].id, "si_1");
        assert!(items.items[0].json.contains("1.50"));
        assert!(!items.is_complete(), "`has_more` is not there");

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
            let found = contents(&json).partial_lists;
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
            let found = contents(json);
            assert!(
                found.copies.is_empty() && found.children.is_empty() && found.references.is_empty(),
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
