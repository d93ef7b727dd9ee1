-- Written by `cargo xtask codegen`. Released migrations never change.

LOCK TABLE stripe_account, stripe_apple_pay_domain, stripe_application, stripe_application_fee, stripe_apps_install, stripe_apps_secret, stripe_balance_transaction, stripe_bank_account, stripe_billing_alert, stripe_billing_credit_balance_transaction, stripe_billing_credit_grant, stripe_billing_meter, stripe_billing_meter_event_summary, stripe_billing_portal_configuration, stripe_billing_portal_session, stripe_capability, stripe_card, stripe_charge, stripe_checkout_session, stripe_climate_order, stripe_climate_product, stripe_climate_supplier, stripe_confirmation_token, stripe_connect_collection_transfer, stripe_country_spec, stripe_coupon, stripe_credit_note, stripe_credit_note_line_item, stripe_customer, stripe_customer_balance_transaction, stripe_customer_cash_balance_transaction, stripe_discount, stripe_dispute, stripe_entitlements_active_entitlement, stripe_entitlements_feature, stripe_ephemeral_key, stripe_event, stripe_exchange_rate, stripe_fee_refund, stripe_file, stripe_file_link, stripe_financial_connections_account, stripe_financial_connections_account_owner, stripe_financial_connections_account_ownership, stripe_financial_connections_authorization, stripe_financial_connections_session, stripe_financial_connections_transaction, stripe_forwarding_request, stripe_identity_verification_report, stripe_identity_verification_session, stripe_invoice, stripe_invoice_payment, stripe_invoice_rendering_template, stripe_invoiceitem, stripe_issuing_authorization, stripe_issuing_card, stripe_issuing_cardholder, stripe_issuing_dispute, stripe_issuing_personalization_design, stripe_issuing_physical_bundle, stripe_issuing_settlement, stripe_issuing_token, stripe_issuing_transaction, stripe_item, stripe_line_item, stripe_mandate, stripe_payment_attempt_record, stripe_payment_intent, stripe_payment_intent_amount_details_line_item, stripe_payment_link, stripe_payment_method, stripe_payment_method_configuration, stripe_payment_method_domain, stripe_payment_record, stripe_payout, stripe_person, stripe_plan, stripe_price, stripe_product, stripe_product_feature, stripe_promotion_code, stripe_quote, stripe_radar_early_fraud_warning, stripe_radar_payment_evaluation, stripe_radar_value_list, stripe_radar_value_list_item, stripe_refund, stripe_reporting_report_run, stripe_reporting_report_type, stripe_reserve_hold, stripe_reserve_plan, stripe_reserve_release, stripe_reserve_transaction, stripe_review, stripe_scheduled_query_run, stripe_setup_attempt, stripe_setup_intent, stripe_shipping_rate, stripe_sigma_sigma_api_query, stripe_source, stripe_source_mandate_notification, stripe_source_transaction, stripe_subscription, stripe_subscription_item, stripe_subscription_schedule, stripe_tax_association, stripe_tax_calculation, stripe_tax_calculation_line_item, stripe_tax_code, stripe_tax_deducted_at_source, stripe_tax_id, stripe_tax_rate, stripe_tax_registration, stripe_tax_transaction, stripe_tax_transaction_line_item, stripe_terminal_configuration, stripe_terminal_location, stripe_terminal_reader, stripe_test_helpers_test_clock, stripe_three_d_secure_authentication, stripe_token, stripe_topup, stripe_transfer, stripe_transfer_reversal, stripe_treasury_credit_reversal, stripe_treasury_debit_reversal, stripe_treasury_financial_account, stripe_treasury_inbound_transfer, stripe_treasury_outbound_payment, stripe_treasury_outbound_transfer, stripe_treasury_received_credit, stripe_treasury_received_debit, stripe_treasury_transaction, stripe_treasury_transaction_entry, stripe_webhook_endpoint IN ACCESS EXCLUSIVE MODE;

ALTER TABLE stripe_account
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_account_incomplete ON stripe_account ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_account_undecided ON stripe_account ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_apple_pay_domain
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_apple_pay_domain_incomplete ON stripe_apple_pay_domain ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_apple_pay_domain_undecided ON stripe_apple_pay_domain ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_application
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_application_incomplete ON stripe_application ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_application_undecided ON stripe_application ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_application_fee
    ADD COLUMN "originating_transaction" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data -> 'originating_transaction') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'originating_transaction')) <= 500 THEN (stripe_data ->> 'originating_transaction') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'originating_transaction' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'originating_transaction' ->> 'id')) <= 500 THEN (stripe_data -> 'originating_transaction' ->> 'id') END END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_application_fee_incomplete ON stripe_application_fee ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_application_fee_undecided ON stripe_application_fee ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_apps_install
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_apps_install_incomplete ON stripe_apps_install ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_apps_install_undecided ON stripe_apps_install ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_apps_secret
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_apps_secret_incomplete ON stripe_apps_secret ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_apps_secret_undecided ON stripe_apps_secret ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_balance_transaction
    ADD COLUMN "source" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data -> 'source') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'source')) <= 500 THEN (stripe_data ->> 'source') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'source' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'source' ->> 'id')) <= 500 THEN (stripe_data -> 'source' ->> 'id') END END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_balance_transaction_source ON stripe_balance_transaction ("source") WHERE "source" IS NOT NULL;
CREATE INDEX stripe_balance_transaction_incomplete ON stripe_balance_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_balance_transaction_undecided ON stripe_balance_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_bank_account
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_bank_account_incomplete ON stripe_bank_account ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_bank_account_undecided ON stripe_bank_account ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_billing_alert
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_billing_alert_incomplete ON stripe_billing_alert ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_alert_undecided ON stripe_billing_alert ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_billing_credit_balance_transaction
    ADD COLUMN "invoice" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{debit,credits_applied,invoice}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{debit,credits_applied,invoice}')) <= 500 THEN (stripe_data #>> '{debit,credits_applied,invoice}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{debit,credits_applied,invoice}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{debit,credits_applied,invoice}' ->> 'id')) <= 500 THEN (stripe_data #> '{debit,credits_applied,invoice}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{credit,credits_application_invoice_voided,invoice}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{credit,credits_application_invoice_voided,invoice}')) <= 500 THEN (stripe_data #>> '{credit,credits_application_invoice_voided,invoice}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{credit,credits_application_invoice_voided,invoice}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{credit,credits_application_invoice_voided,invoice}' ->> 'id')) <= 500 THEN (stripe_data #> '{credit,credits_application_invoice_voided,invoice}' ->> 'id') END END END)) STORED,
    ADD COLUMN "amount" bigint GENERATED ALWAYS AS (coalesce(CASE WHEN jsonb_typeof(stripe_data #> '{credit,amount,monetary,value}') = 'number' AND stripe_data #>> '{credit,amount,monetary,value}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{credit,amount,monetary,value}')::bigint END, CASE WHEN jsonb_typeof(stripe_data #> '{debit,amount,monetary,value}') = 'number' AND stripe_data #>> '{debit,amount,monetary,value}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{debit,amount,monetary,value}')::bigint END)) STORED,
    ADD COLUMN "currency" text GENERATED ALWAYS AS (coalesce(CASE WHEN jsonb_typeof(stripe_data #> '{credit,amount,monetary,currency}') = 'string' THEN CASE WHEN length((stripe_data #>> '{credit,amount,monetary,currency}')) <= 500 THEN (stripe_data #>> '{credit,amount,monetary,currency}') END END, CASE WHEN jsonb_typeof(stripe_data #> '{debit,amount,monetary,currency}') = 'string' THEN CASE WHEN length((stripe_data #>> '{debit,amount,monetary,currency}')) <= 500 THEN (stripe_data #>> '{debit,amount,monetary,currency}') END END)) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_billing_credit_balance_transaction_invoice ON stripe_billing_credit_balance_transaction ("invoice") WHERE "invoice" IS NOT NULL;
CREATE INDEX stripe_billing_credit_balance_transaction_incomplete ON stripe_billing_credit_balance_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_credit_balance_transaction_undecided ON stripe_billing_credit_balance_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_billing_credit_grant
    DROP COLUMN "amount",
    ADD COLUMN "amount" bigint GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data #> '{amount,monetary,value}') = 'number' AND stripe_data #>> '{amount,monetary,value}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{amount,monetary,value}')::bigint END) STORED,
    ADD COLUMN "currency" text GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data #> '{amount,monetary,currency}') = 'string' THEN CASE WHEN length((stripe_data #>> '{amount,monetary,currency}')) <= 500 THEN (stripe_data #>> '{amount,monetary,currency}') END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_billing_credit_grant_incomplete ON stripe_billing_credit_grant ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_credit_grant_undecided ON stripe_billing_credit_grant ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_billing_meter
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_billing_meter_incomplete ON stripe_billing_meter ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_meter_undecided ON stripe_billing_meter ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_billing_meter_event_summary
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_billing_meter_event_summary_incomplete ON stripe_billing_meter_event_summary ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_meter_event_summary_undecided ON stripe_billing_meter_event_summary ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_billing_portal_configuration
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_billing_portal_configuration_incomplete ON stripe_billing_portal_configuration ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_portal_configuration_undecided ON stripe_billing_portal_configuration ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_billing_portal_session
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_billing_portal_session_incomplete ON stripe_billing_portal_session ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_portal_session_undecided ON stripe_billing_portal_session ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_capability
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_capability_incomplete ON stripe_capability ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_capability_undecided ON stripe_capability ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_card
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_card_incomplete ON stripe_card ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_card_undecided ON stripe_card ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_cash_balance (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data jsonb NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data -> 'customer') = 'string' THEN CASE WHEN length((stripe_data ->> 'customer')) <= 500 THEN (stripe_data ->> 'customer') END END) STORED,
    djstripe_source text,
    djstripe_events text,
    djstripe_incomplete text,
    djstripe_undecided boolean NOT NULL DEFAULT false,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_cash_balance_customer ON stripe_cash_balance ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_cash_balance_incomplete ON stripe_cash_balance ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_cash_balance_undecided ON stripe_cash_balance ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_charge
    ADD COLUMN "invoice" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data -> 'invoice') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'invoice')) <= 500 THEN (stripe_data ->> 'invoice') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'invoice' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'invoice' ->> 'id')) <= 500 THEN (stripe_data -> 'invoice' ->> 'id') END END END) STORED,
    ADD COLUMN "generated_sepa_debit" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,bancontact,generated_sepa_debit}')) <= 500 THEN (stripe_data #>> '{payment_method_details,bancontact,generated_sepa_debit}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,ideal,generated_sepa_debit}')) <= 500 THEN (stripe_data #>> '{payment_method_details,ideal,generated_sepa_debit}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,sofort,generated_sepa_debit}')) <= 500 THEN (stripe_data #>> '{payment_method_details,sofort,generated_sepa_debit}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}' ->> 'id') END END END)) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_charge_invoice ON stripe_charge ("invoice") WHERE "invoice" IS NOT NULL;
