//! What the fake Stripe stores: objects by account, mode and type, in the order of their creation.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use djstripe_models::descriptor;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::charged::Charged;
use super::fault::{self, Fault, FaultKind};
use super::random::Random;
use super::serve::LoggedRequest;
use super::{answer::Answer, machine_time};
use crate::webhook::sample::event::id_prefix;
use crate::webhook::sample::fields::reference;
use crate::webhook::sample::template::{created_field, created_seconds};

/// The account and the mode that objects belong to. An empty `account` is the platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    pub(super) account: String,
    pub(super) livemode: bool,
}

/// Position in a list: the second of an object's creation, and a number that orders the objects of
/// the same second.
pub(super) type Position = (i64, u64);

/// Ids by their positions, oldest first.
pub(super) type Order = BTreeMap<Position, String>;

/// Fields with an index, because many lists are filtered by them.
pub(super) const INDEXED: [&str; 3] = ["subscription", "customer", "account"];

/// All objects of one type in one scope.
#[derive(Default)]
pub(super) struct Collection {
    objects: HashMap<String, (Position, Value)>,
    order: Order,
    index: HashMap<(&'static str, String), Order>,
}

impl Collection {
    pub(super) fn get(&self, id: &str) -> Option<&Value> {
        self.objects.get(id).map(|(_, value)| value)
    }

    pub(super) fn position(&self, id: &str) -> Option<Position> {
        self.objects.get(id).map(|(position, _)| *position)
    }

    /// The order of all objects, or of those with this value in an indexed field. `None` if there
    /// are none.
    pub(super) fn order(&self, filter: Option<(&'static str, &str)>) -> Option<&Order> {
        match filter {
            None => Some(&self.order),
            Some((field, value)) => self.index.get(&(field, value.to_owned())),
        }
    }

    /// All objects, newest first.
    pub(super) fn newest(&self) -> impl DoubleEndedIterator<Item = &Value> {
        self.order.values().rev().filter_map(|id| self.get(id))
    }

    fn insert(&mut self, id: &str, position: Position, value: Value) {
        self.remove(id);

        for field in INDEXED {
            if let Some(referenced) = reference(&value, field) {
                let key = (field, referenced.to_owned());
                let order = self.index.entry(key).or_default();
                order.insert(position, id.to_owned());
            }
        }

        self.order.insert(position, id.to_owned());
        self.objects.insert(id.to_owned(), (position, value));
    }

    fn remove(&mut self, id: &str) -> Option<Value> {
        let (position, value) = self.objects.remove(id)?;
        self.order.remove(&position);

        for field in INDEXED {
            if let Some(referenced) = reference(&value, field)
                && let Some(order) = self.index.get_mut(&(field, referenced.to_owned()))
            {
                order.remove(&position);
            }
        }
        Some(value)
    }
}

/// The objects of one scope.
#[derive(Default)]
struct ScopeObjects {
    collections: HashMap<String, Collection>,
    /// Type and id of each deleted object that Stripe still knows of.
    deleted: HashSet<(String, String)>,
}

/// Which request an event comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    /// Id of the request; `None` if the test itself emitted the event.
    pub(super) request: Option<String>,
    pub(super) idempotency_key: Option<String>,
    /// The account that the key belongs to; empty for the platform.
    pub(super) own_account: String,
}

/// The first response to a request with an idempotency key.
pub(super) struct IdempotentAnswer {
    /// Path and parameters of that request.
    pub(super) request: String,
    pub(super) answer: Answer,
}

/// Faults that hit a fraction of all requests.
struct RandomFaults {
    fraction: f64,
    random: Random,
}

/// The limit of requests in a second.
struct RateLimit {
    per_second: u32,
    /// When each request of the last second was accepted, oldest first.
    accepted: VecDeque<Instant>,
}

impl RateLimit {
    /// Counts a request. `false` if it is one too many.
    fn accept(&mut self) -> bool {
        let now = Instant::now();
        let is_old = |then: &Instant| now.duration_since(*then) >= Duration::from_secs(1);
        while self.accepted.front().is_some_and(is_old) {
            self.accepted.pop_front();
        }

        // A refused request does not count, or a client that keeps asking would never get through.
        let accepted = self.accepted.len() < self.per_second as usize;
        if accepted {
            self.accepted.push_back(now);
        }
        accepted
    }
}

/// Random letters and digits.
struct Run(String);

impl Default for Run {
    fn default() -> Self {
        let mut text = Uuid::new_v4().simple().to_string();
        text.truncate(10);
        Self(text)
    }
}

/// Everything that the fake Stripe stores.
#[derive(Default)]
pub(super) struct State {
    objects: HashMap<Scope, ScopeObjects>,
    /// Connected accounts; `false` for those that were disconnected.
    accounts: HashMap<String, bool>,
    /// Seconds that the clock is ahead of the machine's.
    pub(super) clock_offset: i64,
    /// What makes the ids of this fake Stripe differ from those of others: as at Stripe, an id
    /// never comes twice, also in a database that outlives the fake Stripe.
    run: Run,
    /// Source of the numbers in ids and positions.
    counter: u64,
    pub(super) faults: Vec<Fault>,
    random_faults: Option<RandomFaults>,
    rate_limit: Option<RateLimit>,
    pub(super) requests: Vec<LoggedRequest>,
    /// By the scope and the idempotency key.
    pub(super) idempotent_answers: HashMap<(Scope, String), IdempotentAnswer>,
    /// By the id of a payment method that a request made, what a payment with it leads to.
    pub(super) charged: HashMap<String, Charged>,
    /// By the id of a checkout session, the parameters of its payment.
    pub(super) payment_data: HashMap<String, Value>,
    /// Ids of the events that an endpoint has acknowledged.
    pub(super) acknowledged: HashSet<String>,
}

impl State {
    pub(super) fn now(&self) -> i64 {
        machine_time() + self.clock_offset
    }

