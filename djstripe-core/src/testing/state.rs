//! What the fake Stripe has: objects by account, mode and type, each type in the order in which they were made.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::random::Random;
use super::serve::LoggedRequest;
use super::{answer::Answer, machine_time};
use crate::sample::id_prefix;

/// Whose objects: the platform's if `account` is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    pub(super) account: String,
    pub(super) livemode: bool,
}

/// Place in a list: when an object was made, and its number among those of the same second.
pub(super) type Place = (i64, u64);

/// Fields by which lists are narrowed so often that they have an index.
const INDEXED: [&str; 3] = ["customer", "subscription", "account"];

/// All objects of one type.
#[derive(Default)]
pub(super) struct Shelf {
    objects: HashMap<String, (Place, Value)>,
    pub(super) order: BTreeMap<Place, String>,
    index: HashMap<(&'static str, String), BTreeSet<Place>>,
}

impl Shelf {
    pub(super) fn get(&self, id: &str) -> Option<&Value> {
        self.objects.get(id).map(|(_, value)| value)
    }

    pub(super) fn place(&self, id: &str) -> Option<Place> {
        self.objects.get(id).map(|(place, _)| *place)
    }

    pub(super) fn at(&self, place: &Place) -> Option<&Value> {
        self.get(self.order.get(place)?)
    }

    /// The places of objects with this value, if there is an index of the field.
    pub(super) fn places(&self, field: &str, value: &str) -> Option<&BTreeSet<Place>> {
        static NONE: BTreeSet<Place> = BTreeSet::new();
        let field = INDEXED.iter().find(|indexed| **indexed == field)?;
        Some(self.index.get(&(*field, value.to_owned())).unwrap_or(&NONE))
    }

    fn put(&mut self, id: &str, place: Place, value: Value) {
        self.take(id);
        for field in INDEXED {
            if let Some(of) = text_or_id(&value[field]) {
                self.index.entry((field, of.to_owned())).or_default().insert(place);
            }
        }
        self.order.insert(place, id.to_owned());
        self.objects.insert(id.to_owned(), (place, value));
    }

    fn take(&mut self, id: &str) -> Option<Value> {
        let (place, value) = self.objects.remove(id)?;
        self.order.remove(&place);
        for field in INDEXED {
            if let Some(of) = text_or_id(&value[field])
                && let Some(places) = self.index.get_mut(&(field, of.to_owned()))
            {
                places.remove(&place);
            }
        }
        Some(value)
    }
}

/// The id that a field holds, be it expanded.
pub(super) fn text_or_id(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("id")?.as_str())
}

/// What belongs to one account in one mode.
#[derive(Default)]
pub(super) struct Shelves {
    types: HashMap<String, Shelf>,
    deleted: HashSet<(String, String)>,
    disconnected: bool,
}

/// Everything the fake Stripe knows.
#[derive(Default)]
pub(super) struct State {
    shelves: HashMap<Scope, Shelves>,
    pub(super) clock_offset: i64,
    made: u64,
    pub(super) faults: Vec<Fault>,
    pub(super) chance: Option<(f64, Random)>,
    pub(super) limit: Option<(u32, VecDeque<Instant>)>,
    pub(super) requests: Vec<LoggedRequest>,
    pub(super) idempotency: HashMap<(Scope, String), (String, Answer)>,
    pub(super) delivered: HashSet<String>,
}

impl State {
    pub(super) fn now(&self) -> i64 {
        machine_time() + self.clock_offset
    }

    pub(super) fn shelves(&mut self, scope: &Scope) -> &mut Shelves {
        self.shelves.entry(scope.clone()).or_default()
    }

    /// Whether the platform may act on this account.
    pub(super) fn reaches(&self, scope: &Scope) -> bool {
        scope.account.is_empty() || self.shelves.get(scope).is_some_and(|shelves| !shelves.disconnected)
    }

    pub(super) fn disconnect(&mut self, scope: &Scope) {
        self.shelves(scope).disconnected = true;
    }

    pub(super) fn shelf(&self, scope: &Scope, object: &str) -> Option<&Shelf> {
        self.shelves.get(scope)?.types.get(object)
    }

    pub(super) fn get(&self, scope: &Scope, object: &str, id: &str) -> Option<&Value> {
        self.shelf(scope, object)?.get(id)
    }

    pub(super) fn all(&self, scope: &Scope, object: &str) -> Vec<Value> {
        let shelf = self.shelf(scope, object);
        shelf.into_iter().flat_map(|shelf| shelf.order.values().rev().filter_map(|id| shelf.get(id)).cloned()).collect()
    }

    pub(super) fn was_deleted(&self, scope: &Scope, object: &str, id: &str) -> bool {
        let key = (object.to_owned(), id.to_owned());
        self.shelves.get(scope).is_some_and(|shelves| shelves.deleted.contains(&key))
    }

    pub(super) fn new_id(&mut self, object: &str) -> String {
        self.made += 1;
        format!("{}_fake{:06}", id_prefix(object), self.made)
    }

    pub(super) fn insert(&mut self, scope: &Scope, object: Value) -> Value {
        let Value::Object(given) = object else { return object };
        let name = given.get("object").and_then(Value::as_str).unwrap_or("unknown").to_owned();
        let mut fields = Map::new();
        if !given.contains_key("id") {
            fields.insert("id".to_owned(), self.new_id(&name).into());
        }
        fields.extend([
            ("created".to_owned(), self.now().into()),
            ("livemode".to_owned(), scope.livemode.into()),
            ("metadata".to_owned(), json!({})),
        ]);
        fields.extend(given);
        let id = fields.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let created = fields.get("created").and_then(Value::as_i64).unwrap_or_default();
        let value = Value::Object(fields);
        self.made += 1;
        let number = self.made;
        let shelves = self.shelves(scope);
        shelves.deleted.remove(&(name.clone(), id.clone()));
        let shelf = shelves.types.entry(name).or_default();
        let place = shelf.place(&id).filter(|(then, _)| *then == created).unwrap_or((created, number));
        shelf.put(&id, place, value.clone());
        value
    }

    pub(super) fn update(&mut self, scope: &Scope, object: &str, id: &str, fields: Value) -> Option<Value> {
        let mut value = self.get(scope, object, id)?.clone();
        if let (Value::Object(value), Value::Object(fields)) = (&mut value, fields) {
            value.extend(fields);
        }
        Some(self.insert(scope, value))
    }

    pub(super) fn remove(&mut self, scope: &Scope, object: &str, id: &str, leave_trace: bool) -> Option<Value> {
        let shelves = self.shelves(scope);
        let value = shelves.types.get_mut(object)?.take(id)?;
        if leave_trace {
            shelves.deleted.insert((object.to_owned(), id.to_owned()));
        }
        Some(value)
    }

    /// Any object with this id, for expanding.
    pub(super) fn find(&self, scope: &Scope, objects: &[&str], id: &str) -> Option<&Value> {
        objects.iter().find_map(|object| self.get(scope, object, id))
    }
}