CREATE INDEX stripe_charge_incomplete ON stripe_charge ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_charge_undecided ON stripe_charge ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_checkout_session
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_checkout_session_incomplete ON stripe_checkout_session ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_checkout_session_undecided ON stripe_checkout_session ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_climate_order
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_climate_order_incomplete ON stripe_climate_order ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_climate_order_undecided ON stripe_climate_order ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_climate_product
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_climate_product_incomplete ON stripe_climate_product ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_climate_product_undecided ON stripe_climate_product ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_climate_supplier
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_climate_supplier_incomplete ON stripe_climate_supplier ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_climate_supplier_undecided ON stripe_climate_supplier ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_confirmation_token
    ADD COLUMN "customer" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data #> '{payment_method_preview,customer}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_preview,customer}')) <= 500 THEN (stripe_data #>> '{payment_method_preview,customer}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_preview,customer}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_preview,customer}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_preview,customer}' ->> 'id') END END END) STORED,
    ADD COLUMN "charge" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{payment_method_preview,card,generated_from,charge}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_preview,card,generated_from,charge}')) <= 500 THEN (stripe_data #>> '{payment_method_preview,card,generated_from,charge}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_preview,card,generated_from,charge}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_preview,card,generated_from,charge}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_preview,card,generated_from,charge}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{payment_method_preview,sepa_debit,generated_from,charge}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_preview,sepa_debit,generated_from,charge}')) <= 500 THEN (stripe_data #>> '{payment_method_preview,sepa_debit,generated_from,charge}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_preview,sepa_debit,generated_from,charge}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_preview,sepa_debit,generated_from,charge}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_preview,sepa_debit,generated_from,charge}' ->> 'id') END END END)) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_confirmation_token_customer ON stripe_confirmation_token ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_confirmation_token_charge ON stripe_confirmation_token ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_confirmation_token_incomplete ON stripe_confirmation_token ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_confirmation_token_undecided ON stripe_confirmation_token ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_connect_collection_transfer
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_connect_collection_transfer_incomplete ON stripe_connect_collection_transfer ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_connect_collection_transfer_undecided ON stripe_connect_collection_transfer ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_country_spec
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_country_spec_incomplete ON stripe_country_spec ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_country_spec_undecided ON stripe_country_spec ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_coupon
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_coupon_incomplete ON stripe_coupon ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_coupon_undecided ON stripe_coupon ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_credit_note
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_credit_note_incomplete ON stripe_credit_note ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_credit_note_undecided ON stripe_credit_note ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_credit_note_line_item
    ADD COLUMN "invoice_line_item" text GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data -> 'invoice_line_item') = 'string' THEN CASE WHEN length((stripe_data ->> 'invoice_line_item')) <= 500 THEN (stripe_data ->> 'invoice_line_item') END END) STORED,
    ADD COLUMN parent_type text,
    ADD COLUMN parent_id text,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_credit_note_line_item_invoice_line_item ON stripe_credit_note_line_item ("invoice_line_item") WHERE "invoice_line_item" IS NOT NULL;
CREATE INDEX stripe_credit_note_line_item_parent_id ON stripe_credit_note_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_credit_note_line_item_incomplete ON stripe_credit_note_line_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_credit_note_line_item_undecided ON stripe_credit_note_line_item ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_customer
    DROP COLUMN "balance",
    ADD COLUMN "balance" bigint GENERATED ALWAYS AS (coalesce(CASE WHEN jsonb_typeof(stripe_data -> 'balance') = 'number' AND stripe_data ->> 'balance' ~ '^-?[0-9]{1,18}$' THEN (stripe_data ->> 'balance')::bigint END, CASE WHEN jsonb_typeof(stripe_data -> 'account_balance') = 'number' AND stripe_data ->> 'account_balance' ~ '^-?[0-9]{1,18}$' THEN (stripe_data ->> 'account_balance')::bigint END)) STORED,
    ADD COLUMN "default_payment_method" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data #> '{invoice_settings,default_payment_method}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{invoice_settings,default_payment_method}')) <= 500 THEN (stripe_data #>> '{invoice_settings,default_payment_method}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{invoice_settings,default_payment_method}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{invoice_settings,default_payment_method}' ->> 'id')) <= 500 THEN (stripe_data #> '{invoice_settings,default_payment_method}' ->> 'id') END END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_customer_incomplete ON stripe_customer ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_customer_undecided ON stripe_customer ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_customer_balance_transaction
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_customer_balance_transaction_incomplete ON stripe_customer_balance_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_customer_balance_transaction_undecided ON stripe_customer_balance_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_customer_cash_balance_transaction
    ADD COLUMN "payment_intent" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{applied_to_payment,payment_intent}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{applied_to_payment,payment_intent}')) <= 500 THEN (stripe_data #>> '{applied_to_payment,payment_intent}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{applied_to_payment,payment_intent}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{applied_to_payment,payment_intent}' ->> 'id')) <= 500 THEN (stripe_data #> '{applied_to_payment,payment_intent}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{unapplied_from_payment,payment_intent}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{unapplied_from_payment,payment_intent}')) <= 500 THEN (stripe_data #>> '{unapplied_from_payment,payment_intent}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{unapplied_from_payment,payment_intent}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{unapplied_from_payment,payment_intent}' ->> 'id')) <= 500 THEN (stripe_data #> '{unapplied_from_payment,payment_intent}' ->> 'id') END END END)) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_customer_cash_balance_transaction_payment_intent ON stripe_customer_cash_balance_transaction ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_customer_cash_balance_transaction_incomplete ON stripe_customer_cash_balance_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_customer_cash_balance_transaction_undecided ON stripe_customer_cash_balance_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_discount
    ADD COLUMN "coupon" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{source,coupon}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{source,coupon}')) <= 500 THEN (stripe_data #>> '{source,coupon}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{source,coupon}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{source,coupon}' ->> 'id')) <= 500 THEN (stripe_data #> '{source,coupon}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data -> 'coupon') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'coupon')) <= 500 THEN (stripe_data ->> 'coupon') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'coupon' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'coupon' ->> 'id')) <= 500 THEN (stripe_data -> 'coupon' ->> 'id') END END END)) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_discount_coupon ON stripe_discount ("coupon") WHERE "coupon" IS NOT NULL;
