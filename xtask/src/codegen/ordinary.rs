//! What ordinary objects have in their fields: words and values that no schema says.

/// Words of fields that an ordinary object leaves null, because they tell of something that has
/// gone another way.
pub(super) const UNUSUAL: [&str; 61] = [
    "advice_code",
    "after_expiration",
    "amount_percent",
    "anchor_config",
    "application",
    "authorization_code",
    "automatically_finalizes",
    "cancel",
    "client_reference",
    "consent",
    "coupon",
    "currency_conversion",
    "custom_unit_amount",
    "customer_account",
    "days_until_due",
    "decline",
    "default_source",
    "deleted",
    "disabled",
    "discount",
    "dispute",
    "dob",
    "ended",
    "error",
    "expired",
    "fail",
    "flow",
    "fraud",
    "from_invoice",
    "inactive",
    "incorrect",
    "latest_revision",
    "managed_payments",
    "meter",
    "next_action",
    "next_payment_attempt",
    "off_session",
    "on_behalf_of",
    "past_due",
    "paus",
    "pending",
    "presentment",
    "quote",
    "failure_reason",
    "recovered",
    "redact",
    "reject",
    "restrict",
    "revers",
    "review",
    "schedule",
    "setup_intent",
    "shipping",
    "test_clock",
    "threshold",
    "tiers",
    "transfer",
    "transform",
    "trial",
    "uncollectible",
    "void",
];

/// Further fields that are null, by their object: a session that began a subscription has paid an
/// invoice, and nothing else.
pub(super) const NULL: [(&str, &str); 2] = [
    ("checkout.session", "payment_intent"),
    ("checkout.session", "payment_link"),
];

/// The values of enums that ordinary objects have. Of other enums it is the first value.
const USUAL: [&str; 29] = [
    "active",
    "succeeded",
    "paid",
    "complete",
    "completed",
    "verified",
    "available",
    "issued",
    "posted",
    "ready",
    "enabled",
    "accepted",
    "open",
    "charge_automatically",
    "card",
    "subscription_details",
    "subscription_cycle",
    "subscription",
    "price_details",
    "month",
    "recurring",
    "per_unit",
    "credit",
    "visa",
    "individual",
    "standard",
    "payment",
    "licensed",
    "none",
];

/// Flags that are set in an ordinary object.
pub(super) const SET: [&str; 9] = [
    "attempted",
    "available",
    "captured",
    "charges_enabled",
    "details_submitted",
    "is_default",
    "paid",
    "payouts_enabled",
    "verified",
];

/// Flags that are set from the beginning.
pub(super) const SET_AT_ONCE: [&str; 2] = ["active", "valid"];

/// Where the status is plain text, the one of an ordinary object, if it is not `succeeded`.
pub(super) const STATUSES: [(&str, &str); 3] = [
    ("balance_transaction", "available"),
    ("invoice_payment", "paid"),
    ("payout", "paid"),
];

/// The text of fields that are more than a word, by the end of their name.
const TEXTS: [(&str, &str); 23] = [
    ("email", "sam@example.com"),
    ("url", "https://example.com"),
    ("name", "Sam Example"),
    ("phone", "+15555550100"),
    ("phone_number", "+15555550100"),
    ("country", "US"),
    ("currency", "usd"),
    ("last4", "4242"),
    ("line1", "1 Main Street"),
    ("city", "Springfield"),
    ("postal_code", "12345"),
    ("state", "IL"),
    ("ip", "127.0.0.1"),
    ("number", "SAMPLE-0001"),
    ("date", "2026-01-01"),
    ("client_secret", "secret_sample"),
    ("version", "1"),
    ("brand", "visa"),
    ("funding", "credit"),
    ("type", "card"),
    ("status", "succeeded"),
    ("payment_method_types", "card"),
    ("locales", "en"),
];

/// The text of a field that is more than a word.
pub(super) fn known_text(field: &str) -> Option<&'static str> {
    let is_end = |end: &str| {
        field
            .strip_suffix(end)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
    };
    TEXTS
        .iter()
        .find(|(end, _)| is_end(end))
        .map(|(_, text)| *text)
}

/// The value that an ordinary object has.
pub(super) fn usual<'v>(choices: &[&'v str]) -> &'v str {
    let known = USUAL
        .iter()
        .find_map(|usual| choices.iter().find(|it| *it == usual));
    known.or(choices.first()).copied().unwrap_or_default()
}

pub(super) fn placeholder_of_time(field: &str) -> &'static str {
    let is_later = ["end", "expires", "due", "until", "arrival"]
        .iter()
        .any(|word| field.contains(*word));
    if is_later { "@later" } else { "@now" }
}
