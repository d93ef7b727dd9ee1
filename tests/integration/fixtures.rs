//! Payloads of nine years of API versions: each decodes as an event, and its object as its model.

use std::path::{Path, PathBuf};

use djstripe_core::Event;
use djstripe_core::models::*;
use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/events");

fn files() -> Vec<PathBuf> {
    let versions = std::fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = versions
        .flat_map(|version| std::fs::read_dir(version).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();

    files
}

/// Whether the file name begins with the event's name.
fn is_named(path: &Path, event: &Event) -> bool {
    let file = path.file_name().unwrap().to_str().unwrap();
    file.strip_prefix(event.name().as_str())
        .is_some_and(|rest| rest.starts_with('.'))
}

#[test]
fn every_payload_is_an_event_whose_object_is_read() {
    let files = files();
    assert!(files.len() >= 60, "{} payloads", files.len());

    let mut decoded = 0;
    for path in &files {
        let json = std::fs::read_to_string(path).unwrap();
        let event =
            Event::from_json(&json).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(is_named(path, &event), "{}", path.display());
        let Some(object) = event.object_json() else {
            continue;
        };
        let name = event.object_head().object.unwrap_or_default();
        match decode(&name, &serde_json::from_str(object).unwrap()) {
            Some(Ok(())) => decoded += 1,
            Some(Err(error)) => panic!("{}: {error}", path.display()),
            None => assert!(
                descriptor(&name).is_none(),
                "{}: `{name}` is missing in `models!`",
                path.display()
            ),
        }
    }

    assert!(decoded >= 60, "{decoded} objects");
}

macro_rules! models {
    ($($name:literal => $model:ty,)*) => {
        /// Decodes an object as its model; `None` if the name has no model.
        fn decode(name: &str, value: &Value) -> Option<Result<(), FieldError>> {
            match name {
                $($name => Some(<$model>::decode(value).map(drop)),)*
                _ => None,
            }
        }
    };
}

models! {
    "account" => Account,
    "application" => Application,
    "balance" => Balance,
    "bank_account" => BankAccount,
    "billing.alert_triggered" => BillingAlertTriggered,
    "billing_portal.configuration" => BillingPortalConfiguration,
    "capability" => Capability,
    "card" => Card,
    "cash_balance" => CashBalance,
    "charge" => Charge,
    "checkout.session" => CheckoutSession,
    "climate.order" => ClimateOrder,
    "coupon" => Coupon,
    "credit_note" => CreditNote,
    "customer" => Customer,
    "discount" => Discount,
    "dispute" => Dispute,
    "entitlements.active_entitlement_summary" => EntitlementsActiveEntitlementSummary,
    "file" => File,
    "financial_connections.account" => FinancialConnectionsAccount,
    "identity.verification_session" => IdentityVerificationSession,
    "invoice" => Invoice,
    "invoiceitem" => Invoiceitem,
    "issuing.authorization" => IssuingAuthorization,
    "issuing.card" => IssuingCard,
    "issuing.transaction" => IssuingTransaction,
    "mandate" => Mandate,
    "payment_intent" => PaymentIntent,
    "payment_method" => PaymentMethod,
    "payout" => Payout,
    "person" => Person,
    "plan" => Plan,
    "price" => Price,
    "product" => Product,
    "promotion_code" => PromotionCode,
    "quote" => Quote,
    "radar.early_fraud_warning" => RadarEarlyFraudWarning,
    "refund" => Refund,
    "review" => Review,
    "setup_intent" => SetupIntent,
    "source" => Source,
    "subscription" => Subscription,
    "subscription_schedule" => SubscriptionSchedule,
    "tax.settings" => TaxSettings,
    "tax_id" => TaxId,
    "tax_rate" => TaxRate,
    "terminal.reader" => TerminalReader,
    "test_helpers.test_clock" => TestHelpersTestClock,
    "topup" => Topup,
    "transfer" => Transfer,
    "treasury.financial_account" => TreasuryFinancialAccount,
    "treasury.received_credit" => TreasuryReceivedCredit,
}