CREATE INDEX stripe_discount_incomplete ON stripe_discount ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_discount_undecided ON stripe_discount ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_dispute
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_dispute_incomplete ON stripe_dispute ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_dispute_undecided ON stripe_dispute ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_entitlements_active_entitlement
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_entitlements_active_entitlement_incomplete ON stripe_entitlements_active_entitlement ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_entitlements_active_entitlement_undecided ON stripe_entitlements_active_entitlement ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_entitlements_feature
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_entitlements_feature_incomplete ON stripe_entitlements_feature ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_entitlements_feature_undecided ON stripe_entitlements_feature ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_ephemeral_key
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_ephemeral_key_incomplete ON stripe_ephemeral_key ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_ephemeral_key_undecided ON stripe_ephemeral_key ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_event
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_event_incomplete ON stripe_event ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_event_undecided ON stripe_event ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_exchange_rate
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_exchange_rate_incomplete ON stripe_exchange_rate ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_exchange_rate_undecided ON stripe_exchange_rate ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_fee_refund
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_fee_refund_incomplete ON stripe_fee_refund ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_fee_refund_undecided ON stripe_fee_refund ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_file
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_file_incomplete ON stripe_file ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_file_undecided ON stripe_file ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_file_link
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_file_link_incomplete ON stripe_file_link ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_file_link_undecided ON stripe_file_link ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_financial_connections_account
    DROP COLUMN "balance",
    ADD COLUMN "customer" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data #> '{account_holder,customer}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{account_holder,customer}')) <= 500 THEN (stripe_data #>> '{account_holder,customer}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{account_holder,customer}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{account_holder,customer}' ->> 'id')) <= 500 THEN (stripe_data #> '{account_holder,customer}' ->> 'id') END END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_financial_connections_account_customer ON stripe_financial_connections_account ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_incomplete ON stripe_financial_connections_account ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_undecided ON stripe_financial_connections_account ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_financial_connections_account_owner
    ADD COLUMN parent_type text,
    ADD COLUMN parent_id text,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_financial_connections_account_owner_parent_id ON stripe_financial_connections_account_owner ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_owner_incomplete ON stripe_financial_connections_account_owner ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_owner_undecided ON stripe_financial_connections_account_owner ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_financial_connections_account_ownership
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_financial_connections_account_ownership_incomplete ON stripe_financial_connections_account_ownership ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_ownership_undecided ON stripe_financial_connections_account_ownership ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_financial_connections_authorization
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_financial_connections_authorization_incomplete ON stripe_financial_connections_authorization ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_financial_connections_authorization_undecided ON stripe_financial_connections_authorization ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_financial_connections_session
    ADD COLUMN "customer" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data #> '{account_holder,customer}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{account_holder,customer}')) <= 500 THEN (stripe_data #>> '{account_holder,customer}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{account_holder,customer}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{account_holder,customer}' ->> 'id')) <= 500 THEN (stripe_data #> '{account_holder,customer}' ->> 'id') END END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_financial_connections_session_customer ON stripe_financial_connections_session ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_financial_connections_session_incomplete ON stripe_financial_connections_session ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_financial_connections_session_undecided ON stripe_financial_connections_session ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_financial_connections_transaction
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_financial_connections_transaction_incomplete ON stripe_financial_connections_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_financial_connections_transaction_undecided ON stripe_financial_connections_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_forwarding_request
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_forwarding_request_incomplete ON stripe_forwarding_request ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_forwarding_request_undecided ON stripe_forwarding_request ("djstripe_undecided") WHERE "djstripe_undecided";

DROP INDEX stripe_identity_verification_report_email;
ALTER TABLE stripe_identity_verification_report
    DROP COLUMN "email",
    ADD COLUMN "email" text GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data #> '{email,email}') = 'string' THEN CASE WHEN length((stripe_data #>> '{email,email}')) <= 500 THEN (stripe_data #>> '{email,email}') END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_identity_verification_report_email ON stripe_identity_verification_report ("email") WHERE "email" IS NOT NULL;
CREATE INDEX stripe_identity_verification_report_incomplete ON stripe_identity_verification_report ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_identity_verification_report_undecided ON stripe_identity_verification_report ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_identity_verification_session
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_identity_verification_session_incomplete ON stripe_identity_verification_session ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_identity_verification_session_undecided ON stripe_identity_verification_session ("djstripe_undecided") WHERE "djstripe_undecided";

DROP INDEX stripe_invoice_created;
ALTER TABLE stripe_invoice
    DROP COLUMN "created",
    ADD COLUMN "subscription" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{parent,subscription_details,subscription}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{parent,subscription_details,subscription}')) <= 500 THEN (stripe_data #>> '{parent,subscription_details,subscription}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{parent,subscription_details,subscription}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{parent,subscription_details,subscription}' ->> 'id')) <= 500 THEN (stripe_data #> '{parent,subscription_details,subscription}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data -> 'subscription') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'subscription')) <= 500 THEN (stripe_data ->> 'subscription') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'subscription' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'subscription' ->> 'id')) <= 500 THEN (stripe_data -> 'subscription' ->> 'id') END END END)) STORED,
    ADD COLUMN "payment_intent" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data -> 'payment_intent') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'payment_intent')) <= 500 THEN (stripe_data ->> 'payment_intent') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'payment_intent' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'payment_intent' ->> 'id')) <= 500 THEN (stripe_data -> 'payment_intent' ->> 'id') END END END) STORED,
    ADD COLUMN "charge" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data -> 'charge') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'charge')) <= 500 THEN (stripe_data ->> 'charge') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'charge' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'charge' ->> 'id')) <= 500 THEN (stripe_data -> 'charge' ->> 'id') END END END) STORED,
    ADD COLUMN "created" bigint GENERATED ALWAYS AS (coalesce(CASE WHEN jsonb_typeof(stripe_data -> 'created') = 'number' AND stripe_data ->> 'created' ~ '^-?[0-9]{1,18}$' THEN (stripe_data ->> 'created')::bigint END, CASE WHEN jsonb_typeof(stripe_data -> 'date') = 'number' AND stripe_data ->> 'date' ~ '^-?[0-9]{1,18}$' THEN (stripe_data ->> 'date')::bigint END)) STORED,
    ADD COLUMN "default_payment_method" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data -> 'default_payment_method') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'default_payment_method')) <= 500 THEN (stripe_data ->> 'default_payment_method') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'default_payment_method' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'default_payment_method' ->> 'id')) <= 500 THEN (stripe_data -> 'default_payment_method' ->> 'id') END END END) STORED,
    ADD COLUMN "from_invoice" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data #> '{from_invoice,invoice}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{from_invoice,invoice}')) <= 500 THEN (stripe_data #>> '{from_invoice,invoice}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{from_invoice,invoice}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{from_invoice,invoice}' ->> 'id')) <= 500 THEN (stripe_data #> '{from_invoice,invoice}' ->> 'id') END END END) STORED,
    ADD COLUMN "latest_revision" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data -> 'latest_revision') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'latest_revision')) <= 500 THEN (stripe_data ->> 'latest_revision') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'latest_revision' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'latest_revision' ->> 'id')) <= 500 THEN (stripe_data -> 'latest_revision' ->> 'id') END END END) STORED,
    ADD COLUMN "quote" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{parent,quote_details,quote}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{parent,quote_details,quote}')) <= 500 THEN (stripe_data #>> '{parent,quote_details,quote}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{parent,quote_details,quote}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{parent,quote_details,quote}' ->> 'id')) <= 500 THEN (stripe_data #> '{parent,quote_details,quote}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data -> 'quote') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'quote')) <= 500 THEN (stripe_data ->> 'quote') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'quote' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'quote' ->> 'id')) <= 500 THEN (stripe_data -> 'quote' ->> 'id') END END END)) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_invoice_subscription ON stripe_invoice ("subscription") WHERE "subscription" IS NOT NULL;
