//! Fills the fake Stripe with objects for a sync.

use djstripe_core::testing::FakeStripe;
use serde_json::{Value, json};

use crate::load;

/// Unix time of the first object.
const BEGIN: i64 = 1_500_000_000;

/// Numbers of objects at Stripe.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Customers; every twentieth has a payment method.
    pub customers: usize,
    /// Products.
    pub products: usize,
    /// Subscriptions, with one to three items.
    pub subscriptions: usize,
    /// Connected accounts; each has a hundredth of these objects.
    pub accounts: usize,
}

impl Sizes {
    /// The lowest possible number of list requests. One per customer is for the payment methods, and
    /// one of each account for archived products.
    pub fn pages(&self) -> usize {
        let pages = |objects: usize| objects.div_ceil(100).max(1);
        let of = |sizes: &Self| {
            pages(sizes.customers)
                + pages(sizes.products)
                + 1
                + pages(sizes.subscriptions)
                + sizes.customers
        };

        1 + of(self) + self.accounts * of(&self.part())
    }

    /// The numbers of objects of a connected account.
    pub fn part(&self) -> Self {
        let part = |objects: usize| objects / 100 + 1;
        Self {
            customers: part(self.customers),
            products: part(self.products),
            subscriptions: part(self.subscriptions),
            accounts: 0,
        }
    }
}

/// The ids of the connected accounts.
pub fn accounts(sizes: &Sizes) -> Vec<String> {
    (1..=sizes.accounts)
        .map(|number| format!("acct_{number}"))
        .collect()
}

/// Inserts the objects. Their creation times have busy and quiet days, and some share a second.
pub fn fill(stripe: &FakeStripe, sizes: &Sizes, seed: u64) {
    for account in accounts(sizes) {
        stripe.insert(json!({ "object": "account", "id": account, "created": BEGIN }));
        fill_one(&stripe.on(&account), &sizes.part(), seed);
    }
    fill_one(stripe, sizes, seed);
}

fn fill_one(stripe: &FakeStripe, sizes: &Sizes, seed: u64) {
    let mut clock = Clock { now: BEGIN, seed };
    for number in 0..sizes.customers {
        stripe.insert(customer(number, clock.next()));
        if number.is_multiple_of(20) {
            let (id, customer) = (format!("pm_{number}"), format!("cus_load{number}"));
            stripe.insert(json!({ "object": "payment_method", "id": id, "customer": customer, "type": "card" }));
        }
    }

    let mut clock = Clock { now: BEGIN, seed };
    for number in 0..sizes.products {
        stripe.insert(product(number, clock.next()));
    }

    let mut clock = Clock { now: BEGIN, seed };
    for number in 0..sizes.subscriptions {
        let id = format!("sub_{number}");
        let items: Vec<Value> = (0..1 + number % 3)
            .map(|item| item_of(&id, number, item))
            .collect();
        let url = format!("/v1/subscription_items?subscription={id}");
        stripe.insert(json!({
            "object": "subscription", "id": id, "created": clock.next(), "customer": format!("cus_load{number}"),
            "status": if number.is_multiple_of(5) { "canceled" } else { "active" },
            "items": { "object": "list", "data": items, "has_more": false, "url": url },
        }));
    }
}

/// A customer, as large as those of Stripe.
pub fn customer(number: usize, created: i64) -> Value {
    let mut customer = load::customer(number);
    customer["created"] = created.into();
    customer
}

/// A product, as large as those of Stripe.
pub fn product(number: usize, created: i64) -> Value {
    let mut product = load::customer(number);
    product["object"] = "product".into();
    product["id"] = format!("prod_load{number}").into();
    product["created"] = created.into();
    product
}

fn item_of(subscription: &str, number: usize, item: usize) -> Value {
    json!({
        "object": "subscription_item", "id": format!("si_{number}_{item}"), "subscription": subscription,
        "quantity": item + 1, "price": { "object": "price", "id": format!("price_{number}"), "product": "prod_load1" },
    })
}

/// Creation times: some in the same second, most some minutes apart, a few a week apart.
struct Clock {
    now: i64,
    seed: u64,
}

impl Clock {
    fn next(&mut self) -> i64 {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.now += match (self.seed >> 33) % 1_000 {
            0..200 => 0,
            200..998 => ((self.seed >> 43) % 1_000) as i64,
            _ => 7 * 86_400,
        };

        self.now
    }
}
