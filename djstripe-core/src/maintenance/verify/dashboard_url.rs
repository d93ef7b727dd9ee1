//! The address of an object in Stripe's dashboard.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

const DASHBOARD: &str = "https://dashboard.stripe.com";

/// Pages of the dashboard by type of object. Other objects are found by a search for their id.
const PAGES: [(&str, &str); 17] = [
    ("charge", "payments"),
    ("coupon", "coupons"),
    ("credit_note", "credit_notes"),
    ("customer", "customers"),
    ("invoice", "invoices"),
    ("payment_intent", "payments"),
    ("payout", "payouts"),
    ("price", "prices"),
    ("product", "products"),
    ("promotion_code", "promotion_codes"),
    ("quote", "quotes"),
    ("setup_intent", "setup_intents"),
    ("subscription", "subscriptions"),
    ("subscription_schedule", "subscription_schedules"),
    ("tax_rate", "tax-rates"),
    ("topup", "topups"),
    ("webhook_endpoint", "webhooks"),
];

/// The address of an object's page; `account` is empty for the platform's own account.
pub(crate) fn dashboard_url(object: &str, account: &str, livemode: bool, id: &str) -> String {
    let mode = if livemode { "" } else { "/test" };
    let account = if account.is_empty() {
        String::new()
    } else {
        format!("/{}", encoded(account))
    };

    let page = PAGES.iter().find(|(name, _)| *name == object);
    match page {
        Some((_, page)) => format!("{DASHBOARD}{account}{mode}/{page}/{}", encoded(id)),
        // The platform's dashboard shows connected accounts.
        None if object == "account" => {
            format!("{DASHBOARD}{mode}/connect/accounts/{}", encoded(id))
        }
        None => format!("{DASHBOARD}{account}{mode}/search?query={}", encoded(id)),
    }
}

/// The address of an event's page.
#[cfg(feature = "page")]
pub(crate) fn event_url(account: &str, livemode: bool, id: &str) -> String {
    let mode = if livemode { "" } else { "/test" };
    let account = if account.is_empty() {
        String::new()
    } else {
        format!("/{}", encoded(account))
    };
    format!("{DASHBOARD}{account}{mode}/events/{}", encoded(id))
}

fn encoded(id: &str) -> String {
    const ENCODED: percent_encoding::AsciiSet = NON_ALPHANUMERIC
        .remove(b'_')
        .remove(b'-')
        .remove(b'.')
        .remove(b'~');
    utf8_percent_encode(id, &ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_have_their_pages() {
        let check = |object: &str, account: &str, livemode: bool, id: &str, expected: &str| {
            assert_eq!(
                dashboard_url(object, account, livemode, id),
                format!("https://dashboard.stripe.com{expected}")
            );
        };

        check("customer", "", true, "cus_1", "/customers/cus_1");
        check("customer", "", false, "cus_1", "/test/customers/cus_1");
        check(
            "customer",
            "acct_1",
            true,
            "cus_1",
            "/acct_1/customers/cus_1",
        );
        check(
            "charge",
            "acct_1",
            false,
            "ch_1",
            "/acct_1/test/payments/ch_1",
        );
        check("tax_rate", "", true, "txr_1", "/tax-rates/txr_1");
        check(
            "coupon",
            "",
            true,
            "50% off/now",
            "/coupons/50%25%20off%2Fnow",
        );
        check(
            "account",
            "",
            false,
            "acct_2",
            "/test/connect/accounts/acct_2",
        );
        check(
            "account",
            "acct_2",
            true,
            "acct_2",
            "/connect/accounts/acct_2",
        );
        check("checkout.session", "", true, "cs_1", "/search?query=cs_1");
        check(
            "subscription_item",
            "acct_1",
            false,
            "si 1&x",
            "/acct_1/test/search?query=si%201%26x",
        );
    }

    #[test]
    fn pages_are_of_objects_there_are() {
        for (object, _) in PAGES {
            assert!(djstripe_models::descriptor(object).is_some(), "{object}");
        }
    }
}