CREATE INDEX stripe_invoice_payment_intent ON stripe_invoice ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_invoice_charge ON stripe_invoice ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_invoice_created ON stripe_invoice ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_invoice_incomplete ON stripe_invoice ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_invoice_undecided ON stripe_invoice ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_invoice_payment
    ADD COLUMN "payment_intent" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data #> '{payment,payment_intent}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment,payment_intent}')) <= 500 THEN (stripe_data #>> '{payment,payment_intent}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment,payment_intent}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment,payment_intent}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment,payment_intent}' ->> 'id') END END END) STORED,
    ADD COLUMN "charge" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data #> '{payment,charge}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment,charge}')) <= 500 THEN (stripe_data #>> '{payment,charge}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment,charge}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment,charge}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment,charge}' ->> 'id') END END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_invoice_payment_payment_intent ON stripe_invoice_payment ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_invoice_payment_charge ON stripe_invoice_payment ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_invoice_payment_incomplete ON stripe_invoice_payment ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_invoice_payment_undecided ON stripe_invoice_payment ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_invoice_rendering_template
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_invoice_rendering_template_incomplete ON stripe_invoice_rendering_template ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_invoice_rendering_template_undecided ON stripe_invoice_rendering_template ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_invoiceitem
    ADD COLUMN "subscription" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{parent,subscription_details,subscription}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{parent,subscription_details,subscription}')) <= 500 THEN (stripe_data #>> '{parent,subscription_details,subscription}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{parent,subscription_details,subscription}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{parent,subscription_details,subscription}' ->> 'id')) <= 500 THEN (stripe_data #> '{parent,subscription_details,subscription}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data -> 'subscription') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'subscription')) <= 500 THEN (stripe_data ->> 'subscription') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'subscription' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'subscription' ->> 'id')) <= 500 THEN (stripe_data -> 'subscription' ->> 'id') END END END)) STORED,
    ADD COLUMN "price" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{pricing,price_details,price}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{pricing,price_details,price}')) <= 500 THEN (stripe_data #>> '{pricing,price_details,price}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{pricing,price_details,price}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{pricing,price_details,price}' ->> 'id')) <= 500 THEN (stripe_data #> '{pricing,price_details,price}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data -> 'price') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'price')) <= 500 THEN (stripe_data ->> 'price') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'price' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'price' ->> 'id')) <= 500 THEN (stripe_data -> 'price' ->> 'id') END END END, CASE jsonb_typeof(stripe_data -> 'plan') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'plan')) <= 500 THEN (stripe_data ->> 'plan') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'plan' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'plan' ->> 'id')) <= 500 THEN (stripe_data -> 'plan' ->> 'id') END END END)) STORED,
    ADD COLUMN "product" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{pricing,price_details,product}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{pricing,price_details,product}')) <= 500 THEN (stripe_data #>> '{pricing,price_details,product}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{pricing,price_details,product}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{pricing,price_details,product}' ->> 'id')) <= 500 THEN (stripe_data #> '{pricing,price_details,product}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{price,product}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{price,product}')) <= 500 THEN (stripe_data #>> '{price,product}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{price,product}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{price,product}' ->> 'id')) <= 500 THEN (stripe_data #> '{price,product}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{plan,product}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{plan,product}')) <= 500 THEN (stripe_data #>> '{plan,product}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{plan,product}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{plan,product}' ->> 'id')) <= 500 THEN (stripe_data #> '{plan,product}' ->> 'id') END END END)) STORED,
    ADD COLUMN "subscription_item" text GENERATED ALWAYS AS (coalesce(CASE WHEN jsonb_typeof(stripe_data #> '{parent,subscription_details,subscription_item}') = 'string' THEN CASE WHEN length((stripe_data #>> '{parent,subscription_details,subscription_item}')) <= 500 THEN (stripe_data #>> '{parent,subscription_details,subscription_item}') END END, CASE WHEN jsonb_typeof(stripe_data -> 'subscription_item') = 'string' THEN CASE WHEN length((stripe_data ->> 'subscription_item')) <= 500 THEN (stripe_data ->> 'subscription_item') END END)) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_invoiceitem_subscription ON stripe_invoiceitem ("subscription") WHERE "subscription" IS NOT NULL;
CREATE INDEX stripe_invoiceitem_price ON stripe_invoiceitem ("price") WHERE "price" IS NOT NULL;
CREATE INDEX stripe_invoiceitem_product ON stripe_invoiceitem ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_invoiceitem_subscription_item ON stripe_invoiceitem ("subscription_item") WHERE "subscription_item" IS NOT NULL;
CREATE INDEX stripe_invoiceitem_incomplete ON stripe_invoiceitem ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_invoiceitem_undecided ON stripe_invoiceitem ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_issuing_authorization
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_issuing_authorization_incomplete ON stripe_issuing_authorization ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_authorization_undecided ON stripe_issuing_authorization ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_issuing_card
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_issuing_card_incomplete ON stripe_issuing_card ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_card_undecided ON stripe_issuing_card ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_issuing_cardholder
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_issuing_cardholder_incomplete ON stripe_issuing_cardholder ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_cardholder_undecided ON stripe_issuing_cardholder ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_issuing_dispute
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_issuing_dispute_incomplete ON stripe_issuing_dispute ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_dispute_undecided ON stripe_issuing_dispute ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_issuing_personalization_design
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_issuing_personalization_design_incomplete ON stripe_issuing_personalization_design ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_personalization_design_undecided ON stripe_issuing_personalization_design ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_issuing_physical_bundle
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_issuing_physical_bundle_incomplete ON stripe_issuing_physical_bundle ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_physical_bundle_undecided ON stripe_issuing_physical_bundle ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_issuing_settlement
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_issuing_settlement_incomplete ON stripe_issuing_settlement ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_settlement_undecided ON stripe_issuing_settlement ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_issuing_token
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_issuing_token_incomplete ON stripe_issuing_token ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_token_undecided ON stripe_issuing_token ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_issuing_transaction
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_issuing_transaction_incomplete ON stripe_issuing_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_transaction_undecided ON stripe_issuing_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_item
    ADD COLUMN "product" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data #> '{price,product}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{price,product}')) <= 500 THEN (stripe_data #>> '{price,product}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{price,product}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{price,product}' ->> 'id')) <= 500 THEN (stripe_data #> '{price,product}' ->> 'id') END END END) STORED,
    ADD COLUMN parent_type text,
    ADD COLUMN parent_id text,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_item_product ON stripe_item ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_item_parent_id ON stripe_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_item_incomplete ON stripe_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_item_undecided ON stripe_item ("djstripe_undecided") WHERE "djstripe_undecided";

DROP INDEX stripe_line_item_subscription;
ALTER TABLE stripe_line_item
    DROP COLUMN "subscription",
    ADD COLUMN "subscription" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{parent,subscription_item_details,subscription}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{parent,subscription_item_details,subscription}')) <= 500 THEN (stripe_data #>> '{parent,subscription_item_details,subscription}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{parent,subscription_item_details,subscription}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{parent,subscription_item_details,subscription}' ->> 'id')) <= 500 THEN (stripe_data #> '{parent,subscription_item_details,subscription}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{parent,invoice_item_details,subscription}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{parent,invoice_item_details,subscription}')) <= 500 THEN (stripe_data #>> '{parent,invoice_item_details,subscription}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{parent,invoice_item_details,subscription}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{parent,invoice_item_details,subscription}' ->> 'id')) <= 500 THEN (stripe_data #> '{parent,invoice_item_details,subscription}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data -> 'subscription') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'subscription')) <= 500 THEN (stripe_data ->> 'subscription') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'subscription' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'subscription' ->> 'id')) <= 500 THEN (stripe_data -> 'subscription' ->> 'id') END END END)) STORED,
    ADD COLUMN "price" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{pricing,price_details,price}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{pricing,price_details,price}')) <= 500 THEN (stripe_data #>> '{pricing,price_details,price}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{pricing,price_details,price}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{pricing,price_details,price}' ->> 'id')) <= 500 THEN (stripe_data #> '{pricing,price_details,price}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data -> 'price') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'price')) <= 500 THEN (stripe_data ->> 'price') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'price' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'price' ->> 'id')) <= 500 THEN (stripe_data -> 'price' ->> 'id') END END END, CASE jsonb_typeof(stripe_data -> 'plan') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'plan')) <= 500 THEN (stripe_data ->> 'plan') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'plan' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'plan' ->> 'id')) <= 500 THEN (stripe_data -> 'plan' ->> 'id') END END END)) STORED,
    ADD COLUMN "product" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{pricing,price_details,product}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{pricing,price_details,product}')) <= 500 THEN (stripe_data #>> '{pricing,price_details,product}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{pricing,price_details,product}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{pricing,price_details,product}' ->> 'id')) <= 500 THEN (stripe_data #> '{pricing,price_details,product}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{price,product}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{price,product}')) <= 500 THEN (stripe_data #>> '{price,product}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{price,product}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{price,product}' ->> 'id')) <= 500 THEN (stripe_data #> '{price,product}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{plan,product}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{plan,product}')) <= 500 THEN (stripe_data #>> '{plan,product}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{plan,product}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{plan,product}' ->> 'id')) <= 500 THEN (stripe_data #> '{plan,product}' ->> 'id') END END END)) STORED,
    ADD COLUMN "invoice_item" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{parent,invoice_item_details,invoice_item}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{parent,invoice_item_details,invoice_item}')) <= 500 THEN (stripe_data #>> '{parent,invoice_item_details,invoice_item}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{parent,invoice_item_details,invoice_item}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{parent,invoice_item_details,invoice_item}' ->> 'id')) <= 500 THEN (stripe_data #> '{parent,invoice_item_details,invoice_item}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{parent,subscription_item_details,invoice_item}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{parent,subscription_item_details,invoice_item}')) <= 500 THEN (stripe_data #>> '{parent,subscription_item_details,invoice_item}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{parent,subscription_item_details,invoice_item}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{parent,subscription_item_details,invoice_item}' ->> 'id')) <= 500 THEN (stripe_data #> '{parent,subscription_item_details,invoice_item}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data -> 'invoice_item') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'invoice_item')) <= 500 THEN (stripe_data ->> 'invoice_item') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'invoice_item' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'invoice_item' ->> 'id')) <= 500 THEN (stripe_data -> 'invoice_item' ->> 'id') END END END)) STORED,
    ADD COLUMN "subscription_item" text GENERATED ALWAYS AS (coalesce(CASE WHEN jsonb_typeof(stripe_data #> '{parent,subscription_item_details,subscription_item}') = 'string' THEN CASE WHEN length((stripe_data #>> '{parent,subscription_item_details,subscription_item}')) <= 500 THEN (stripe_data #>> '{parent,subscription_item_details,subscription_item}') END END, CASE WHEN jsonb_typeof(stripe_data -> 'subscription_item') = 'string' THEN CASE WHEN length((stripe_data ->> 'subscription_item')) <= 500 THEN (stripe_data ->> 'subscription_item') END END)) STORED,
    ADD COLUMN parent_type text,
    ADD COLUMN parent_id text,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_line_item_subscription ON stripe_line_item ("subscription") WHERE "subscription" IS NOT NULL;
CREATE INDEX stripe_line_item_price ON stripe_line_item ("price") WHERE "price" IS NOT NULL;
CREATE INDEX stripe_line_item_product ON stripe_line_item ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_line_item_invoice_item ON stripe_line_item ("invoice_item") WHERE "invoice_item" IS NOT NULL;
CREATE INDEX stripe_line_item_subscription_item ON stripe_line_item ("subscription_item") WHERE "subscription_item" IS NOT NULL;
CREATE INDEX stripe_line_item_parent_id ON stripe_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_line_item_incomplete ON stripe_line_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_line_item_undecided ON stripe_line_item ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_mandate
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_mandate_incomplete ON stripe_mandate ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_mandate_undecided ON stripe_mandate ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_payment_attempt_record
    DROP COLUMN "amount",
    DROP COLUMN "amount_refunded",
    ADD COLUMN "customer" text GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data #> '{customer_details,customer}') = 'string' THEN CASE WHEN length((stripe_data #>> '{customer_details,customer}')) <= 500 THEN (stripe_data #>> '{customer_details,customer}') END END) STORED,
    ADD COLUMN "payment_method" text GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,payment_method}') = 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,payment_method}')) <= 500 THEN (stripe_data #>> '{payment_method_details,payment_method}') END END) STORED,
    ADD COLUMN "amount" bigint GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data #> '{amount,value}') = 'number' AND stripe_data #>> '{amount,value}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{amount,value}')::bigint END) STORED,
    ADD COLUMN "amount_refunded" bigint GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data #> '{amount_refunded,value}') = 'number' AND stripe_data #>> '{amount_refunded,value}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{amount_refunded,value}')::bigint END) STORED,
    ADD COLUMN "currency" text GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data #> '{amount,currency}') = 'string' THEN CASE WHEN length((stripe_data #>> '{amount,currency}')) <= 500 THEN (stripe_data #>> '{amount,currency}') END END) STORED,
    ADD COLUMN "generated_sepa_debit" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,bancontact,generated_sepa_debit}')) <= 500 THEN (stripe_data #>> '{payment_method_details,bancontact,generated_sepa_debit}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,ideal,generated_sepa_debit}')) <= 500 THEN (stripe_data #>> '{payment_method_details,ideal,generated_sepa_debit}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,sofort,generated_sepa_debit}')) <= 500 THEN (stripe_data #>> '{payment_method_details,sofort,generated_sepa_debit}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}' ->> 'id') END END END)) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_payment_attempt_record_customer ON stripe_payment_attempt_record ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_payment_attempt_record_payment_method ON stripe_payment_attempt_record ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_payment_attempt_record_incomplete ON stripe_payment_attempt_record ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_attempt_record_undecided ON stripe_payment_attempt_record ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_payment_intent
    ADD COLUMN "invoice" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data -> 'invoice') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'invoice')) <= 500 THEN (stripe_data ->> 'invoice') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'invoice' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'invoice' ->> 'id')) <= 500 THEN (stripe_data -> 'invoice' ->> 'id') END END END) STORED,
    ADD COLUMN "latest_charge" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data -> 'latest_charge') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'latest_charge')) <= 500 THEN (stripe_data ->> 'latest_charge') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'latest_charge' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'latest_charge' ->> 'id')) <= 500 THEN (stripe_data -> 'latest_charge' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{charges,data,0}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{charges,data,0}')) <= 500 THEN (stripe_data #>> '{charges,data,0}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{charges,data,0}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{charges,data,0}' ->> 'id')) <= 500 THEN (stripe_data #> '{charges,data,0}' ->> 'id') END END END)) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_payment_intent_invoice ON stripe_payment_intent ("invoice") WHERE "invoice" IS NOT NULL;
CREATE INDEX stripe_payment_intent_incomplete ON stripe_payment_intent ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_intent_undecided ON stripe_payment_intent ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_payment_intent_amount_details_line_item
    ADD COLUMN parent_type text,
    ADD COLUMN parent_id text,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_payment_intent_amount_details_line_item_parent_id ON stripe_payment_intent_amount_details_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_payment_intent_amount_details_line_item_incomplete ON stripe_payment_intent_amount_details_line_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_intent_amount_details_line_item_undecided ON stripe_payment_intent_amount_details_line_item ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_payment_link
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_payment_link_incomplete ON stripe_payment_link ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_link_undecided ON stripe_payment_link ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_payment_method
    ADD COLUMN "charge" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{card,generated_from,charge}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{card,generated_from,charge}')) <= 500 THEN (stripe_data #>> '{card,generated_from,charge}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{card,generated_from,charge}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{card,generated_from,charge}' ->> 'id')) <= 500 THEN (stripe_data #> '{card,generated_from,charge}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{sepa_debit,generated_from,charge}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{sepa_debit,generated_from,charge}')) <= 500 THEN (stripe_data #>> '{sepa_debit,generated_from,charge}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{sepa_debit,generated_from,charge}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{sepa_debit,generated_from,charge}' ->> 'id')) <= 500 THEN (stripe_data #> '{sepa_debit,generated_from,charge}' ->> 'id') END END END)) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_payment_method_charge ON stripe_payment_method ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_payment_method_incomplete ON stripe_payment_method ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_method_undecided ON stripe_payment_method ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_payment_method_configuration
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_payment_method_configuration_incomplete ON stripe_payment_method_configuration ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_method_configuration_undecided ON stripe_payment_method_configuration ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_payment_method_domain
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_payment_method_domain_incomplete ON stripe_payment_method_domain ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_method_domain_undecided ON stripe_payment_method_domain ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_payment_record
    DROP COLUMN "amount",
    DROP COLUMN "amount_refunded",
    ADD COLUMN "customer" text GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data #> '{customer_details,customer}') = 'string' THEN CASE WHEN length((stripe_data #>> '{customer_details,customer}')) <= 500 THEN (stripe_data #>> '{customer_details,customer}') END END) STORED,
    ADD COLUMN "payment_method" text GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,payment_method}') = 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,payment_method}')) <= 500 THEN (stripe_data #>> '{payment_method_details,payment_method}') END END) STORED,
    ADD COLUMN "amount" bigint GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data #> '{amount,value}') = 'number' AND stripe_data #>> '{amount,value}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{amount,value}')::bigint END) STORED,
    ADD COLUMN "amount_refunded" bigint GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data #> '{amount_refunded,value}') = 'number' AND stripe_data #>> '{amount_refunded,value}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{amount_refunded,value}')::bigint END) STORED,
    ADD COLUMN "currency" text GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data #> '{amount,currency}') = 'string' THEN CASE WHEN length((stripe_data #>> '{amount,currency}')) <= 500 THEN (stripe_data #>> '{amount,currency}') END END) STORED,
    ADD COLUMN "generated_sepa_debit" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,bancontact,generated_sepa_debit}')) <= 500 THEN (stripe_data #>> '{payment_method_details,bancontact,generated_sepa_debit}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,ideal,generated_sepa_debit}')) <= 500 THEN (stripe_data #>> '{payment_method_details,ideal,generated_sepa_debit}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,sofort,generated_sepa_debit}')) <= 500 THEN (stripe_data #>> '{payment_method_details,sofort,generated_sepa_debit}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}' ->> 'id') END END END)) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_payment_record_customer ON stripe_payment_record ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_payment_record_payment_method ON stripe_payment_record ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_payment_record_incomplete ON stripe_payment_record ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_record_undecided ON stripe_payment_record ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_payout
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_payout_incomplete ON stripe_payout ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payout_undecided ON stripe_payout ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_person
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_person_incomplete ON stripe_person ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_person_undecided ON stripe_person ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_plan
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_plan_incomplete ON stripe_plan ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_plan_undecided ON stripe_plan ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_price
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_price_incomplete ON stripe_price ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_price_undecided ON stripe_price ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_product
    ADD COLUMN "default_price" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data -> 'default_price') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'default_price')) <= 500 THEN (stripe_data ->> 'default_price') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'default_price' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'default_price' ->> 'id')) <= 500 THEN (stripe_data -> 'default_price' ->> 'id') END END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_product_incomplete ON stripe_product ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_product_undecided ON stripe_product ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_product_feature
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_product_feature_incomplete ON stripe_product_feature ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_product_feature_undecided ON stripe_product_feature ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_promotion_code
    ADD COLUMN "coupon" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{promotion,coupon}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{promotion,coupon}')) <= 500 THEN (stripe_data #>> '{promotion,coupon}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{promotion,coupon}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{promotion,coupon}' ->> 'id')) <= 500 THEN (stripe_data #> '{promotion,coupon}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data -> 'coupon') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'coupon')) <= 500 THEN (stripe_data ->> 'coupon') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'coupon' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'coupon' ->> 'id')) <= 500 THEN (stripe_data -> 'coupon' ->> 'id') END END END)) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_promotion_code_coupon ON stripe_promotion_code ("coupon") WHERE "coupon" IS NOT NULL;
