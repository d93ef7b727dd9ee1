//! Decoding bytes into models, compared with decoding them into `serde_json::Value`. `cargo bench -p djstripe-models`.

use std::hint::black_box;

use divan::Bencher;
use djstripe_models::{Customer, Invoice, Model};
use serde_json::Value;

const CUSTOMER: &str = include_str!("fixtures/customer.json");
const INVOICE: &str = include_str!("fixtures/invoice.json");

fn main() {
    divan::main();
}

fn parse(json: &str) -> Value {
    serde_json::from_str(black_box(json)).expect("the fixture is JSON")
}

#[divan::bench]
fn customer_value_alone() -> Value {
    parse(CUSTOMER)
}

#[divan::bench]
fn customer_typed() -> Customer {
    Customer::decode(&parse(CUSTOMER)).expect("the fixture is a customer")
}

#[divan::bench]
fn customer_typed_of_a_value(bencher: Bencher<'_, '_>) {
    let value = parse(CUSTOMER);
    bencher.bench(|| Customer::decode(black_box(&value)).expect("the fixture is a customer"));
}

#[divan::bench]
fn invoice_value_alone() -> Value {
    parse(INVOICE)
}

#[divan::bench]
fn invoice_typed() -> Invoice {
    Invoice::decode(&parse(INVOICE)).expect("the fixture is an invoice")
}

#[divan::bench]
fn invoice_typed_of_a_value(bencher: Bencher<'_, '_>) {
    let value = parse(INVOICE);
    bencher.bench(|| Invoice::decode(black_box(&value)).expect("the fixture is an invoice"));
}
