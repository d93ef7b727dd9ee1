-- Written by `cargo xtask codegen`. Released migrations never change.

ALTER TABLE stripe_account ADD COLUMN djstripe_source text;
ALTER TABLE stripe_account ADD COLUMN djstripe_events text;
ALTER TABLE stripe_account ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_account ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_apple_pay_domain ADD COLUMN djstripe_source text;
ALTER TABLE stripe_apple_pay_domain ADD COLUMN djstripe_events text;
ALTER TABLE stripe_apple_pay_domain ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_apple_pay_domain ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_application ADD COLUMN djstripe_source text;
ALTER TABLE stripe_application ADD COLUMN djstripe_events text;
ALTER TABLE stripe_application ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_application ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_application_fee ADD COLUMN djstripe_source text;
ALTER TABLE stripe_application_fee ADD COLUMN djstripe_events text;
ALTER TABLE stripe_application_fee ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_application_fee ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_apps_install ADD COLUMN djstripe_source text;
ALTER TABLE stripe_apps_install ADD COLUMN djstripe_events text;
ALTER TABLE stripe_apps_install ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_apps_install ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_apps_secret ADD COLUMN djstripe_source text;
ALTER TABLE stripe_apps_secret ADD COLUMN djstripe_events text;
ALTER TABLE stripe_apps_secret ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_apps_secret ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_balance_transaction ADD COLUMN djstripe_source text;
ALTER TABLE stripe_balance_transaction ADD COLUMN djstripe_events text;
ALTER TABLE stripe_balance_transaction ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_balance_transaction ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_bank_account ADD COLUMN djstripe_source text;
ALTER TABLE stripe_bank_account ADD COLUMN djstripe_events text;
ALTER TABLE stripe_bank_account ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_bank_account ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_billing_alert ADD COLUMN djstripe_source text;
ALTER TABLE stripe_billing_alert ADD COLUMN djstripe_events text;
ALTER TABLE stripe_billing_alert ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_billing_alert ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_billing_credit_balance_transaction ADD COLUMN djstripe_source text;
ALTER TABLE stripe_billing_credit_balance_transaction ADD COLUMN djstripe_events text;
ALTER TABLE stripe_billing_credit_balance_transaction ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_billing_credit_balance_transaction ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_billing_credit_grant ADD COLUMN djstripe_source text;
ALTER TABLE stripe_billing_credit_grant ADD COLUMN djstripe_events text;
ALTER TABLE stripe_billing_credit_grant ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_billing_credit_grant ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_billing_meter ADD COLUMN djstripe_source text;
ALTER TABLE stripe_billing_meter ADD COLUMN djstripe_events text;
ALTER TABLE stripe_billing_meter ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_billing_meter ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_billing_meter_event_summary ADD COLUMN djstripe_source text;
ALTER TABLE stripe_billing_meter_event_summary ADD COLUMN djstripe_events text;
ALTER TABLE stripe_billing_meter_event_summary ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_billing_meter_event_summary ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_billing_portal_configuration ADD COLUMN djstripe_source text;
ALTER TABLE stripe_billing_portal_configuration ADD COLUMN djstripe_events text;
ALTER TABLE stripe_billing_portal_configuration ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_billing_portal_configuration ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_billing_portal_session ADD COLUMN djstripe_source text;
ALTER TABLE stripe_billing_portal_session ADD COLUMN djstripe_events text;
ALTER TABLE stripe_billing_portal_session ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_billing_portal_session ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_capability ADD COLUMN djstripe_source text;
ALTER TABLE stripe_capability ADD COLUMN djstripe_events text;
ALTER TABLE stripe_capability ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_capability ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_card ADD COLUMN djstripe_source text;
ALTER TABLE stripe_card ADD COLUMN djstripe_events text;
ALTER TABLE stripe_card ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_card ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