CREATE INDEX stripe_promotion_code_incomplete ON stripe_promotion_code ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_promotion_code_undecided ON stripe_promotion_code ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_quote
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_quote_incomplete ON stripe_quote ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_quote_undecided ON stripe_quote ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_radar_early_fraud_warning
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_radar_early_fraud_warning_incomplete ON stripe_radar_early_fraud_warning ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_radar_early_fraud_warning_undecided ON stripe_radar_early_fraud_warning ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_radar_payment_evaluation
    ADD COLUMN "customer" text GENERATED ALWAYS AS (CASE WHEN jsonb_typeof(stripe_data #> '{customer_details,customer}') = 'string' THEN CASE WHEN length((stripe_data #>> '{customer_details,customer}')) <= 500 THEN (stripe_data #>> '{customer_details,customer}') END END) STORED,
    ADD COLUMN "payment_method" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data #> '{payment_details,payment_method_details,payment_method}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_details,payment_method_details,payment_method}')) <= 500 THEN (stripe_data #>> '{payment_details,payment_method_details,payment_method}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_details,payment_method_details,payment_method}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_details,payment_method_details,payment_method}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_details,payment_method_details,payment_method}' ->> 'id') END END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_radar_payment_evaluation_customer ON stripe_radar_payment_evaluation ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_radar_payment_evaluation_payment_method ON stripe_radar_payment_evaluation ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_radar_payment_evaluation_incomplete ON stripe_radar_payment_evaluation ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_radar_payment_evaluation_undecided ON stripe_radar_payment_evaluation ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_radar_value_list
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_radar_value_list_incomplete ON stripe_radar_value_list ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_radar_value_list_undecided ON stripe_radar_value_list ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_radar_value_list_item
    ADD COLUMN parent_type text,
    ADD COLUMN parent_id text,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_radar_value_list_item_parent_id ON stripe_radar_value_list_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_radar_value_list_item_incomplete ON stripe_radar_value_list_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_radar_value_list_item_undecided ON stripe_radar_value_list_item ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_refund
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_refund_incomplete ON stripe_refund ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_refund_undecided ON stripe_refund ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_reporting_report_run
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_reporting_report_run_incomplete ON stripe_reporting_report_run ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_reporting_report_run_undecided ON stripe_reporting_report_run ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_reporting_report_type
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_reporting_report_type_incomplete ON stripe_reporting_report_type ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_reporting_report_type_undecided ON stripe_reporting_report_type ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_reserve_hold
    ADD COLUMN "source_charge" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data -> 'source_charge') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'source_charge')) <= 500 THEN (stripe_data ->> 'source_charge') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'source_charge' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'source_charge' ->> 'id')) <= 500 THEN (stripe_data -> 'source_charge' ->> 'id') END END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_reserve_hold_incomplete ON stripe_reserve_hold ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_reserve_hold_undecided ON stripe_reserve_hold ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_reserve_plan
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_reserve_plan_incomplete ON stripe_reserve_plan ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_reserve_plan_undecided ON stripe_reserve_plan ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_reserve_release
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_reserve_release_incomplete ON stripe_reserve_release ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_reserve_release_undecided ON stripe_reserve_release ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_reserve_transaction
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_reserve_transaction_incomplete ON stripe_reserve_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_reserve_transaction_undecided ON stripe_reserve_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_review
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_review_incomplete ON stripe_review ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_review_undecided ON stripe_review ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_scheduled_query_run
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_scheduled_query_run_incomplete ON stripe_scheduled_query_run ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_scheduled_query_run_undecided ON stripe_scheduled_query_run ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_setup_attempt
    ADD COLUMN "generated_card" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data #> '{payment_method_details,card_present,generated_card}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,card_present,generated_card}')) <= 500 THEN (stripe_data #>> '{payment_method_details,card_present,generated_card}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,card_present,generated_card}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_details,card_present,generated_card}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_details,card_present,generated_card}' ->> 'id') END END END) STORED,
    ADD COLUMN "generated_sepa_debit" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,bancontact,generated_sepa_debit}')) <= 500 THEN (stripe_data #>> '{payment_method_details,bancontact,generated_sepa_debit}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_details,bancontact,generated_sepa_debit}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,ideal,generated_sepa_debit}')) <= 500 THEN (stripe_data #>> '{payment_method_details,ideal,generated_sepa_debit}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_details,ideal,generated_sepa_debit}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{payment_method_details,sofort,generated_sepa_debit}')) <= 500 THEN (stripe_data #>> '{payment_method_details,sofort,generated_sepa_debit}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}' ->> 'id')) <= 500 THEN (stripe_data #> '{payment_method_details,sofort,generated_sepa_debit}' ->> 'id') END END END)) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_setup_attempt_incomplete ON stripe_setup_attempt ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_setup_attempt_undecided ON stripe_setup_attempt ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_setup_intent
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_setup_intent_incomplete ON stripe_setup_intent ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_setup_intent_undecided ON stripe_setup_intent ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_shipping_rate
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_shipping_rate_incomplete ON stripe_shipping_rate ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_shipping_rate_undecided ON stripe_shipping_rate ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_sigma_sigma_api_query
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_sigma_sigma_api_query_incomplete ON stripe_sigma_sigma_api_query ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_sigma_sigma_api_query_undecided ON stripe_sigma_sigma_api_query ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_source
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_source_incomplete ON stripe_source ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_source_undecided ON stripe_source ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_source_mandate_notification
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_source_mandate_notification_incomplete ON stripe_source_mandate_notification ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_source_mandate_notification_undecided ON stripe_source_mandate_notification ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_source_transaction
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_source_transaction_incomplete ON stripe_source_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_source_transaction_undecided ON stripe_source_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_subscription
    ADD COLUMN "current_period_end" bigint GENERATED ALWAYS AS (coalesce(least(CASE WHEN jsonb_typeof(stripe_data #> '{items,data,0,current_period_end}') = 'number' AND stripe_data #>> '{items,data,0,current_period_end}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{items,data,0,current_period_end}')::bigint END, CASE WHEN jsonb_typeof(stripe_data #> '{items,data,1,current_period_end}') = 'number' AND stripe_data #>> '{items,data,1,current_period_end}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{items,data,1,current_period_end}')::bigint END, CASE WHEN jsonb_typeof(stripe_data #> '{items,data,2,current_period_end}') = 'number' AND stripe_data #>> '{items,data,2,current_period_end}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{items,data,2,current_period_end}')::bigint END, CASE WHEN jsonb_typeof(stripe_data #> '{items,data,3,current_period_end}') = 'number' AND stripe_data #>> '{items,data,3,current_period_end}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{items,data,3,current_period_end}')::bigint END, CASE WHEN jsonb_typeof(stripe_data #> '{items,data,4,current_period_end}') = 'number' AND stripe_data #>> '{items,data,4,current_period_end}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{items,data,4,current_period_end}')::bigint END, CASE WHEN jsonb_typeof(stripe_data #> '{items,data,5,current_period_end}') = 'number' AND stripe_data #>> '{items,data,5,current_period_end}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{items,data,5,current_period_end}')::bigint END, CASE WHEN jsonb_typeof(stripe_data #> '{items,data,6,current_period_end}') = 'number' AND stripe_data #>> '{items,data,6,current_period_end}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{items,data,6,current_period_end}')::bigint END, CASE WHEN jsonb_typeof(stripe_data #> '{items,data,7,current_period_end}') = 'number' AND stripe_data #>> '{items,data,7,current_period_end}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{items,data,7,current_period_end}')::bigint END, CASE WHEN jsonb_typeof(stripe_data #> '{items,data,8,current_period_end}') = 'number' AND stripe_data #>> '{items,data,8,current_period_end}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{items,data,8,current_period_end}')::bigint END, CASE WHEN jsonb_typeof(stripe_data #> '{items,data,9,current_period_end}') = 'number' AND stripe_data #>> '{items,data,9,current_period_end}' ~ '^-?[0-9]{1,18}$' THEN (stripe_data #>> '{items,data,9,current_period_end}')::bigint END), CASE WHEN jsonb_typeof(stripe_data -> 'current_period_end') = 'number' AND stripe_data ->> 'current_period_end' ~ '^-?[0-9]{1,18}$' THEN (stripe_data ->> 'current_period_end')::bigint END)) STORED,
    ADD COLUMN "default_payment_method" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data -> 'default_payment_method') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'default_payment_method')) <= 500 THEN (stripe_data ->> 'default_payment_method') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'default_payment_method' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'default_payment_method' ->> 'id')) <= 500 THEN (stripe_data -> 'default_payment_method' ->> 'id') END END END) STORED,
    ADD COLUMN "latest_invoice" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data -> 'latest_invoice') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'latest_invoice')) <= 500 THEN (stripe_data ->> 'latest_invoice') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'latest_invoice' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'latest_invoice' ->> 'id')) <= 500 THEN (stripe_data -> 'latest_invoice' ->> 'id') END END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_subscription_incomplete ON stripe_subscription ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_subscription_undecided ON stripe_subscription ("djstripe_undecided") WHERE "djstripe_undecided";

