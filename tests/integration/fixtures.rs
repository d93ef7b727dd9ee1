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

#[tokio::test]
async fn every_complete_object_is_read() {
    let stripe = djstripe_core::testing::FakeStripe::start().await.unwrap();
    for known in DESCRIPTORS {
        let object = stripe.fixture(known.object, Value::Object(Default::default()));
        match decode(known.object, &object) {
            Some(Ok(())) => {}
            Some(Err(error)) => panic!("{}: {error}: {object}", known.object),
            None => panic!("`{}` is missing in `models!`", known.object),
        }
    }
}

macro_rules! models {
    ($($name:literal => $model:ty,)*) => {
        /// Decodes an object as its model; `None` if the name has no model.
        pub(crate) fn decode(name: &str, value: &Value) -> Option<Result<(), FieldError>> {
            match name {
                $($name => Some(<$model>::decode(value).map(drop)),)*
                _ => None,
            }
        }
    };
}

models! {
    "account" => Account,
    "account_link" => AccountLink,
    "account_session" => AccountSession,
    "apple_pay_domain" => ApplePayDomain,
    "application" => Application,
    "application_fee" => ApplicationFee,
    "apps.install" => AppsInstall,
    "apps.secret" => AppsSecret,
    "balance" => Balance,
    "balance_settings" => BalanceSettings,
    "balance_transaction" => BalanceTransaction,
    "bank_account" => BankAccount,
    "billing.alert" => BillingAlert,
    "billing.alert_triggered" => BillingAlertTriggered,
    "billing.credit_balance_summary" => BillingCreditBalanceSummary,
    "billing.credit_balance_transaction" => BillingCreditBalanceTransaction,
    "billing.credit_grant" => BillingCreditGrant,
    "billing.feedback_option" => BillingFeedbackOption,
    "billing.meter" => BillingMeter,
    "billing.meter_event" => BillingMeterEvent,
    "billing.meter_event_adjustment" => BillingMeterEventAdjustment,
    "billing.meter_event_summary" => BillingMeterEventSummary,
    "billing_portal.configuration" => BillingPortalConfiguration,
    "billing_portal.session" => BillingPortalSession,
    "capability" => Capability,
    "card" => Card,
    "cash_balance" => CashBalance,
    "charge" => Charge,
    "checkout.session" => CheckoutSession,
    "climate.order" => ClimateOrder,
    "climate.product" => ClimateProduct,
    "climate.supplier" => ClimateSupplier,
    "confirmation_token" => ConfirmationToken,
    "connect_collection_transfer" => ConnectCollectionTransfer,
    "country_spec" => CountrySpec,
    "coupon" => Coupon,
    "credit_note" => CreditNote,
    "credit_note_line_item" => CreditNoteLineItem,
    "customer" => Customer,
    "customer_balance_transaction" => CustomerBalanceTransaction,
    "customer_cash_balance_transaction" => CustomerCashBalanceTransaction,
    "customer_session" => CustomerSession,
    "discount" => Discount,
    "dispute" => Dispute,
    "entitlements.active_entitlement" => EntitlementsActiveEntitlement,
    "entitlements.active_entitlement_summary" => EntitlementsActiveEntitlementSummary,
    "entitlements.feature" => EntitlementsFeature,
    "ephemeral_key" => EphemeralKey,
    "event" => djstripe_core::models::Event,
    "exchange_rate" => ExchangeRate,
    "fee_refund" => FeeRefund,
    "file" => File,
    "file_link" => FileLink,
    "financial_connections.account" => FinancialConnectionsAccount,
    "financial_connections.account_owner" => FinancialConnectionsAccountOwner,
    "financial_connections.account_ownership" => FinancialConnectionsAccountOwnership,
    "financial_connections.authorization" => FinancialConnectionsAuthorization,
    "financial_connections.session" => FinancialConnectionsSession,
    "financial_connections.transaction" => FinancialConnectionsTransaction,
    "forwarding.request" => ForwardingRequest,
    "funding_instructions" => FundingInstructions,
    "identity.verification_report" => IdentityVerificationReport,
    "identity.verification_session" => IdentityVerificationSession,
    "invoice" => Invoice,
    "invoice_payment" => InvoicePayment,
    "invoice_rendering_template" => InvoiceRenderingTemplate,
    "invoiceitem" => Invoiceitem,
    "issuing.authorization" => IssuingAuthorization,
    "issuing.card" => IssuingCard,
    "issuing.cardholder" => IssuingCardholder,
    "issuing.dispute" => IssuingDispute,
    "issuing.personalization_design" => IssuingPersonalizationDesign,
    "issuing.physical_bundle" => IssuingPhysicalBundle,
    "issuing.settlement" => IssuingSettlement,
    "issuing.token" => IssuingToken,
    "issuing.transaction" => IssuingTransaction,
    "item" => Item,
    "line_item" => LineItem,
    "login_link" => LoginLink,
    "mandate" => Mandate,
    "payment_attempt_record" => PaymentAttemptRecord,
    "payment_intent" => PaymentIntent,
    "payment_intent_amount_details_line_item" => PaymentIntentAmountDetailsLineItem,
    "payment_link" => PaymentLink,
    "payment_method" => PaymentMethod,
    "payment_method_configuration" => PaymentMethodConfiguration,
    "payment_method_domain" => PaymentMethodDomain,
    "payment_record" => PaymentRecord,
    "payout" => Payout,
    "person" => Person,
    "plan" => Plan,
    "price" => Price,
    "product" => Product,
    "product_catalog.trial_offer" => ProductCatalogTrialOffer,
    "product_feature" => ProductFeature,
    "promotion_code" => PromotionCode,
    "quote" => Quote,
    "radar.early_fraud_warning" => RadarEarlyFraudWarning,
    "radar.payment_evaluation" => RadarPaymentEvaluation,
    "radar.value_list" => RadarValueList,
    "radar.value_list_item" => RadarValueListItem,
    "refund" => Refund,
    "reporting.report_run" => ReportingReportRun,
    "reporting.report_type" => ReportingReportType,
    "reserve.hold" => ReserveHold,
    "reserve.plan" => ReservePlan,
    "reserve.release" => ReserveRelease,
    "reserve_transaction" => ReserveTransaction,
    "review" => Review,
    "scheduled_query_run" => ScheduledQueryRun,
    "setup_attempt" => SetupAttempt,
    "setup_intent" => SetupIntent,
    "shipping_rate" => ShippingRate,
    "sigma.sigma_api_query" => SigmaSigmaApiQuery,
    "source" => Source,
    "source_mandate_notification" => SourceMandateNotification,
    "source_transaction" => SourceTransaction,
    "subscription" => Subscription,
    "subscription_item" => SubscriptionItem,
    "subscription_schedule" => SubscriptionSchedule,
    "tax.association" => TaxAssociation,
    "tax.calculation" => TaxCalculation,
    "tax.calculation_line_item" => TaxCalculationLineItem,
    "tax.location" => TaxLocation,
    "tax.registration" => TaxRegistration,
    "tax.settings" => TaxSettings,
    "tax.transaction" => TaxTransaction,
    "tax.transaction_line_item" => TaxTransactionLineItem,
    "tax_code" => TaxCode,
    "tax_deducted_at_source" => TaxDeductedAtSource,
    "tax_id" => TaxId,
    "tax_rate" => TaxRate,
    "terminal.configuration" => TerminalConfiguration,
    "terminal.connection_token" => TerminalConnectionToken,
    "terminal.location" => TerminalLocation,
    "terminal.onboarding_link" => TerminalOnboardingLink,
    "terminal.reader" => TerminalReader,
    "test_helpers.test_clock" => TestHelpersTestClock,
    "three_d_secure.authentication" => ThreeDSecureAuthentication,
    "token" => Token,
    "topup" => Topup,
    "transfer" => Transfer,
    "transfer_reversal" => TransferReversal,
    "treasury.credit_reversal" => TreasuryCreditReversal,
    "treasury.debit_reversal" => TreasuryDebitReversal,
    "treasury.financial_account" => TreasuryFinancialAccount,
    "treasury.financial_account_features" => TreasuryFinancialAccountFeatures,
    "treasury.inbound_transfer" => TreasuryInboundTransfer,
    "treasury.outbound_payment" => TreasuryOutboundPayment,
    "treasury.outbound_transfer" => TreasuryOutboundTransfer,
    "treasury.received_credit" => TreasuryReceivedCredit,
    "treasury.received_debit" => TreasuryReceivedDebit,
    "treasury.transaction" => TreasuryTransaction,
    "treasury.transaction_entry" => TreasuryTransactionEntry,
    "v2.commerce.product_catalog_import" => V2CommerceProductCatalogImport,
    "v2.core.account" => V2CoreAccount,
    "v2.core.account_person" => V2CoreAccountPerson,
    "v2.core.event_destination" => V2CoreEventDestination,
    "v2.money_management.adjustment" => V2MoneyManagementAdjustment,
    "v2.money_management.financial_account" => V2MoneyManagementFinancialAccount,
    "v2.money_management.financial_address" => V2MoneyManagementFinancialAddress,
    "v2.money_management.inbound_transfer" => V2MoneyManagementInboundTransfer,
    "v2.money_management.outbound_payment" => V2MoneyManagementOutboundPayment,
    "v2.money_management.payout_intent" => V2MoneyManagementPayoutIntent,
    "v2.money_management.payout_method" => V2MoneyManagementPayoutMethod,
    "v2.money_management.received_credit" => V2MoneyManagementReceivedCredit,
    "v2.money_management.recipient_verification" => V2MoneyManagementRecipientVerification,
    "v2.money_management.transaction" => V2MoneyManagementTransaction,
    "webhook_endpoint" => WebhookEndpoint,
}
