//! What the fake Stripe has: objects by account, mode and type, each type in the order in which they were made.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Instant;

use djstripe_models::descriptor;
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::filter::held;
use super::random::Random;
use super::serve::LoggedRequest;
use super::{answer::Answer, machine_time};
use crate::webhook::sample::id_prefix;

/// Whose objects: the platform's if `account` is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    pub(super) account: String,
    pub(super) livemode: bool,
}

/// Place in a list: when an object was made, and its number among those of the same second.
pub(super) type Place = (i64, u64);

/// Ids by their places, oldest first.
pub(super) type Order = BTreeMap<Place, String>;

/// Fields by which lists are narrowed so often that they have an index.
pub(super) const INDEXED: [&str; 3] = ["subscription", "customer", "account"];

/// All objects of one type.
#[derive(Default)]
pub(super) struct Shelf {
    objects: HashMap<String, (Place, Value)>,
    order: Order,
    index: HashMap<(&'static str, String), Order>,
}

impl Shelf {
    pub(super) fn get(&self, id: &str) -> Option<&Value> {
        self.objects.get(id).map(|(_, value)| value)
    }

    pub(super) fn place(&self, id: &str) -> Option<Place> {
        self.objects.get(id).map(|(place, _)| *place)
    }

    /// The order of all objects, or of those that hold this value in an indexed field. `None` if there are none.
    pub(super) fn order(&self, narrowed: Option<(&'static str, &str)>) -> Option<&Order> {
        match narrowed {
            None => Some(&self.order),
            Some((field, value)) => self.index.get(&(field, value.to_owned())),
        }
    }

    /// All objects, newest first.
    pub(super) fn newest(&self) -> impl DoubleEndedIterator<Item = &Value> {
        self.order.values().rev().filter_map(|id| self.get(id))
    }

    fn put(&mut self, id: &str, place: Place, value: Value) {
        self.take(id);
        for field in INDEXED {
            if let Some(of) = held(&value, field) {
                self.index
                    .entry((field, of.to_owned()))
                    .or_default()
                    .insert(place, id.to_owned());
            }
        }
        self.order.insert(place, id.to_owned());
        self.objects.insert(id.to_owned(), (place, value));
    }

    fn take(&mut self, id: &str) -> Option<Value> {
        let (place, value) = self.objects.remove(id)?;
        self.order.remove(&place);
        for field in INDEXED {
            if let Some(of) = held(&value, field)
                && let Some(order) = self.index.get_mut(&(field, of.to_owned()))
            {
                order.remove(&place);
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
}

/// Everything the fake Stripe knows.
#[derive(Default)]
pub(super) struct State {
    shelves: HashMap<Scope, Shelves>,
    /// Connected accounts, and whether they still are.
    accounts: HashMap<String, bool>,
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

    fn shelves(&mut self, scope: &Scope) -> &mut Shelves {
        self.shelves.entry(scope.clone()).or_default()
    }

    pub(super) fn connect(&mut self, account: &str) {
        self.accounts.entry(account.to_owned()).or_insert(true);
    }

    pub(super) fn disconnect(&mut self, account: &str) {
        self.accounts.insert(account.to_owned(), false);
    }

    pub(super) fn is_connected(&self, account: &str) -> bool {
        self.accounts.get(account) == Some(&true)
    }

    pub(super) fn is_disconnected(&self, account: &str) -> bool {
        self.accounts.get(account) == Some(&false)
    }

    /// Whether the platform may act on this account.
    pub(super) fn reaches(&self, scope: &Scope) -> bool {
        scope.account.is_empty() || self.is_connected(&scope.account)
    }

    pub(super) fn shelf(&self, scope: &Scope, object: &str) -> Option<&Shelf> {
        self.shelves.get(scope)?.types.get(object)
    }

    pub(super) fn get(&self, scope: &Scope, object: &str, id: &str) -> Option<&Value> {
        self.shelf(scope, object)?.get(id)
    }

    pub(super) fn all(&self, scope: &Scope, object: &str) -> Vec<Value> {
        self.shelf(scope, object)
            .into_iter()
            .flat_map(Shelf::newest)
            .cloned()
            .collect()
    }

    pub(super) fn was_deleted(&self, scope: &Scope, object: &str, id: &str) -> bool {
        let key = (object.to_owned(), id.to_owned());
        self.shelves
            .get(scope)
            .is_some_and(|shelves| shelves.deleted.contains(&key))
    }

    pub(super) fn new_id(&mut self, object: &str) -> String {
        self.made += 1;
        format!("{}_fake{:06}", id_prefix(object), self.made)
    }

    pub(super) fn insert(&mut self, scope: &Scope, object: Value) -> Value {
        let Value::Object(given) = object else {
            return object;
        };
        let name = given
            .get("object")
            .and_then(Value::as_str)
            .unwrap_or("unknown")
            .to_owned();
        let mut fields = Map::new();
        // A balance has no id: there is one of it.
        if !given.contains_key("id")
            && descriptor(&name).is_none_or(|descriptor| descriptor.table.is_some())
        {
            fields.insert("id".to_owned(), self.new_id(&name).into());
        }
        let before = given
            .get("id")
            .and_then(Value::as_str)
            .and_then(|id| self.shelf(scope, &name)?.place(id));
        fields.insert(
            "created".to_owned(),
            before
                .map_or_else(|| self.now(), |(created, _)| created)
                .into(),
        );
        fields.insert("livemode".to_owned(), scope.livemode.into());
        if name != "event" {
            fields.insert("metadata".to_owned(), json!({}));
        }
        fields.extend(given);
        let id = fields
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let created = fields
            .get("created")
            .and_then(Value::as_i64)
            .unwrap_or_default();
        let value = Value::Object(fields);
        self.made += 1;
        let place = before
            .filter(|(then, _)| *then == created)
            .unwrap_or((created, self.made));
        let shelves = self.shelves(scope);
        shelves.deleted.remove(&(name.clone(), id.clone()));
        shelves
            .types
            .entry(name)
            .or_default()
            .put(&id, place, value.clone());
        value
    }

    pub(super) fn update(
        &mut self,
        scope: &Scope,
        object: &str,
        id: &str,
        fields: Value,
    ) -> Option<Value> {
        let mut value = self.get(scope, object, id)?.clone();
        if let (Value::Object(value), Value::Object(fields)) = (&mut value, fields) {
            value.extend(fields);
        }
        Some(self.insert(scope, value))
    }

    pub(super) fn remove(
        &mut self,
        scope: &Scope,
        object: &str,
        id: &str,
        leave_trace: bool,
    ) -> Option<Value> {
        let shelves = self.shelves(scope);
        let value = shelves.types.get_mut(object)?.take(id)?;
        if leave_trace {
            shelves.deleted.insert((object.to_owned(), id.to_owned()));
        }
        Some(value)
    }

    /// Any object with this id, for expanding.
    pub(super) fn find(&self, scope: &Scope, objects: &[&str], id: &str) -> Option<&Value> {
        objects
            .iter()
            .find_map(|object| self.get(scope, object, id))
    }
}