DROP INDEX stripe_subscription_item_price;
ALTER TABLE stripe_subscription_item
    DROP COLUMN "price",
    ADD COLUMN "price" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data -> 'price') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'price')) <= 500 THEN (stripe_data ->> 'price') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'price' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'price' ->> 'id')) <= 500 THEN (stripe_data -> 'price' ->> 'id') END END END, CASE jsonb_typeof(stripe_data -> 'plan') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'plan')) <= 500 THEN (stripe_data ->> 'plan') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'plan' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'plan' ->> 'id')) <= 500 THEN (stripe_data -> 'plan' ->> 'id') END END END)) STORED,
    ADD COLUMN "product" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{price,product}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{price,product}')) <= 500 THEN (stripe_data #>> '{price,product}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{price,product}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{price,product}' ->> 'id')) <= 500 THEN (stripe_data #> '{price,product}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{plan,product}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{plan,product}')) <= 500 THEN (stripe_data #>> '{plan,product}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{plan,product}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{plan,product}' ->> 'id')) <= 500 THEN (stripe_data #> '{plan,product}' ->> 'id') END END END)) STORED,
    ADD COLUMN parent_type text,
    ADD COLUMN parent_id text,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_subscription_item_price ON stripe_subscription_item ("price") WHERE "price" IS NOT NULL;