CREATE TABLE stripe_cash_balance (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.customer') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END END) VIRTUAL,
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

ALTER TABLE stripe_charge ADD COLUMN djstripe_source text;
ALTER TABLE stripe_charge ADD COLUMN djstripe_events text;
ALTER TABLE stripe_charge ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_charge ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_checkout_session ADD COLUMN djstripe_source text;
ALTER TABLE stripe_checkout_session ADD COLUMN djstripe_events text;
ALTER TABLE stripe_checkout_session ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_checkout_session ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_climate_order ADD COLUMN djstripe_source text;
ALTER TABLE stripe_climate_order ADD COLUMN djstripe_events text;
ALTER TABLE stripe_climate_order ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_climate_order ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_climate_product ADD COLUMN djstripe_source text;
ALTER TABLE stripe_climate_product ADD COLUMN djstripe_events text;
ALTER TABLE stripe_climate_product ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_climate_product ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_climate_supplier ADD COLUMN djstripe_source text;
ALTER TABLE stripe_climate_supplier ADD COLUMN djstripe_events text;
ALTER TABLE stripe_climate_supplier ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_climate_supplier ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_confirmation_token ADD COLUMN djstripe_source text;
ALTER TABLE stripe_confirmation_token ADD COLUMN djstripe_events text;
ALTER TABLE stripe_confirmation_token ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_confirmation_token ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_connect_collection_transfer ADD COLUMN djstripe_source text;
ALTER TABLE stripe_connect_collection_transfer ADD COLUMN djstripe_events text;
ALTER TABLE stripe_connect_collection_transfer ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_connect_collection_transfer ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_country_spec ADD COLUMN djstripe_source text;
ALTER TABLE stripe_country_spec ADD COLUMN djstripe_events text;
ALTER TABLE stripe_country_spec ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_country_spec ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_coupon ADD COLUMN djstripe_source text;
ALTER TABLE stripe_coupon ADD COLUMN djstripe_events text;
ALTER TABLE stripe_coupon ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_coupon ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_credit_note ADD COLUMN djstripe_source text;
ALTER TABLE stripe_credit_note ADD COLUMN djstripe_events text;
ALTER TABLE stripe_credit_note ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_credit_note ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_credit_note_line_item ADD COLUMN parent_type text;
ALTER TABLE stripe_credit_note_line_item ADD COLUMN parent_id text;
ALTER TABLE stripe_credit_note_line_item ADD COLUMN djstripe_source text;
ALTER TABLE stripe_credit_note_line_item ADD COLUMN djstripe_events text;
ALTER TABLE stripe_credit_note_line_item ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_credit_note_line_item ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_credit_note_line_item_parent_id ON stripe_credit_note_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;

ALTER TABLE stripe_customer ADD COLUMN djstripe_source text;
ALTER TABLE stripe_customer ADD COLUMN djstripe_events text;
ALTER TABLE stripe_customer ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_customer ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_customer_balance_transaction ADD COLUMN djstripe_source text;
ALTER TABLE stripe_customer_balance_transaction ADD COLUMN djstripe_events text;
ALTER TABLE stripe_customer_balance_transaction ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_customer_balance_transaction ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_customer_cash_balance_transaction ADD COLUMN djstripe_source text;
ALTER TABLE stripe_customer_cash_balance_transaction ADD COLUMN djstripe_events text;
ALTER TABLE stripe_customer_cash_balance_transaction ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_customer_cash_balance_transaction ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_discount ADD COLUMN djstripe_source text;
ALTER TABLE stripe_discount ADD COLUMN djstripe_events text;
ALTER TABLE stripe_discount ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_discount ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_dispute ADD COLUMN djstripe_source text;
ALTER TABLE stripe_dispute ADD COLUMN djstripe_events text;
ALTER TABLE stripe_dispute ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_dispute ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_entitlements_active_entitlement ADD COLUMN djstripe_source text;
ALTER TABLE stripe_entitlements_active_entitlement ADD COLUMN djstripe_events text;
ALTER TABLE stripe_entitlements_active_entitlement ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_entitlements_active_entitlement ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_entitlements_feature ADD COLUMN djstripe_source text;
ALTER TABLE stripe_entitlements_feature ADD COLUMN djstripe_events text;
ALTER TABLE stripe_entitlements_feature ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_entitlements_feature ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_ephemeral_key ADD COLUMN djstripe_source text;
ALTER TABLE stripe_ephemeral_key ADD COLUMN djstripe_events text;
ALTER TABLE stripe_ephemeral_key ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_ephemeral_key ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_event ADD COLUMN djstripe_source text;
ALTER TABLE stripe_event ADD COLUMN djstripe_events text;
ALTER TABLE stripe_event ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_event ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_exchange_rate ADD COLUMN djstripe_source text;
ALTER TABLE stripe_exchange_rate ADD COLUMN djstripe_events text;
ALTER TABLE stripe_exchange_rate ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_exchange_rate ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_fee_refund ADD COLUMN djstripe_source text;
ALTER TABLE stripe_fee_refund ADD COLUMN djstripe_events text;
ALTER TABLE stripe_fee_refund ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_fee_refund ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_file ADD COLUMN djstripe_source text;
ALTER TABLE stripe_file ADD COLUMN djstripe_events text;
ALTER TABLE stripe_file ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_file ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_file_link ADD COLUMN djstripe_source text;
ALTER TABLE stripe_file_link ADD COLUMN djstripe_events text;
ALTER TABLE stripe_file_link ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_file_link ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_financial_connections_account ADD COLUMN djstripe_source text;
ALTER TABLE stripe_financial_connections_account ADD COLUMN djstripe_events text;
ALTER TABLE stripe_financial_connections_account ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_financial_connections_account ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_financial_connections_account_owner ADD COLUMN parent_type text;
ALTER TABLE stripe_financial_connections_account_owner ADD COLUMN parent_id text;
ALTER TABLE stripe_financial_connections_account_owner ADD COLUMN djstripe_source text;
ALTER TABLE stripe_financial_connections_account_owner ADD COLUMN djstripe_events text;
ALTER TABLE stripe_financial_connections_account_owner ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_financial_connections_account_owner ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_financial_connections_account_owner_parent_id ON stripe_financial_connections_account_owner ("parent_id") WHERE "parent_id" IS NOT NULL;

ALTER TABLE stripe_financial_connections_account_ownership ADD COLUMN djstripe_source text;
ALTER TABLE stripe_financial_connections_account_ownership ADD COLUMN djstripe_events text;
ALTER TABLE stripe_financial_connections_account_ownership ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_financial_connections_account_ownership ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_financial_connections_authorization ADD COLUMN djstripe_source text;
ALTER TABLE stripe_financial_connections_authorization ADD COLUMN djstripe_events text;
ALTER TABLE stripe_financial_connections_authorization ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_financial_connections_authorization ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_financial_connections_session ADD COLUMN djstripe_source text;
ALTER TABLE stripe_financial_connections_session ADD COLUMN djstripe_events text;
ALTER TABLE stripe_financial_connections_session ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_financial_connections_session ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_financial_connections_transaction ADD COLUMN djstripe_source text;
ALTER TABLE stripe_financial_connections_transaction ADD COLUMN djstripe_events text;
ALTER TABLE stripe_financial_connections_transaction ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_financial_connections_transaction ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_forwarding_request ADD COLUMN djstripe_source text;
ALTER TABLE stripe_forwarding_request ADD COLUMN djstripe_events text;
ALTER TABLE stripe_forwarding_request ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_forwarding_request ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_identity_verification_report ADD COLUMN djstripe_source text;
ALTER TABLE stripe_identity_verification_report ADD COLUMN djstripe_events text;
ALTER TABLE stripe_identity_verification_report ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_identity_verification_report ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_identity_verification_session ADD COLUMN djstripe_source text;
ALTER TABLE stripe_identity_verification_session ADD COLUMN djstripe_events text;
ALTER TABLE stripe_identity_verification_session ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_identity_verification_session ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_invoice ADD COLUMN djstripe_source text;
ALTER TABLE stripe_invoice ADD COLUMN djstripe_events text;
ALTER TABLE stripe_invoice ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_invoice ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_invoice_payment ADD COLUMN djstripe_source text;
ALTER TABLE stripe_invoice_payment ADD COLUMN djstripe_events text;
ALTER TABLE stripe_invoice_payment ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_invoice_payment ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_invoice_rendering_template ADD COLUMN djstripe_source text;
ALTER TABLE stripe_invoice_rendering_template ADD COLUMN djstripe_events text;
ALTER TABLE stripe_invoice_rendering_template ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_invoice_rendering_template ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_invoiceitem ADD COLUMN djstripe_source text;
ALTER TABLE stripe_invoiceitem ADD COLUMN djstripe_events text;
ALTER TABLE stripe_invoiceitem ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_invoiceitem ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_issuing_authorization ADD COLUMN djstripe_source text;
ALTER TABLE stripe_issuing_authorization ADD COLUMN djstripe_events text;
ALTER TABLE stripe_issuing_authorization ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_issuing_authorization ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_issuing_card ADD COLUMN djstripe_source text;
ALTER TABLE stripe_issuing_card ADD COLUMN djstripe_events text;
ALTER TABLE stripe_issuing_card ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_issuing_card ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_issuing_cardholder ADD COLUMN djstripe_source text;
ALTER TABLE stripe_issuing_cardholder ADD COLUMN djstripe_events text;
ALTER TABLE stripe_issuing_cardholder ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_issuing_cardholder ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_issuing_dispute ADD COLUMN djstripe_source text;
ALTER TABLE stripe_issuing_dispute ADD COLUMN djstripe_events text;
ALTER TABLE stripe_issuing_dispute ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_issuing_dispute ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_issuing_personalization_design ADD COLUMN djstripe_source text;
ALTER TABLE stripe_issuing_personalization_design ADD COLUMN djstripe_events text;
ALTER TABLE stripe_issuing_personalization_design ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_issuing_personalization_design ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_issuing_physical_bundle ADD COLUMN djstripe_source text;
ALTER TABLE stripe_issuing_physical_bundle ADD COLUMN djstripe_events text;
ALTER TABLE stripe_issuing_physical_bundle ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_issuing_physical_bundle ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_issuing_settlement ADD COLUMN djstripe_source text;
ALTER TABLE stripe_issuing_settlement ADD COLUMN djstripe_events text;
ALTER TABLE stripe_issuing_settlement ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_issuing_settlement ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_issuing_token ADD COLUMN djstripe_source text;
ALTER TABLE stripe_issuing_token ADD COLUMN djstripe_events text;
ALTER TABLE stripe_issuing_token ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_issuing_token ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_issuing_transaction ADD COLUMN djstripe_source text;
ALTER TABLE stripe_issuing_transaction ADD COLUMN djstripe_events text;
ALTER TABLE stripe_issuing_transaction ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_issuing_transaction ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_item ADD COLUMN parent_type text;
ALTER TABLE stripe_item ADD COLUMN parent_id text;
ALTER TABLE stripe_item ADD COLUMN djstripe_source text;
ALTER TABLE stripe_item ADD COLUMN djstripe_events text;
ALTER TABLE stripe_item ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_item ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_item_parent_id ON stripe_item ("parent_id") WHERE "parent_id" IS NOT NULL;

ALTER TABLE stripe_line_item ADD COLUMN parent_type text;
ALTER TABLE stripe_line_item ADD COLUMN parent_id text;
ALTER TABLE stripe_line_item ADD COLUMN djstripe_source text;
ALTER TABLE stripe_line_item ADD COLUMN djstripe_events text;
ALTER TABLE stripe_line_item ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_line_item ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_line_item_parent_id ON stripe_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;

ALTER TABLE stripe_mandate ADD COLUMN djstripe_source text;
ALTER TABLE stripe_mandate ADD COLUMN djstripe_events text;
ALTER TABLE stripe_mandate ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_mandate ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_payment_attempt_record ADD COLUMN djstripe_source text;
ALTER TABLE stripe_payment_attempt_record ADD COLUMN djstripe_events text;
ALTER TABLE stripe_payment_attempt_record ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_payment_attempt_record ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_payment_intent ADD COLUMN djstripe_source text;
ALTER TABLE stripe_payment_intent ADD COLUMN djstripe_events text;
ALTER TABLE stripe_payment_intent ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_payment_intent ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_payment_intent_amount_details_line_item ADD COLUMN parent_type text;
ALTER TABLE stripe_payment_intent_amount_details_line_item ADD COLUMN parent_id text;
ALTER TABLE stripe_payment_intent_amount_details_line_item ADD COLUMN djstripe_source text;
ALTER TABLE stripe_payment_intent_amount_details_line_item ADD COLUMN djstripe_events text;
ALTER TABLE stripe_payment_intent_amount_details_line_item ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_payment_intent_amount_details_line_item ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_payment_intent_amount_details_line_item_parent_id ON stripe_payment_intent_amount_details_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;

ALTER TABLE stripe_payment_link ADD COLUMN djstripe_source text;
ALTER TABLE stripe_payment_link ADD COLUMN djstripe_events text;
ALTER TABLE stripe_payment_link ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_payment_link ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_payment_method ADD COLUMN djstripe_source text;
ALTER TABLE stripe_payment_method ADD COLUMN djstripe_events text;
ALTER TABLE stripe_payment_method ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_payment_method ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_payment_method_configuration ADD COLUMN djstripe_source text;
ALTER TABLE stripe_payment_method_configuration ADD COLUMN djstripe_events text;
ALTER TABLE stripe_payment_method_configuration ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_payment_method_configuration ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_payment_method_domain ADD COLUMN djstripe_source text;
ALTER TABLE stripe_payment_method_domain ADD COLUMN djstripe_events text;
ALTER TABLE stripe_payment_method_domain ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_payment_method_domain ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_payment_record ADD COLUMN djstripe_source text;
ALTER TABLE stripe_payment_record ADD COLUMN djstripe_events text;
ALTER TABLE stripe_payment_record ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_payment_record ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_payout ADD COLUMN djstripe_source text;
ALTER TABLE stripe_payout ADD COLUMN djstripe_events text;
ALTER TABLE stripe_payout ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_payout ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_person ADD COLUMN djstripe_source text;
ALTER TABLE stripe_person ADD COLUMN djstripe_events text;
ALTER TABLE stripe_person ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_person ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_plan ADD COLUMN djstripe_source text;
ALTER TABLE stripe_plan ADD COLUMN djstripe_events text;
ALTER TABLE stripe_plan ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_plan ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_price ADD COLUMN djstripe_source text;
ALTER TABLE stripe_price ADD COLUMN djstripe_events text;
ALTER TABLE stripe_price ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_price ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_product ADD COLUMN djstripe_source text;
ALTER TABLE stripe_product ADD COLUMN djstripe_events text;
ALTER TABLE stripe_product ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_product ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_product_feature ADD COLUMN djstripe_source text;
ALTER TABLE stripe_product_feature ADD COLUMN djstripe_events text;
ALTER TABLE stripe_product_feature ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_product_feature ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_promotion_code ADD COLUMN djstripe_source text;
ALTER TABLE stripe_promotion_code ADD COLUMN djstripe_events text;
ALTER TABLE stripe_promotion_code ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_promotion_code ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_quote ADD COLUMN djstripe_source text;
ALTER TABLE stripe_quote ADD COLUMN djstripe_events text;
ALTER TABLE stripe_quote ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_quote ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_radar_early_fraud_warning ADD COLUMN djstripe_source text;
ALTER TABLE stripe_radar_early_fraud_warning ADD COLUMN djstripe_events text;
ALTER TABLE stripe_radar_early_fraud_warning ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_radar_early_fraud_warning ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_radar_payment_evaluation ADD COLUMN djstripe_source text;
ALTER TABLE stripe_radar_payment_evaluation ADD COLUMN djstripe_events text;
ALTER TABLE stripe_radar_payment_evaluation ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_radar_payment_evaluation ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_radar_value_list ADD COLUMN djstripe_source text;
ALTER TABLE stripe_radar_value_list ADD COLUMN djstripe_events text;
ALTER TABLE stripe_radar_value_list ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_radar_value_list ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_radar_value_list_item ADD COLUMN parent_type text;
ALTER TABLE stripe_radar_value_list_item ADD COLUMN parent_id text;
ALTER TABLE stripe_radar_value_list_item ADD COLUMN djstripe_source text;
ALTER TABLE stripe_radar_value_list_item ADD COLUMN djstripe_events text;
ALTER TABLE stripe_radar_value_list_item ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_radar_value_list_item ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_radar_value_list_item_parent_id ON stripe_radar_value_list_item ("parent_id") WHERE "parent_id" IS NOT NULL;

ALTER TABLE stripe_refund ADD COLUMN djstripe_source text;
ALTER TABLE stripe_refund ADD COLUMN djstripe_events text;
ALTER TABLE stripe_refund ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_refund ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_reporting_report_run ADD COLUMN djstripe_source text;
ALTER TABLE stripe_reporting_report_run ADD COLUMN djstripe_events text;
ALTER TABLE stripe_reporting_report_run ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_reporting_report_run ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_reporting_report_type ADD COLUMN djstripe_source text;
ALTER TABLE stripe_reporting_report_type ADD COLUMN djstripe_events text;
ALTER TABLE stripe_reporting_report_type ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_reporting_report_type ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_reserve_hold ADD COLUMN djstripe_source text;
ALTER TABLE stripe_reserve_hold ADD COLUMN djstripe_events text;
ALTER TABLE stripe_reserve_hold ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_reserve_hold ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_reserve_plan ADD COLUMN djstripe_source text;
ALTER TABLE stripe_reserve_plan ADD COLUMN djstripe_events text;
ALTER TABLE stripe_reserve_plan ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_reserve_plan ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_reserve_release ADD COLUMN djstripe_source text;
ALTER TABLE stripe_reserve_release ADD COLUMN djstripe_events text;
ALTER TABLE stripe_reserve_release ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_reserve_release ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_reserve_transaction ADD COLUMN djstripe_source text;
ALTER TABLE stripe_reserve_transaction ADD COLUMN djstripe_events text;
ALTER TABLE stripe_reserve_transaction ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_reserve_transaction ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_review ADD COLUMN djstripe_source text;
ALTER TABLE stripe_review ADD COLUMN djstripe_events text;
ALTER TABLE stripe_review ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_review ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_scheduled_query_run ADD COLUMN djstripe_source text;
ALTER TABLE stripe_scheduled_query_run ADD COLUMN djstripe_events text;
ALTER TABLE stripe_scheduled_query_run ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_scheduled_query_run ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_setup_attempt ADD COLUMN djstripe_source text;
ALTER TABLE stripe_setup_attempt ADD COLUMN djstripe_events text;
ALTER TABLE stripe_setup_attempt ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_setup_attempt ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_setup_intent ADD COLUMN djstripe_source text;
ALTER TABLE stripe_setup_intent ADD COLUMN djstripe_events text;
ALTER TABLE stripe_setup_intent ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_setup_intent ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_shipping_rate ADD COLUMN djstripe_source text;
ALTER TABLE stripe_shipping_rate ADD COLUMN djstripe_events text;
ALTER TABLE stripe_shipping_rate ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_shipping_rate ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_sigma_sigma_api_query ADD COLUMN djstripe_source text;
ALTER TABLE stripe_sigma_sigma_api_query ADD COLUMN djstripe_events text;
ALTER TABLE stripe_sigma_sigma_api_query ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_sigma_sigma_api_query ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_source ADD COLUMN djstripe_source text;
ALTER TABLE stripe_source ADD COLUMN djstripe_events text;
ALTER TABLE stripe_source ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_source ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_source_mandate_notification ADD COLUMN djstripe_source text;
ALTER TABLE stripe_source_mandate_notification ADD COLUMN djstripe_events text;
ALTER TABLE stripe_source_mandate_notification ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_source_mandate_notification ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_source_transaction ADD COLUMN djstripe_source text;
ALTER TABLE stripe_source_transaction ADD COLUMN djstripe_events text;
ALTER TABLE stripe_source_transaction ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_source_transaction ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_subscription ADD COLUMN djstripe_source text;
ALTER TABLE stripe_subscription ADD COLUMN djstripe_events text;
ALTER TABLE stripe_subscription ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_subscription ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_subscription_item ADD COLUMN parent_type text;
ALTER TABLE stripe_subscription_item ADD COLUMN parent_id text;
ALTER TABLE stripe_subscription_item ADD COLUMN djstripe_source text;
ALTER TABLE stripe_subscription_item ADD COLUMN djstripe_events text;
ALTER TABLE stripe_subscription_item ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_subscription_item ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_subscription_item_parent_id ON stripe_subscription_item ("parent_id") WHERE "parent_id" IS NOT NULL;

ALTER TABLE stripe_subscription_schedule ADD COLUMN djstripe_source text;
ALTER TABLE stripe_subscription_schedule ADD COLUMN djstripe_events text;
ALTER TABLE stripe_subscription_schedule ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_subscription_schedule ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_tax_association ADD COLUMN djstripe_source text;
ALTER TABLE stripe_tax_association ADD COLUMN djstripe_events text;
ALTER TABLE stripe_tax_association ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_tax_association ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_tax_calculation ADD COLUMN djstripe_source text;
ALTER TABLE stripe_tax_calculation ADD COLUMN djstripe_events text;
ALTER TABLE stripe_tax_calculation ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_tax_calculation ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_tax_calculation_line_item ADD COLUMN parent_type text;
ALTER TABLE stripe_tax_calculation_line_item ADD COLUMN parent_id text;
ALTER TABLE stripe_tax_calculation_line_item ADD COLUMN djstripe_source text;
ALTER TABLE stripe_tax_calculation_line_item ADD COLUMN djstripe_events text;
ALTER TABLE stripe_tax_calculation_line_item ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_tax_calculation_line_item ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_tax_calculation_line_item_parent_id ON stripe_tax_calculation_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;

ALTER TABLE stripe_tax_code ADD COLUMN djstripe_source text;
ALTER TABLE stripe_tax_code ADD COLUMN djstripe_events text;
ALTER TABLE stripe_tax_code ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_tax_code ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_tax_deducted_at_source ADD COLUMN djstripe_source text;
ALTER TABLE stripe_tax_deducted_at_source ADD COLUMN djstripe_events text;
ALTER TABLE stripe_tax_deducted_at_source ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_tax_deducted_at_source ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_tax_id ADD COLUMN djstripe_source text;
ALTER TABLE stripe_tax_id ADD COLUMN djstripe_events text;
ALTER TABLE stripe_tax_id ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_tax_id ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_tax_rate ADD COLUMN djstripe_source text;
ALTER TABLE stripe_tax_rate ADD COLUMN djstripe_events text;
ALTER TABLE stripe_tax_rate ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_tax_rate ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_tax_registration ADD COLUMN djstripe_source text;
ALTER TABLE stripe_tax_registration ADD COLUMN djstripe_events text;
ALTER TABLE stripe_tax_registration ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_tax_registration ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_tax_transaction ADD COLUMN djstripe_source text;
ALTER TABLE stripe_tax_transaction ADD COLUMN djstripe_events text;
ALTER TABLE stripe_tax_transaction ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_tax_transaction ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_tax_transaction_line_item ADD COLUMN parent_type text;
ALTER TABLE stripe_tax_transaction_line_item ADD COLUMN parent_id text;
ALTER TABLE stripe_tax_transaction_line_item ADD COLUMN djstripe_source text;
ALTER TABLE stripe_tax_transaction_line_item ADD COLUMN djstripe_events text;
ALTER TABLE stripe_tax_transaction_line_item ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_tax_transaction_line_item ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_tax_transaction_line_item_parent_id ON stripe_tax_transaction_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;

ALTER TABLE stripe_terminal_configuration ADD COLUMN djstripe_source text;
ALTER TABLE stripe_terminal_configuration ADD COLUMN djstripe_events text;
ALTER TABLE stripe_terminal_configuration ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_terminal_configuration ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_terminal_location ADD COLUMN djstripe_source text;
ALTER TABLE stripe_terminal_location ADD COLUMN djstripe_events text;
ALTER TABLE stripe_terminal_location ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_terminal_location ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_terminal_reader ADD COLUMN djstripe_source text;
ALTER TABLE stripe_terminal_reader ADD COLUMN djstripe_events text;
ALTER TABLE stripe_terminal_reader ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_terminal_reader ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_test_helpers_test_clock ADD COLUMN djstripe_source text;
ALTER TABLE stripe_test_helpers_test_clock ADD COLUMN djstripe_events text;
ALTER TABLE stripe_test_helpers_test_clock ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_test_helpers_test_clock ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_three_d_secure_authentication ADD COLUMN djstripe_source text;
ALTER TABLE stripe_three_d_secure_authentication ADD COLUMN djstripe_events text;
ALTER TABLE stripe_three_d_secure_authentication ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_three_d_secure_authentication ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_token ADD COLUMN djstripe_source text;
ALTER TABLE stripe_token ADD COLUMN djstripe_events text;
ALTER TABLE stripe_token ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_token ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_topup ADD COLUMN djstripe_source text;
ALTER TABLE stripe_topup ADD COLUMN djstripe_events text;
ALTER TABLE stripe_topup ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_topup ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_transfer ADD COLUMN djstripe_source text;
ALTER TABLE stripe_transfer ADD COLUMN djstripe_events text;
ALTER TABLE stripe_transfer ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_transfer ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_transfer_reversal ADD COLUMN parent_type text;
ALTER TABLE stripe_transfer_reversal ADD COLUMN parent_id text;
ALTER TABLE stripe_transfer_reversal ADD COLUMN djstripe_source text;
ALTER TABLE stripe_transfer_reversal ADD COLUMN djstripe_events text;
ALTER TABLE stripe_transfer_reversal ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_transfer_reversal ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_transfer_reversal_parent_id ON stripe_transfer_reversal ("parent_id") WHERE "parent_id" IS NOT NULL;

ALTER TABLE stripe_treasury_credit_reversal ADD COLUMN djstripe_source text;
ALTER TABLE stripe_treasury_credit_reversal ADD COLUMN djstripe_events text;
ALTER TABLE stripe_treasury_credit_reversal ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_treasury_credit_reversal ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_treasury_debit_reversal ADD COLUMN djstripe_source text;
ALTER TABLE stripe_treasury_debit_reversal ADD COLUMN djstripe_events text;
ALTER TABLE stripe_treasury_debit_reversal ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_treasury_debit_reversal ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_treasury_financial_account ADD COLUMN djstripe_source text;
ALTER TABLE stripe_treasury_financial_account ADD COLUMN djstripe_events text;
ALTER TABLE stripe_treasury_financial_account ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_treasury_financial_account ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_treasury_inbound_transfer ADD COLUMN djstripe_source text;
ALTER TABLE stripe_treasury_inbound_transfer ADD COLUMN djstripe_events text;
ALTER TABLE stripe_treasury_inbound_transfer ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_treasury_inbound_transfer ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_treasury_outbound_payment ADD COLUMN djstripe_source text;
ALTER TABLE stripe_treasury_outbound_payment ADD COLUMN djstripe_events text;
ALTER TABLE stripe_treasury_outbound_payment ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_treasury_outbound_payment ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_treasury_outbound_transfer ADD COLUMN djstripe_source text;
ALTER TABLE stripe_treasury_outbound_transfer ADD COLUMN djstripe_events text;
ALTER TABLE stripe_treasury_outbound_transfer ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_treasury_outbound_transfer ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_treasury_received_credit ADD COLUMN djstripe_source text;
ALTER TABLE stripe_treasury_received_credit ADD COLUMN djstripe_events text;
ALTER TABLE stripe_treasury_received_credit ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_treasury_received_credit ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_treasury_received_debit ADD COLUMN djstripe_source text;
ALTER TABLE stripe_treasury_received_debit ADD COLUMN djstripe_events text;
ALTER TABLE stripe_treasury_received_debit ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_treasury_received_debit ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_treasury_transaction ADD COLUMN djstripe_source text;
ALTER TABLE stripe_treasury_transaction ADD COLUMN djstripe_events text;
ALTER TABLE stripe_treasury_transaction ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_treasury_transaction ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

ALTER TABLE stripe_treasury_transaction_entry ADD COLUMN parent_type text;
ALTER TABLE stripe_treasury_transaction_entry ADD COLUMN parent_id text;
ALTER TABLE stripe_treasury_transaction_entry ADD COLUMN djstripe_source text;
ALTER TABLE stripe_treasury_transaction_entry ADD COLUMN djstripe_events text;
ALTER TABLE stripe_treasury_transaction_entry ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_treasury_transaction_entry ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;
CREATE INDEX stripe_treasury_transaction_entry_parent_id ON stripe_treasury_transaction_entry ("parent_id") WHERE "parent_id" IS NOT NULL;

ALTER TABLE stripe_webhook_endpoint ADD COLUMN djstripe_source text;
ALTER TABLE stripe_webhook_endpoint ADD COLUMN djstripe_events text;
ALTER TABLE stripe_webhook_endpoint ADD COLUMN djstripe_incomplete text;
ALTER TABLE stripe_webhook_endpoint ADD COLUMN djstripe_undecided boolean NOT NULL DEFAULT false;

