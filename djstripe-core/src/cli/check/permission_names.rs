//! Stripe's names of the permissions that restricted keys have. Does no IO.

/// Stripe's name of the permission to read objects of this type, without the ending `_read`; `None`
/// if the reference doesn't name one.
///
/// Source: [Permissions reference](https://docs.stripe.com/stripe-apps/reference/permissions).
pub(super) fn permission_of(object: &str) -> Option<&'static str> {
    Some(match object {
        "account" | "capability" | "person" => "connected_account",
        "application_fee" | "fee_refund" => "application_fee",
        "apple_pay_domain" => "apple_pay_domain",
        "balance" | "balance_transaction" => "balance",
        "billing.meter" | "billing.meter_event_summary" => "billing_meter",
        "billing_portal.configuration" | "billing_portal.session" => "customer_portal",
        "charge" | "refund" => "charge",
        "checkout.session" => "checkout_session",
        "coupon" | "discount" => "coupon",
        "credit_note" | "credit_note_line_item" => "credit_note",
        "customer"
        | "customer_balance_transaction"
        | "customer_cash_balance_transaction"
        | "cash_balance"
        | "tax_id" => "customer",
        "dispute" => "dispute",
        "entitlements.active_entitlement" | "entitlements.feature" => "entitlement",
        "event" => "event",
        "file" | "file_link" => "file",
        "invoice" | "invoice_payment" | "invoiceitem" | "line_item" => "invoice",
        "issuing.authorization" => "issuing_authorization",
        "issuing.card" => "issuing_card",
        "issuing.cardholder" => "issuing_cardholder",
        "issuing.dispute" => "issuing_dispute",
        "issuing.token" => "issuing_token",
        "issuing.transaction" => "issuing_transaction",
        "mandate" => "mandate",
        "payment_intent" => "payment_intent",
        "payment_link" => "payment_links",
        "payment_method" => "payment_method",
        "payment_method_configuration" => "payment_method_configurations",
        "payment_method_domain" => "payment_method_domain",
        "payment_record" | "payment_attempt_record" => "payment_records",
        "payout" => "payout",
        "plan" | "price" => "plan",
        "product" | "product_feature" => "product",
        "promotion_code" => "promotion_code",
        "quote" => "quote",
        "reporting.report_run" | "reporting.report_type" => "report_runs_and_report_types",
        "review" => "review",
        "setup_attempt" | "setup_intent" => "setup_intent",
        "shipping_rate" => "shipping_rate",
        "source" => "source",
        "subscription" | "subscription_item" | "subscription_schedule" => "subscription",
        "tax.calculation" | "tax.transaction" => "tax_calculations_and_transactions",
        "tax.settings" => "tax_settings",
        "tax_rate" => "tax_rate",
        "terminal.configuration" => "terminal_configuration",
        "terminal.location" => "terminal_location",
        "terminal.reader" => "terminal_reader",
        "test_helpers.test_clock" => "billing_clock",
        "topup" => "top_up",
        "transfer" | "transfer_reversal" => "transfer",
        "treasury.financial_account" => "financial_account",
        "treasury.inbound_transfer" => "inbound_transfer",
        "treasury.outbound_payment" => "outbound_payment",
        "treasury.outbound_transfer" => "outbound_transfer",
        "treasury.received_credit" => "received_credit",
        "treasury.received_debit" => "received_debit",
        "treasury.transaction" => "treasury_transaction",
        "webhook_endpoint" => "webhook",
        _ => return None,
    })
}

/// The permissions that Stripe names in the message of a refusal, without the prefix `rak_`: one of
/// them is enough.
pub(super) fn named_in(message: &str) -> Vec<String> {
    let quoted = message.split('\'').skip(1).step_by(2);
    quoted
        .filter_map(|word| word.strip_prefix("rak_"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use djstripe_models::DESCRIPTORS;

    use super::*;

    #[test]
    fn every_name_is_of_a_type_of_object() {
        let named = DESCRIPTORS
            .iter()
            .filter(|descriptor| permission_of(descriptor.object).is_some());
        assert!(named.count() > 60);
        for object in ["charge", "price", "checkout.session", "topup"] {
            assert!(permission_of(object).is_some(), "{object}");
        }
        assert_eq!(permission_of("price"), permission_of("plan"));
    }

    #[test]
    fn a_refusal_names_what_is_lacking() {
        let check = |message: &str, expected: &[&str]| assert_eq!(named_in(message), expected);
        let one = "The provided key 'rk_test_***' does not have the required permissions for this \
                   endpoint on account 'acct_1'. Having the 'rak_charge_read' permission would \
                   allow this request to continue.";
        check(one, &["charge_read"]);
        let several = "Having the 'rak_plan_read', 'rak_product_read' permissions would allow this \
                       request to continue.";
        check(several, &["plan_read", "product_read"]);
        check(
            "The provided key does not have the required permissions.",
            &[],
        );
    }
}