CREATE INDEX stripe_subscription_item_product ON stripe_subscription_item ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_subscription_item_parent_id ON stripe_subscription_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_subscription_item_incomplete ON stripe_subscription_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_subscription_item_undecided ON stripe_subscription_item ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_subscription_schedule
    ADD COLUMN "default_payment_method" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data #> '{default_settings,default_payment_method}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{default_settings,default_payment_method}')) <= 500 THEN (stripe_data #>> '{default_settings,default_payment_method}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{default_settings,default_payment_method}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{default_settings,default_payment_method}' ->> 'id')) <= 500 THEN (stripe_data #> '{default_settings,default_payment_method}' ->> 'id') END END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_subscription_schedule_incomplete ON stripe_subscription_schedule ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_subscription_schedule_undecided ON stripe_subscription_schedule ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_tax_association
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_tax_association_incomplete ON stripe_tax_association ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_association_undecided ON stripe_tax_association ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_tax_calculation
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_tax_calculation_incomplete ON stripe_tax_calculation ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_calculation_undecided ON stripe_tax_calculation ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_tax_calculation_line_item
    ADD COLUMN parent_type text,
    ADD COLUMN parent_id text,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_tax_calculation_line_item_parent_id ON stripe_tax_calculation_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_tax_calculation_line_item_incomplete ON stripe_tax_calculation_line_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_calculation_line_item_undecided ON stripe_tax_calculation_line_item ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_tax_code
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_tax_code_incomplete ON stripe_tax_code ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_code_undecided ON stripe_tax_code ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_tax_deducted_at_source
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_tax_deducted_at_source_incomplete ON stripe_tax_deducted_at_source ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_deducted_at_source_undecided ON stripe_tax_deducted_at_source ("djstripe_undecided") WHERE "djstripe_undecided";