    pub(super) fn set_fault_rate(&mut self, fraction: f64, seed: u64) {
        self.random_faults = (fraction > 0.0).then(|| RandomFaults {
            fraction,
            random: Random::new(seed),
        });
    }

    pub(super) fn set_rate_limit(&mut self, per_second: u32) {
        self.rate_limit = Some(RateLimit {
            per_second,
            accepted: VecDeque::new(),
        });
    }

    /// The fault that hits this request, if any.
    pub(super) fn next_fault(&mut self, request: &LoggedRequest) -> Option<FaultKind> {
        if let Some(limit) = &mut self.rate_limit
            && !limit.accept()
        {
            return Some(FaultKind::Answer(Answer::rate_limited("global-rate")));
        }

        let injected = fault::take_matching(&mut self.faults, &request.method, &request.path);
        if injected.is_some() {
            return injected;
        }

        let RandomFaults { fraction, random } = self.random_faults.as_mut()?;
        random
            .happens(*fraction)
            .then(|| fault::random_fault(random))
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

    /// Whether the platform's keys have access to the account.
    pub(super) fn has_access(&self, scope: &Scope) -> bool {
        scope.account.is_empty() || self.is_connected(&scope.account)
    }

    pub(super) fn collection(&self, scope: &Scope, object: &str) -> Option<&Collection> {
        self.objects.get(scope)?.collections.get(object)
    }

    pub(super) fn get(&self, scope: &Scope, object: &str, id: &str) -> Option<&Value> {
        self.collection(scope, object)?.get(id)
    }

    /// The object with this id, whichever of these types it has.
    pub(super) fn find(&self, scope: &Scope, objects: &[&str], id: &str) -> Option<&Value> {
        objects
            .iter()
            .find_map(|object| self.get(scope, object, id))
    }

    /// All objects of a type, newest first.
    pub(super) fn all(&self, scope: &Scope, object: &str) -> Vec<Value> {
        self.collection(scope, object)
            .into_iter()
            .flat_map(Collection::newest)
            .cloned()
            .collect()
    }

    pub(super) fn was_deleted(&self, scope: &Scope, object: &str, id: &str) -> bool {
        let key = (object.to_owned(), id.to_owned());
        self.objects
            .get(scope)
            .is_some_and(|objects| objects.deleted.contains(&key))
    }

    pub(super) fn new_id(&mut self, object: &str) -> String {
        self.counter += 1;
        format!(
            "{}_fake{}{:06}",
            id_prefix(object),
            self.run.0,
            self.counter
        )
    }

    /// Stores an object and returns it as stored. Replaces the object of that type and id.
    pub(super) fn insert(&mut self, scope: &Scope, object: Value) -> Value {
        let Value::Object(given) = object else {
            return object;
        };
        let name = string_field(&given, "object")
            .unwrap_or("unknown")
            .to_owned();

        // The defaults come first: what was given replaces them.
        let mut fields = Map::new();
        // A balance has no id, because there is one per account.
        let has_id = descriptor(&name).is_none_or(|descriptor| descriptor.table.is_some());
        if has_id && !given.contains_key("id") {
            fields.insert("id".to_owned(), self.new_id(&name).into());
        }
        let replaced =
            string_field(&given, "id").and_then(|id| self.collection(scope, &name)?.position(id));
        let created = replaced.map_or_else(|| self.now(), |(created, _)| created);
        fields.insert("created".to_owned(), created_field(&name, created));
        fields.insert("livemode".to_owned(), scope.livemode.into());
        if name != "event" {
            fields.insert("metadata".to_owned(), json!({}));
        }
        fields.extend(given);

        let id = string_field(&fields, "id").unwrap_or_default().to_owned();
        let created = fields.get("created").and_then(created_seconds);
        let created = created.unwrap_or_default();

        // An object keeps its position when it changes, unless the test gave it another time.
        self.counter += 1;
        let position = replaced
            .filter(|(then, _)| *then == created)
            .unwrap_or((created, self.counter));

        let value = Value::Object(fields);
        let objects = self.objects.entry(scope.clone()).or_default();
        objects.deleted.remove(&(name.clone(), id.clone()));
        let collection = objects.collections.entry(name).or_default();
        collection.insert(&id, position, value.clone());
        value
    }

    /// Stores an event. `account` is the account that it is about, if that isn't the one of the
    /// scope.
    pub(super) fn create_event(
        &mut self,
        scope: &Scope,
        origin: &Origin,
        account: Option<&str>,
        name: &str,
        data: Value,
    ) -> Value {
        let mut event = json!({
            "id": self.new_id("event"),
            "object": "event",
            "api_version": crate::webhook::API_VERSION,
            "created": self.now(),
            "data": data,
            "livemode": scope.livemode,
            "pending_webhooks": 1,
            "request": { "id": origin.request, "idempotency_key": origin.idempotency_key },
            "type": name,
        });

        let of_scope = Some(&*scope.account).filter(|account| *account != origin.own_account);
        if let Some(account) = account.or(of_scope) {
            event["account"] = account.into();
        }
        self.insert(scope, event)
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

    /// Removes an object as Stripe does, which still knows that there was one.
    pub(super) fn remove(&mut self, scope: &Scope, object: &str, id: &str) -> Option<Value> {
        let value = self.purge(scope, object, id)?;
        let deleted = &mut self.objects.entry(scope.clone()).or_default().deleted;
        deleted.insert((object.to_owned(), id.to_owned()));
        Some(value)
    }

    /// Removes an object as if it had never existed.
    pub(super) fn purge(&mut self, scope: &Scope, object: &str, id: &str) -> Option<Value> {
        let objects = self.objects.get_mut(scope)?;
        objects.collections.get_mut(object)?.remove(id)
    }
}

fn string_field<'m>(fields: &'m Map<String, Value>, name: &str) -> Option<&'m str> {
    fields.get(name).and_then(Value::as_str)
}
