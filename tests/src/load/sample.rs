//! Customers and events with the size and the layout of Stripe's.

use serde_json::{Value, json};

/// A customer.
pub fn customer(index: usize) -> Value {
    let metadata: serde_json::Map<_, _> = (0..28)
        .map(|key| {
            (
                format!("key_{key}"),
                format!("value {key} of the customer's metadata").into(),
            )
        })
        .collect();
    json!({
        "id": format!("cus_load{index}"), "object": "customer", "balance": 0, "created": 1_700_000_000,
        "address": {"city": "Berlin", "country": "DE", "line1": "Street 1", "line2": null, "postal_code": "10115"},
        "currency": "eur", "default_source": null, "delinquent": false, "description": null, "discount": null,
        "email": format!("jenny.{index}@example.com"), "invoice_prefix": "0A1B2C3D", "livemode": false,
        "invoice_settings": {"custom_fields": null, "default_payment_method": null, "footer": null},
        "metadata": metadata, "name": "Jenny Rosen", "next_invoice_sequence": 1, "phone": null,
        "preferred_locales": ["de", "en"], "shipping": null, "tax_exempt": "none", "test_clock": null,
    })
}

/// The body of an event about this customer.
pub fn customer_updated(id: &str, created: u64, customer: &Value) -> String {
    let event = json!({
        "id": id, "object": "event", "api_version": "2026-05-27.dahlia", "created": created, "livemode": false,
        "data": {"object": customer, "previous_attributes": {"balance": 1}}, "pending_webhooks": 1,
        "request": {"id": "req_load", "idempotency_key": null}, "type": "customer.updated",
    });
    serde_json::to_string_pretty(&event).unwrap_or_default()
}