DROP INDEX stripe_tax_id_customer;
ALTER TABLE stripe_tax_id
    DROP COLUMN "customer",
    ADD COLUMN "customer" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data -> 'customer') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'customer')) <= 500 THEN (stripe_data ->> 'customer') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'customer' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'customer' ->> 'id')) <= 500 THEN (stripe_data -> 'customer' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{owner,customer}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{owner,customer}')) <= 500 THEN (stripe_data #>> '{owner,customer}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{owner,customer}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{owner,customer}' ->> 'id')) <= 500 THEN (stripe_data #> '{owner,customer}' ->> 'id') END END END)) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_tax_id_customer ON stripe_tax_id ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_tax_id_incomplete ON stripe_tax_id ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_id_undecided ON stripe_tax_id ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_tax_rate
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_tax_rate_incomplete ON stripe_tax_rate ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_rate_undecided ON stripe_tax_rate ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_tax_registration
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_tax_registration_incomplete ON stripe_tax_registration ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_registration_undecided ON stripe_tax_registration ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_tax_transaction
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_tax_transaction_incomplete ON stripe_tax_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_transaction_undecided ON stripe_tax_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_tax_transaction_line_item
    ADD COLUMN parent_type text,
    ADD COLUMN parent_id text,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_tax_transaction_line_item_parent_id ON stripe_tax_transaction_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_tax_transaction_line_item_incomplete ON stripe_tax_transaction_line_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_transaction_line_item_undecided ON stripe_tax_transaction_line_item ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_terminal_configuration
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_terminal_configuration_incomplete ON stripe_terminal_configuration ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_terminal_configuration_undecided ON stripe_terminal_configuration ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_terminal_location
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_terminal_location_incomplete ON stripe_terminal_location ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_terminal_location_undecided ON stripe_terminal_location ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_terminal_reader
    ADD COLUMN "payment_intent" text GENERATED ALWAYS AS (coalesce(CASE jsonb_typeof(stripe_data #> '{action,collect_payment_method,payment_intent}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{action,collect_payment_method,payment_intent}')) <= 500 THEN (stripe_data #>> '{action,collect_payment_method,payment_intent}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{action,collect_payment_method,payment_intent}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{action,collect_payment_method,payment_intent}' ->> 'id')) <= 500 THEN (stripe_data #> '{action,collect_payment_method,payment_intent}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{action,confirm_payment_intent,payment_intent}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{action,confirm_payment_intent,payment_intent}')) <= 500 THEN (stripe_data #>> '{action,confirm_payment_intent,payment_intent}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{action,confirm_payment_intent,payment_intent}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{action,confirm_payment_intent,payment_intent}' ->> 'id')) <= 500 THEN (stripe_data #> '{action,confirm_payment_intent,payment_intent}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{action,process_payment_intent,payment_intent}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{action,process_payment_intent,payment_intent}')) <= 500 THEN (stripe_data #>> '{action,process_payment_intent,payment_intent}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{action,process_payment_intent,payment_intent}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{action,process_payment_intent,payment_intent}' ->> 'id')) <= 500 THEN (stripe_data #> '{action,process_payment_intent,payment_intent}' ->> 'id') END END END, CASE jsonb_typeof(stripe_data #> '{action,refund_payment,payment_intent}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{action,refund_payment,payment_intent}')) <= 500 THEN (stripe_data #>> '{action,refund_payment,payment_intent}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{action,refund_payment,payment_intent}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{action,refund_payment,payment_intent}' ->> 'id')) <= 500 THEN (stripe_data #> '{action,refund_payment,payment_intent}' ->> 'id') END END END)) STORED,
    ADD COLUMN "charge" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data #> '{action,refund_payment,charge}') WHEN 'string' THEN CASE WHEN length((stripe_data #>> '{action,refund_payment,charge}')) <= 500 THEN (stripe_data #>> '{action,refund_payment,charge}') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data #> '{action,refund_payment,charge}' -> 'id') = 'string' THEN CASE WHEN length((stripe_data #> '{action,refund_payment,charge}' ->> 'id')) <= 500 THEN (stripe_data #> '{action,refund_payment,charge}' ->> 'id') END END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_terminal_reader_payment_intent ON stripe_terminal_reader ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_terminal_reader_charge ON stripe_terminal_reader ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_terminal_reader_incomplete ON stripe_terminal_reader ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_terminal_reader_undecided ON stripe_terminal_reader ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_test_helpers_test_clock
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_test_helpers_test_clock_incomplete ON stripe_test_helpers_test_clock ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_test_helpers_test_clock_undecided ON stripe_test_helpers_test_clock ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_three_d_secure_authentication
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_three_d_secure_authentication_incomplete ON stripe_three_d_secure_authentication ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_three_d_secure_authentication_undecided ON stripe_three_d_secure_authentication ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_token
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_token_incomplete ON stripe_token ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_token_undecided ON stripe_token ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_topup
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_topup_incomplete ON stripe_topup ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_topup_undecided ON stripe_topup ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_transfer
    ADD COLUMN "destination_payment" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data -> 'destination_payment') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'destination_payment')) <= 500 THEN (stripe_data ->> 'destination_payment') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'destination_payment' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'destination_payment' ->> 'id')) <= 500 THEN (stripe_data -> 'destination_payment' ->> 'id') END END END) STORED,
    ADD COLUMN "source_transaction" text GENERATED ALWAYS AS (CASE jsonb_typeof(stripe_data -> 'source_transaction') WHEN 'string' THEN CASE WHEN length((stripe_data ->> 'source_transaction')) <= 500 THEN (stripe_data ->> 'source_transaction') END WHEN 'object' THEN CASE WHEN jsonb_typeof(stripe_data -> 'source_transaction' -> 'id') = 'string' THEN CASE WHEN length((stripe_data -> 'source_transaction' ->> 'id')) <= 500 THEN (stripe_data -> 'source_transaction' ->> 'id') END END END) STORED,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_transfer_incomplete ON stripe_transfer ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_transfer_undecided ON stripe_transfer ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_transfer_reversal
    ADD COLUMN parent_type text,
    ADD COLUMN parent_id text,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_transfer_reversal_parent_id ON stripe_transfer_reversal ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_transfer_reversal_incomplete ON stripe_transfer_reversal ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_transfer_reversal_undecided ON stripe_transfer_reversal ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_treasury_credit_reversal
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_treasury_credit_reversal_incomplete ON stripe_treasury_credit_reversal ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_credit_reversal_undecided ON stripe_treasury_credit_reversal ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_treasury_debit_reversal
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_treasury_debit_reversal_incomplete ON stripe_treasury_debit_reversal ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_debit_reversal_undecided ON stripe_treasury_debit_reversal ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_treasury_financial_account
    DROP COLUMN "balance",
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_treasury_financial_account_incomplete ON stripe_treasury_financial_account ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_financial_account_undecided ON stripe_treasury_financial_account ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_treasury_inbound_transfer
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_treasury_inbound_transfer_incomplete ON stripe_treasury_inbound_transfer ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_inbound_transfer_undecided ON stripe_treasury_inbound_transfer ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_treasury_outbound_payment
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_treasury_outbound_payment_incomplete ON stripe_treasury_outbound_payment ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_outbound_payment_undecided ON stripe_treasury_outbound_payment ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_treasury_outbound_transfer
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_treasury_outbound_transfer_incomplete ON stripe_treasury_outbound_transfer ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_outbound_transfer_undecided ON stripe_treasury_outbound_transfer ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_treasury_received_credit
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_treasury_received_credit_incomplete ON stripe_treasury_received_credit ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_received_credit_undecided ON stripe_treasury_received_credit ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_treasury_received_debit
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_treasury_received_debit_incomplete ON stripe_treasury_received_debit ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_received_debit_undecided ON stripe_treasury_received_debit ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_treasury_transaction
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_treasury_transaction_incomplete ON stripe_treasury_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_transaction_undecided ON stripe_treasury_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_treasury_transaction_entry
    ADD COLUMN parent_type text,
    ADD COLUMN parent_id text,
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_treasury_transaction_entry_parent_id ON stripe_treasury_transaction_entry ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_treasury_transaction_entry_incomplete ON stripe_treasury_transaction_entry ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_transaction_entry_undecided ON stripe_treasury_transaction_entry ("djstripe_undecided") WHERE "djstripe_undecided";

ALTER TABLE stripe_webhook_endpoint
    ADD COLUMN djstripe_source text,
    ADD COLUMN djstripe_events text,
    ADD COLUMN djstripe_incomplete text,
    ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_webhook_endpoint_incomplete ON stripe_webhook_endpoint ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_webhook_endpoint_undecided ON stripe_webhook_endpoint ("djstripe_undecided") WHERE "djstripe_undecided";

