//! A random history of objects at Stripe: creations, updates and deletions, with an event for each.

use std::collections::{BTreeMap, HashSet};

use djstripe_core::Djstripe;
use djstripe_core::models::descriptor;
use djstripe_core::store::{ObjectFilter, StoreError, TableName};
use djstripe_core::testing::FakeStripe;
use serde_json::{Value, json};

/// Types of the objects, and whether they can be deleted.
const TYPES: [(&str, bool); 7] = [
    ("customer", true),
    ("product", true),
    ("coupon", true),
    ("price", false),
    ("invoice", false),
    ("charge", false),
    ("tax_id", true),
];

/// Source of random changes: the same seed gives the same changes.
#[derive(Debug)]
pub struct History {
    seed: u64,
    /// Number of ids of each type.
    ids: usize,
    changes: usize,
    /// Ids of deleted objects that Stripe never uses again.
    deleted: HashSet<String>,
}

impl History {
    /// A history with up to `ids` objects of each type.
    pub fn new(seed: u64, ids: usize) -> Self {
        Self {
            seed,
            ids: ids.max(1),
            changes: 0,
            deleted: HashSet::new(),
        }
    }

    /// A random number from 0 up to, not including, `count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.seed >> 33) as usize) % count
    }

    /// Makes one change at Stripe and returns its event.
    pub fn change(&mut self, stripe: &FakeStripe) -> Value {
        loop {
            if let Some(event) = self.try_change(stripe) {
                return event;
            }
        }
    }

    fn try_change(&mut self, stripe: &FakeStripe) -> Option<Value> {
        let (object, can_be_deleted) = TYPES[self.below(TYPES.len())];
        let id = format!("{object}_{}", self.below(self.ids));
        if self.deleted.contains(&id) {
            return None;
        }

        let prefix = if object == "tax_id" {
            "customer.tax_id"
        } else {
            object
        };
        let current = stripe.get(object, &id);
        if let Some(current) = current
            .as_ref()
            .filter(|_| can_be_deleted && self.below(6) == 0)
        {
            stripe.remove(object, &id);
            // The user of Stripe chooses these ids, and may use one again after a deletion.
            if !["coupon", "product"].contains(&object) {
                self.deleted.insert(id);
            }
            return Some(stripe.emit(&format!("{prefix}.deleted"), current));
        }

        self.changes += 1;
        let mut fields = json!({ "id": id, "object": object, "version": self.changes });
        match object {
            "invoice" | "charge" => {
                fields["customer"] = format!("customer_{}", self.below(self.ids)).into()
            }
            "price" => fields["product"] = format!("product_{}", self.below(self.ids)).into(),
            "tax_id" => fields["customer"] = Value::Null,
            _ => {}
        }

        let verb = match (&current, object) {
            (None, "charge") => "succeeded",
            (_, "invoice") => "paid",
            (None, _) => "created",
            (Some(_), _) => "updated",
        };
        let stored = match current {
            Some(_) => stripe.update(object, &id, fields)?,
            None => stripe.insert(fields),
        };

        Some(stripe.emit(&format!("{prefix}.{verb}"), &stored))
    }
}

/// The differences between the mirror and Stripe; empty if there are none.
///
/// # Errors
/// If the database can't be read.
pub async fn differences(app: &Djstripe, stripe: &FakeStripe) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for (object, _) in TYPES {
        let Some(table) = descriptor(object).and_then(|descriptor| descriptor.table) else {
            continue;
        };

        let filter = ObjectFilter {
            limit: Some(1_000_000),
            ..ObjectFilter::default()
        };
        let rows = app.store().objects(TableName::new(table), &filter).await?;
        let mut mirrored: BTreeMap<String, Value> = BTreeMap::new();
        for row in rows {
            let mut columns: Value = serde_json::from_str(&row.json).unwrap_or_default();
            mirrored.insert(row.id, columns["stripe_data"].take());
        }

        for at_stripe in stripe.objects(object) {
            let id = at_stripe["id"].as_str().unwrap_or_default();
            match mirrored.remove(id) {
                None => found.push(format!("{object} {id} is missing")),
                Some(row) if row != at_stripe => {
                    found.push(format!("{object} {id} is {row}, not {at_stripe}"))
                }
                Some(_) => {}
            }
        }

        found.extend(
            mirrored
                .into_keys()
                .map(|id| format!("{object} {id} was deleted at Stripe")),
        );
    }

    Ok(found)
}
