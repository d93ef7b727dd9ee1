-- Written by `cargo xtask codegen`: what all migrations together create.

CREATE TABLE stripe_account (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "email" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.email') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.email')) <= 500 THEN json_extract(stripe_data, '$.email') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
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
CREATE INDEX stripe_account_email ON stripe_account ("email") WHERE "email" IS NOT NULL;
CREATE INDEX stripe_account_created ON stripe_account ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_account_incomplete ON stripe_account ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_account_undecided ON stripe_account ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_apple_pay_domain (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_apple_pay_domain_created ON stripe_apple_pay_domain ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_apple_pay_domain_incomplete ON stripe_apple_pay_domain ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_apple_pay_domain_undecided ON stripe_apple_pay_domain ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_application (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_application_incomplete ON stripe_application ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_application_undecided ON stripe_application ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_application_fee (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "charge" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge')) <= 500 THEN json_extract(stripe_data, '$.charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge.id')) <= 500 THEN json_extract(stripe_data, '$.charge.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "amount_refunded" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_refunded') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_refunded')) = 'integer' THEN json_extract(stripe_data, '$.amount_refunded') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "refunded" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.refunded') IN ('true', 'false') THEN json_extract(stripe_data, '$.refunded') END) VIRTUAL,
    "originating_transaction" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.originating_transaction') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.originating_transaction')) <= 500 THEN json_extract(stripe_data, '$.originating_transaction') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.originating_transaction.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.originating_transaction.id')) <= 500 THEN json_extract(stripe_data, '$.originating_transaction.id') END END END) VIRTUAL,
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
CREATE INDEX stripe_application_fee_charge ON stripe_application_fee ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_application_fee_created ON stripe_application_fee ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_application_fee_incomplete ON stripe_application_fee ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_application_fee_undecided ON stripe_application_fee ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_apps_install (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_apps_install_status ON stripe_apps_install ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_apps_install_created ON stripe_apps_install ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_apps_install_incomplete ON stripe_apps_install ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_apps_install_undecided ON stripe_apps_install ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_apps_secret (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_apps_secret_created ON stripe_apps_secret ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_apps_secret_incomplete ON stripe_apps_secret ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_apps_secret_undecided ON stripe_apps_secret ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_balance_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "net" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.net') = 'integer' AND typeof(json_extract(stripe_data, '$.net')) = 'integer' THEN json_extract(stripe_data, '$.net') END) VIRTUAL,
    "source" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.source') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.source')) <= 500 THEN json_extract(stripe_data, '$.source') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.source.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.source.id')) <= 500 THEN json_extract(stripe_data, '$.source.id') END END END) VIRTUAL,
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
CREATE INDEX stripe_balance_transaction_status ON stripe_balance_transaction ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_balance_transaction_created ON stripe_balance_transaction ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_balance_transaction_source ON stripe_balance_transaction ("source") WHERE "source" IS NOT NULL;
CREATE INDEX stripe_balance_transaction_incomplete ON stripe_balance_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_balance_transaction_undecided ON stripe_balance_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_bank_account (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_bank_account_customer ON stripe_bank_account ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_bank_account_status ON stripe_bank_account ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_bank_account_incomplete ON stripe_bank_account ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_bank_account_undecided ON stripe_bank_account ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_billing_alert (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
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
CREATE INDEX stripe_billing_alert_status ON stripe_billing_alert ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_billing_alert_incomplete ON stripe_billing_alert ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_alert_undecided ON stripe_billing_alert ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_billing_credit_balance_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "invoice" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.debit.credits_applied.invoice') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.debit.credits_applied.invoice')) <= 500 THEN json_extract(stripe_data, '$.debit.credits_applied.invoice') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.debit.credits_applied.invoice.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.debit.credits_applied.invoice.id')) <= 500 THEN json_extract(stripe_data, '$.debit.credits_applied.invoice.id') END END END, CASE json_type(stripe_data, '$.credit.credits_application_invoice_voided.invoice') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.credit.credits_application_invoice_voided.invoice')) <= 500 THEN json_extract(stripe_data, '$.credit.credits_application_invoice_voided.invoice') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.credit.credits_application_invoice_voided.invoice.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.credit.credits_application_invoice_voided.invoice.id')) <= 500 THEN json_extract(stripe_data, '$.credit.credits_application_invoice_voided.invoice.id') END END END)) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (coalesce(CASE WHEN json_type(stripe_data, '$.credit.amount.monetary.value') = 'integer' AND typeof(json_extract(stripe_data, '$.credit.amount.monetary.value')) = 'integer' THEN json_extract(stripe_data, '$.credit.amount.monetary.value') END, CASE WHEN json_type(stripe_data, '$.debit.amount.monetary.value') = 'integer' AND typeof(json_extract(stripe_data, '$.debit.amount.monetary.value')) = 'integer' THEN json_extract(stripe_data, '$.debit.amount.monetary.value') END)) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (coalesce(CASE WHEN json_type(stripe_data, '$.credit.amount.monetary.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.credit.amount.monetary.currency')) <= 500 THEN json_extract(stripe_data, '$.credit.amount.monetary.currency') END END, CASE WHEN json_type(stripe_data, '$.debit.amount.monetary.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.debit.amount.monetary.currency')) <= 500 THEN json_extract(stripe_data, '$.debit.amount.monetary.currency') END END)) VIRTUAL,
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
CREATE INDEX stripe_billing_credit_balance_transaction_created ON stripe_billing_credit_balance_transaction ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_billing_credit_balance_transaction_invoice ON stripe_billing_credit_balance_transaction ("invoice") WHERE "invoice" IS NOT NULL;
CREATE INDEX stripe_billing_credit_balance_transaction_incomplete ON stripe_billing_credit_balance_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_credit_balance_transaction_undecided ON stripe_billing_credit_balance_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_billing_credit_grant (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.monetary.value') = 'integer' AND typeof(json_extract(stripe_data, '$.amount.monetary.value')) = 'integer' THEN json_extract(stripe_data, '$.amount.monetary.value') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.monetary.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount.monetary.currency')) <= 500 THEN json_extract(stripe_data, '$.amount.monetary.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_billing_credit_grant_customer ON stripe_billing_credit_grant ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_billing_credit_grant_created ON stripe_billing_credit_grant ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_billing_credit_grant_incomplete ON stripe_billing_credit_grant ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_credit_grant_undecided ON stripe_billing_credit_grant ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_billing_feedback_option (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
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
CREATE INDEX stripe_billing_feedback_option_status ON stripe_billing_feedback_option ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_billing_feedback_option_incomplete ON stripe_billing_feedback_option ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_feedback_option_undecided ON stripe_billing_feedback_option ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_billing_meter (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_billing_meter_status ON stripe_billing_meter ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_billing_meter_created ON stripe_billing_meter ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_billing_meter_incomplete ON stripe_billing_meter ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_meter_undecided ON stripe_billing_meter ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_billing_meter_event_summary (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
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
CREATE INDEX stripe_billing_meter_event_summary_incomplete ON stripe_billing_meter_event_summary ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_meter_event_summary_undecided ON stripe_billing_meter_event_summary ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_billing_portal_configuration (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_billing_portal_configuration_created ON stripe_billing_portal_configuration ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_billing_portal_configuration_incomplete ON stripe_billing_portal_configuration ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_portal_configuration_undecided ON stripe_billing_portal_configuration ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_billing_portal_session (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.customer') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_billing_portal_session_customer ON stripe_billing_portal_session ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_billing_portal_session_created ON stripe_billing_portal_session ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_billing_portal_session_incomplete ON stripe_billing_portal_session ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_billing_portal_session_undecided ON stripe_billing_portal_session ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_capability (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
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
CREATE INDEX stripe_capability_status ON stripe_capability ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_capability_incomplete ON stripe_capability ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_capability_undecided ON stripe_capability ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_card (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_card_customer ON stripe_card ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_card_status ON stripe_card ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_card_incomplete ON stripe_card ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_card_undecided ON stripe_card ("djstripe_undecided") WHERE "djstripe_undecided";

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
CREATE INDEX stripe_cash_balance_incomplete ON stripe_cash_balance ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_cash_balance_undecided ON stripe_cash_balance ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_charge (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "payment_intent" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.payment_intent.id') END END END) VIRTUAL,
    "payment_method" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.payment_method') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "amount_refunded" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_refunded') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_refunded')) = 'integer' THEN json_extract(stripe_data, '$.amount_refunded') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "paid" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.paid') IN ('true', 'false') THEN json_extract(stripe_data, '$.paid') END) VIRTUAL,
    "refunded" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.refunded') IN ('true', 'false') THEN json_extract(stripe_data, '$.refunded') END) VIRTUAL,
    "invoice" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.invoice') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice')) <= 500 THEN json_extract(stripe_data, '$.invoice') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.invoice.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice.id')) <= 500 THEN json_extract(stripe_data, '$.invoice.id') END END END) VIRTUAL,
    "generated_sepa_debit" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit.id') END END END, CASE json_type(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit.id') END END END, CASE json_type(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit.id') END END END)) VIRTUAL,
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
CREATE INDEX stripe_charge_customer ON stripe_charge ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_charge_payment_intent ON stripe_charge ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_charge_payment_method ON stripe_charge ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_charge_status ON stripe_charge ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_charge_created ON stripe_charge ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_charge_invoice ON stripe_charge ("invoice") WHERE "invoice" IS NOT NULL;
CREATE INDEX stripe_charge_incomplete ON stripe_charge ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_charge_undecided ON stripe_charge ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_checkout_session (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "subscription" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.subscription') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription')) <= 500 THEN json_extract(stripe_data, '$.subscription') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.subscription.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription.id')) <= 500 THEN json_extract(stripe_data, '$.subscription.id') END END END) VIRTUAL,
    "invoice" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.invoice') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice')) <= 500 THEN json_extract(stripe_data, '$.invoice') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.invoice.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice.id')) <= 500 THEN json_extract(stripe_data, '$.invoice.id') END END END) VIRTUAL,
    "payment_intent" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.payment_intent.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount_total" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_total') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_total')) = 'integer' THEN json_extract(stripe_data, '$.amount_total') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "payment_status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.payment_status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_status')) <= 500 THEN json_extract(stripe_data, '$.payment_status') END END) VIRTUAL,
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
CREATE INDEX stripe_checkout_session_customer ON stripe_checkout_session ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_checkout_session_subscription ON stripe_checkout_session ("subscription") WHERE "subscription" IS NOT NULL;
CREATE INDEX stripe_checkout_session_invoice ON stripe_checkout_session ("invoice") WHERE "invoice" IS NOT NULL;
CREATE INDEX stripe_checkout_session_payment_intent ON stripe_checkout_session ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_checkout_session_status ON stripe_checkout_session ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_checkout_session_created ON stripe_checkout_session ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_checkout_session_incomplete ON stripe_checkout_session ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_checkout_session_undecided ON stripe_checkout_session ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_climate_order (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "product" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.product') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.product')) <= 500 THEN json_extract(stripe_data, '$.product') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.product.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.product.id')) <= 500 THEN json_extract(stripe_data, '$.product.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount_total" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_total') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_total')) = 'integer' THEN json_extract(stripe_data, '$.amount_total') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "canceled_at" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.canceled_at') = 'integer' AND typeof(json_extract(stripe_data, '$.canceled_at')) = 'integer' THEN json_extract(stripe_data, '$.canceled_at') END) VIRTUAL,
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
CREATE INDEX stripe_climate_order_product ON stripe_climate_order ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_climate_order_status ON stripe_climate_order ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_climate_order_created ON stripe_climate_order ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_climate_order_incomplete ON stripe_climate_order ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_climate_order_undecided ON stripe_climate_order ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_climate_product (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_climate_product_created ON stripe_climate_product ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_climate_product_incomplete ON stripe_climate_product ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_climate_product_undecided ON stripe_climate_product ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_climate_supplier (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_climate_supplier_incomplete ON stripe_climate_supplier ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_climate_supplier_undecided ON stripe_climate_supplier ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_confirmation_token (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_intent" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.payment_intent') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.payment_intent') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_method_preview.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_preview.customer')) <= 500 THEN json_extract(stripe_data, '$.payment_method_preview.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_preview.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_preview.customer.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_preview.customer.id') END END END) VIRTUAL,
    "charge" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.payment_method_preview.card.generated_from.charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_preview.card.generated_from.charge')) <= 500 THEN json_extract(stripe_data, '$.payment_method_preview.card.generated_from.charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_preview.card.generated_from.charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_preview.card.generated_from.charge.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_preview.card.generated_from.charge.id') END END END, CASE json_type(stripe_data, '$.payment_method_preview.sepa_debit.generated_from.charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_preview.sepa_debit.generated_from.charge')) <= 500 THEN json_extract(stripe_data, '$.payment_method_preview.sepa_debit.generated_from.charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_preview.sepa_debit.generated_from.charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_preview.sepa_debit.generated_from.charge.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_preview.sepa_debit.generated_from.charge.id') END END END)) VIRTUAL,
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
CREATE INDEX stripe_confirmation_token_payment_intent ON stripe_confirmation_token ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_confirmation_token_created ON stripe_confirmation_token ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_confirmation_token_customer ON stripe_confirmation_token ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_confirmation_token_charge ON stripe_confirmation_token ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_confirmation_token_incomplete ON stripe_confirmation_token ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_confirmation_token_undecided ON stripe_confirmation_token ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_connect_collection_transfer (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_connect_collection_transfer_incomplete ON stripe_connect_collection_transfer ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_connect_collection_transfer_undecided ON stripe_connect_collection_transfer ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_country_spec (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
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
CREATE INDEX stripe_country_spec_incomplete ON stripe_country_spec ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_country_spec_undecided ON stripe_country_spec ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_coupon (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_coupon_created ON stripe_coupon ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_coupon_incomplete ON stripe_coupon ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_coupon_undecided ON stripe_coupon ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_credit_note (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "invoice" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.invoice') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice')) <= 500 THEN json_extract(stripe_data, '$.invoice') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.invoice.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice.id')) <= 500 THEN json_extract(stripe_data, '$.invoice.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "total" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.total') = 'integer' AND typeof(json_extract(stripe_data, '$.total')) = 'integer' THEN json_extract(stripe_data, '$.total') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "number" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.number') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.number')) <= 500 THEN json_extract(stripe_data, '$.number') END END) VIRTUAL,
    "reason" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.reason') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.reason')) <= 500 THEN json_extract(stripe_data, '$.reason') END END) VIRTUAL,
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
CREATE INDEX stripe_credit_note_customer ON stripe_credit_note ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_credit_note_invoice ON stripe_credit_note ("invoice") WHERE "invoice" IS NOT NULL;
CREATE INDEX stripe_credit_note_status ON stripe_credit_note ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_credit_note_created ON stripe_credit_note ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_credit_note_incomplete ON stripe_credit_note ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_credit_note_undecided ON stripe_credit_note ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_credit_note_line_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "unit_amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.unit_amount') = 'integer' AND typeof(json_extract(stripe_data, '$.unit_amount')) = 'integer' THEN json_extract(stripe_data, '$.unit_amount') END) VIRTUAL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    "invoice_line_item" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.invoice_line_item') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice_line_item')) <= 500 THEN json_extract(stripe_data, '$.invoice_line_item') END END) VIRTUAL,
    parent_type text,
    parent_id text,
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
CREATE INDEX stripe_credit_note_line_item_invoice_line_item ON stripe_credit_note_line_item ("invoice_line_item") WHERE "invoice_line_item" IS NOT NULL;
CREATE INDEX stripe_credit_note_line_item_parent_id ON stripe_credit_note_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_credit_note_line_item_incomplete ON stripe_credit_note_line_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_credit_note_line_item_undecided ON stripe_credit_note_line_item ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_customer (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "email" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.email') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.email')) <= 500 THEN json_extract(stripe_data, '$.email') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "balance" bigint GENERATED ALWAYS AS (coalesce(CASE WHEN json_type(stripe_data, '$.balance') = 'integer' AND typeof(json_extract(stripe_data, '$.balance')) = 'integer' THEN json_extract(stripe_data, '$.balance') END, CASE WHEN json_type(stripe_data, '$.account_balance') = 'integer' AND typeof(json_extract(stripe_data, '$.account_balance')) = 'integer' THEN json_extract(stripe_data, '$.account_balance') END)) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    subscriber text,
    date_purged bigint,
    "default_payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.invoice_settings.default_payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice_settings.default_payment_method')) <= 500 THEN json_extract(stripe_data, '$.invoice_settings.default_payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.invoice_settings.default_payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice_settings.default_payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.invoice_settings.default_payment_method.id') END END END) VIRTUAL,
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
CREATE INDEX stripe_customer_email ON stripe_customer ("email") WHERE "email" IS NOT NULL;
CREATE INDEX stripe_customer_created ON stripe_customer ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_customer_subscriber ON stripe_customer ("subscriber") WHERE "subscriber" IS NOT NULL;
CREATE INDEX stripe_customer_incomplete ON stripe_customer ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_customer_undecided ON stripe_customer ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_customer_balance_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "invoice" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.invoice') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice')) <= 500 THEN json_extract(stripe_data, '$.invoice') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.invoice.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice.id')) <= 500 THEN json_extract(stripe_data, '$.invoice.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_customer_balance_transaction_customer ON stripe_customer_balance_transaction ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_customer_balance_transaction_invoice ON stripe_customer_balance_transaction ("invoice") WHERE "invoice" IS NOT NULL;
CREATE INDEX stripe_customer_balance_transaction_created ON stripe_customer_balance_transaction ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_customer_balance_transaction_incomplete ON stripe_customer_balance_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_customer_balance_transaction_undecided ON stripe_customer_balance_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_customer_cash_balance_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "payment_intent" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.applied_to_payment.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.applied_to_payment.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.applied_to_payment.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.applied_to_payment.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.applied_to_payment.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.applied_to_payment.payment_intent.id') END END END, CASE json_type(stripe_data, '$.unapplied_from_payment.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.unapplied_from_payment.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.unapplied_from_payment.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.unapplied_from_payment.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.unapplied_from_payment.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.unapplied_from_payment.payment_intent.id') END END END)) VIRTUAL,
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
CREATE INDEX stripe_customer_cash_balance_transaction_customer ON stripe_customer_cash_balance_transaction ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_customer_cash_balance_transaction_created ON stripe_customer_cash_balance_transaction ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_customer_cash_balance_transaction_payment_intent ON stripe_customer_cash_balance_transaction ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_customer_cash_balance_transaction_incomplete ON stripe_customer_cash_balance_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_customer_cash_balance_transaction_undecided ON stripe_customer_cash_balance_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_discount (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "subscription" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.subscription') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription')) <= 500 THEN json_extract(stripe_data, '$.subscription') END END) VIRTUAL,
    "invoice" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.invoice') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice')) <= 500 THEN json_extract(stripe_data, '$.invoice') END END) VIRTUAL,
    "coupon" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.source.coupon') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.source.coupon')) <= 500 THEN json_extract(stripe_data, '$.source.coupon') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.source.coupon.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.source.coupon.id')) <= 500 THEN json_extract(stripe_data, '$.source.coupon.id') END END END, CASE json_type(stripe_data, '$.coupon') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.coupon')) <= 500 THEN json_extract(stripe_data, '$.coupon') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.coupon.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.coupon.id')) <= 500 THEN json_extract(stripe_data, '$.coupon.id') END END END)) VIRTUAL,
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
CREATE INDEX stripe_discount_customer ON stripe_discount ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_discount_subscription ON stripe_discount ("subscription") WHERE "subscription" IS NOT NULL;
CREATE INDEX stripe_discount_invoice ON stripe_discount ("invoice") WHERE "invoice" IS NOT NULL;
CREATE INDEX stripe_discount_coupon ON stripe_discount ("coupon") WHERE "coupon" IS NOT NULL;
CREATE INDEX stripe_discount_incomplete ON stripe_discount ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_discount_undecided ON stripe_discount ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_dispute (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_intent" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.payment_intent.id') END END END) VIRTUAL,
    "charge" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge')) <= 500 THEN json_extract(stripe_data, '$.charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge.id')) <= 500 THEN json_extract(stripe_data, '$.charge.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "reason" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.reason') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.reason')) <= 500 THEN json_extract(stripe_data, '$.reason') END END) VIRTUAL,
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
CREATE INDEX stripe_dispute_payment_intent ON stripe_dispute ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_dispute_charge ON stripe_dispute ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_dispute_status ON stripe_dispute ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_dispute_created ON stripe_dispute ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_dispute_incomplete ON stripe_dispute ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_dispute_undecided ON stripe_dispute ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_entitlements_active_entitlement (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    customer text,
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
CREATE INDEX stripe_entitlements_active_entitlement_customer ON stripe_entitlements_active_entitlement ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_entitlements_active_entitlement_incomplete ON stripe_entitlements_active_entitlement ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_entitlements_active_entitlement_undecided ON stripe_entitlements_active_entitlement ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_entitlements_feature (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_entitlements_feature_incomplete ON stripe_entitlements_feature ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_entitlements_feature_undecided ON stripe_entitlements_feature ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_ephemeral_key (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_ephemeral_key_created ON stripe_ephemeral_key ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_ephemeral_key_incomplete ON stripe_ephemeral_key ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_ephemeral_key_undecided ON stripe_ephemeral_key ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_event (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
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
CREATE INDEX stripe_event_created ON stripe_event ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_event_incomplete ON stripe_event ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_event_undecided ON stripe_event ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_exchange_rate (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
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
CREATE INDEX stripe_exchange_rate_incomplete ON stripe_exchange_rate ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_exchange_rate_undecided ON stripe_exchange_rate ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_fee_refund (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_fee_refund_created ON stripe_fee_refund ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_fee_refund_incomplete ON stripe_fee_refund ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_fee_refund_undecided ON stripe_fee_refund ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_file (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
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
CREATE INDEX stripe_file_created ON stripe_file ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_file_incomplete ON stripe_file ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_file_undecided ON stripe_file ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_file_link (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_file_link_created ON stripe_file_link ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_file_link_incomplete ON stripe_file_link ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_file_link_undecided ON stripe_file_link ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_financial_connections_account (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.account_holder.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.account_holder.customer')) <= 500 THEN json_extract(stripe_data, '$.account_holder.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.account_holder.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.account_holder.customer.id')) <= 500 THEN json_extract(stripe_data, '$.account_holder.customer.id') END END END) VIRTUAL,
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
CREATE INDEX stripe_financial_connections_account_status ON stripe_financial_connections_account ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_created ON stripe_financial_connections_account ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_customer ON stripe_financial_connections_account ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_incomplete ON stripe_financial_connections_account ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_undecided ON stripe_financial_connections_account ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_financial_connections_account_owner (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "email" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.email') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.email')) <= 500 THEN json_extract(stripe_data, '$.email') END END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    parent_type text,
    parent_id text,
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
CREATE INDEX stripe_financial_connections_account_owner_email ON stripe_financial_connections_account_owner ("email") WHERE "email" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_owner_parent_id ON stripe_financial_connections_account_owner ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_owner_incomplete ON stripe_financial_connections_account_owner ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_owner_undecided ON stripe_financial_connections_account_owner ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_financial_connections_account_ownership (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_financial_connections_account_ownership_created ON stripe_financial_connections_account_ownership ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_ownership_incomplete ON stripe_financial_connections_account_ownership ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_ownership_undecided ON stripe_financial_connections_account_ownership ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_financial_connections_authorization (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
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
CREATE INDEX stripe_financial_connections_authorization_status ON stripe_financial_connections_authorization ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_financial_connections_authorization_incomplete ON stripe_financial_connections_authorization ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_financial_connections_authorization_undecided ON stripe_financial_connections_authorization ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_financial_connections_session (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.account_holder.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.account_holder.customer')) <= 500 THEN json_extract(stripe_data, '$.account_holder.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.account_holder.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.account_holder.customer.id')) <= 500 THEN json_extract(stripe_data, '$.account_holder.customer.id') END END END) VIRTUAL,
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
CREATE INDEX stripe_financial_connections_session_customer ON stripe_financial_connections_session ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_financial_connections_session_incomplete ON stripe_financial_connections_session ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_financial_connections_session_undecided ON stripe_financial_connections_session ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_financial_connections_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_financial_connections_transaction_status ON stripe_financial_connections_transaction ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_financial_connections_transaction_incomplete ON stripe_financial_connections_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_financial_connections_transaction_undecided ON stripe_financial_connections_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_forwarding_request (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_method" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.payment_method') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_forwarding_request_payment_method ON stripe_forwarding_request ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_forwarding_request_created ON stripe_forwarding_request ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_forwarding_request_incomplete ON stripe_forwarding_request ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_forwarding_request_undecided ON stripe_forwarding_request ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_identity_verification_report (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "email" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.email.email') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.email.email')) <= 500 THEN json_extract(stripe_data, '$.email.email') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
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
CREATE INDEX stripe_identity_verification_report_email ON stripe_identity_verification_report ("email") WHERE "email" IS NOT NULL;
CREATE INDEX stripe_identity_verification_report_created ON stripe_identity_verification_report ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_identity_verification_report_incomplete ON stripe_identity_verification_report ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_identity_verification_report_undecided ON stripe_identity_verification_report ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_identity_verification_session (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
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
CREATE INDEX stripe_identity_verification_session_status ON stripe_identity_verification_session ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_identity_verification_session_created ON stripe_identity_verification_session ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_identity_verification_session_incomplete ON stripe_identity_verification_session ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_identity_verification_session_undecided ON stripe_identity_verification_session ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_invoice (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (coalesce(CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END, CASE WHEN json_type(stripe_data, '$.date') = 'integer' AND typeof(json_extract(stripe_data, '$.date')) = 'integer' THEN json_extract(stripe_data, '$.date') END)) VIRTUAL,
    "amount_due" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_due') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_due')) = 'integer' THEN json_extract(stripe_data, '$.amount_due') END) VIRTUAL,
    "amount_paid" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_paid') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_paid')) = 'integer' THEN json_extract(stripe_data, '$.amount_paid') END) VIRTUAL,
    "amount_remaining" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_remaining') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_remaining')) = 'integer' THEN json_extract(stripe_data, '$.amount_remaining') END) VIRTUAL,
    "total" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.total') = 'integer' AND typeof(json_extract(stripe_data, '$.total')) = 'integer' THEN json_extract(stripe_data, '$.total') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "number" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.number') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.number')) <= 500 THEN json_extract(stripe_data, '$.number') END END) VIRTUAL,
    "due_date" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.due_date') = 'integer' AND typeof(json_extract(stripe_data, '$.due_date')) = 'integer' THEN json_extract(stripe_data, '$.due_date') END) VIRTUAL,
    "subscription" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.parent.subscription_details.subscription') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.subscription_details.subscription')) <= 500 THEN json_extract(stripe_data, '$.parent.subscription_details.subscription') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.parent.subscription_details.subscription.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.subscription_details.subscription.id')) <= 500 THEN json_extract(stripe_data, '$.parent.subscription_details.subscription.id') END END END, CASE json_type(stripe_data, '$.subscription') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription')) <= 500 THEN json_extract(stripe_data, '$.subscription') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.subscription.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription.id')) <= 500 THEN json_extract(stripe_data, '$.subscription.id') END END END)) VIRTUAL,
    "payment_intent" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.payment_intent.id') END END END) VIRTUAL,
    "charge" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge')) <= 500 THEN json_extract(stripe_data, '$.charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge.id')) <= 500 THEN json_extract(stripe_data, '$.charge.id') END END END) VIRTUAL,
    "default_payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.default_payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.default_payment_method')) <= 500 THEN json_extract(stripe_data, '$.default_payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.default_payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.default_payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.default_payment_method.id') END END END) VIRTUAL,
    "from_invoice" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.from_invoice.invoice') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.from_invoice.invoice')) <= 500 THEN json_extract(stripe_data, '$.from_invoice.invoice') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.from_invoice.invoice.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.from_invoice.invoice.id')) <= 500 THEN json_extract(stripe_data, '$.from_invoice.invoice.id') END END END) VIRTUAL,
    "latest_revision" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.latest_revision') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.latest_revision')) <= 500 THEN json_extract(stripe_data, '$.latest_revision') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.latest_revision.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.latest_revision.id')) <= 500 THEN json_extract(stripe_data, '$.latest_revision.id') END END END) VIRTUAL,
    "quote" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.parent.quote_details.quote') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.quote_details.quote')) <= 500 THEN json_extract(stripe_data, '$.parent.quote_details.quote') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.parent.quote_details.quote.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.quote_details.quote.id')) <= 500 THEN json_extract(stripe_data, '$.parent.quote_details.quote.id') END END END, CASE json_type(stripe_data, '$.quote') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.quote')) <= 500 THEN json_extract(stripe_data, '$.quote') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.quote.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.quote.id')) <= 500 THEN json_extract(stripe_data, '$.quote.id') END END END)) VIRTUAL,
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
CREATE INDEX stripe_invoice_customer ON stripe_invoice ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_invoice_status ON stripe_invoice ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_invoice_created ON stripe_invoice ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_invoice_subscription ON stripe_invoice ("subscription") WHERE "subscription" IS NOT NULL;
CREATE INDEX stripe_invoice_payment_intent ON stripe_invoice ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_invoice_charge ON stripe_invoice ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_invoice_incomplete ON stripe_invoice ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_invoice_undecided ON stripe_invoice ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_invoice_payment (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "invoice" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.invoice') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice')) <= 500 THEN json_extract(stripe_data, '$.invoice') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.invoice.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice.id')) <= 500 THEN json_extract(stripe_data, '$.invoice.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount_paid" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_paid') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_paid')) = 'integer' THEN json_extract(stripe_data, '$.amount_paid') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "payment_intent" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.payment.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.payment.payment_intent.id') END END END) VIRTUAL,
    "charge" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment.charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment.charge')) <= 500 THEN json_extract(stripe_data, '$.payment.charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment.charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment.charge.id')) <= 500 THEN json_extract(stripe_data, '$.payment.charge.id') END END END) VIRTUAL,
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
CREATE INDEX stripe_invoice_payment_invoice ON stripe_invoice_payment ("invoice") WHERE "invoice" IS NOT NULL;
CREATE INDEX stripe_invoice_payment_status ON stripe_invoice_payment ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_invoice_payment_created ON stripe_invoice_payment ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_invoice_payment_payment_intent ON stripe_invoice_payment ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_invoice_payment_charge ON stripe_invoice_payment ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_invoice_payment_incomplete ON stripe_invoice_payment ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_invoice_payment_undecided ON stripe_invoice_payment ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_invoice_rendering_template (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_invoice_rendering_template_status ON stripe_invoice_rendering_template ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_invoice_rendering_template_created ON stripe_invoice_rendering_template ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_invoice_rendering_template_incomplete ON stripe_invoice_rendering_template ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_invoice_rendering_template_undecided ON stripe_invoice_rendering_template ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_invoiceitem (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "invoice" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.invoice') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice')) <= 500 THEN json_extract(stripe_data, '$.invoice') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.invoice.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice.id')) <= 500 THEN json_extract(stripe_data, '$.invoice.id') END END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    "subscription" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.parent.subscription_details.subscription') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.subscription_details.subscription')) <= 500 THEN json_extract(stripe_data, '$.parent.subscription_details.subscription') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.parent.subscription_details.subscription.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.subscription_details.subscription.id')) <= 500 THEN json_extract(stripe_data, '$.parent.subscription_details.subscription.id') END END END, CASE json_type(stripe_data, '$.subscription') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription')) <= 500 THEN json_extract(stripe_data, '$.subscription') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.subscription.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription.id')) <= 500 THEN json_extract(stripe_data, '$.subscription.id') END END END)) VIRTUAL,
    "price" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.pricing.price_details.price') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.pricing.price_details.price')) <= 500 THEN json_extract(stripe_data, '$.pricing.price_details.price') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.pricing.price_details.price.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.pricing.price_details.price.id')) <= 500 THEN json_extract(stripe_data, '$.pricing.price_details.price.id') END END END, CASE json_type(stripe_data, '$.price') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price')) <= 500 THEN json_extract(stripe_data, '$.price') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.price.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.id')) <= 500 THEN json_extract(stripe_data, '$.price.id') END END END, CASE json_type(stripe_data, '$.plan') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.plan')) <= 500 THEN json_extract(stripe_data, '$.plan') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.plan.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.plan.id')) <= 500 THEN json_extract(stripe_data, '$.plan.id') END END END)) VIRTUAL,
    "product" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.pricing.price_details.product') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.pricing.price_details.product')) <= 500 THEN json_extract(stripe_data, '$.pricing.price_details.product') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.pricing.price_details.product.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.pricing.price_details.product.id')) <= 500 THEN json_extract(stripe_data, '$.pricing.price_details.product.id') END END END, CASE json_type(stripe_data, '$.price.product') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.product')) <= 500 THEN json_extract(stripe_data, '$.price.product') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.price.product.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.product.id')) <= 500 THEN json_extract(stripe_data, '$.price.product.id') END END END, CASE json_type(stripe_data, '$.plan.product') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.plan.product')) <= 500 THEN json_extract(stripe_data, '$.plan.product') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.plan.product.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.plan.product.id')) <= 500 THEN json_extract(stripe_data, '$.plan.product.id') END END END)) VIRTUAL,
    "subscription_item" text GENERATED ALWAYS AS (coalesce(CASE WHEN json_type(stripe_data, '$.parent.subscription_details.subscription_item') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.subscription_details.subscription_item')) <= 500 THEN json_extract(stripe_data, '$.parent.subscription_details.subscription_item') END END, CASE WHEN json_type(stripe_data, '$.subscription_item') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription_item')) <= 500 THEN json_extract(stripe_data, '$.subscription_item') END END)) VIRTUAL,
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
CREATE INDEX stripe_invoiceitem_customer ON stripe_invoiceitem ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_invoiceitem_invoice ON stripe_invoiceitem ("invoice") WHERE "invoice" IS NOT NULL;
CREATE INDEX stripe_invoiceitem_subscription ON stripe_invoiceitem ("subscription") WHERE "subscription" IS NOT NULL;
CREATE INDEX stripe_invoiceitem_price ON stripe_invoiceitem ("price") WHERE "price" IS NOT NULL;
CREATE INDEX stripe_invoiceitem_product ON stripe_invoiceitem ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_invoiceitem_subscription_item ON stripe_invoiceitem ("subscription_item") WHERE "subscription_item" IS NOT NULL;
CREATE INDEX stripe_invoiceitem_incomplete ON stripe_invoiceitem ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_invoiceitem_undecided ON stripe_invoiceitem ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_issuing_authorization (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_issuing_authorization_status ON stripe_issuing_authorization ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_issuing_authorization_created ON stripe_issuing_authorization ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_issuing_authorization_incomplete ON stripe_issuing_authorization ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_authorization_undecided ON stripe_issuing_authorization ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_issuing_card (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "number" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.number') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.number')) <= 500 THEN json_extract(stripe_data, '$.number') END END) VIRTUAL,
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
CREATE INDEX stripe_issuing_card_status ON stripe_issuing_card ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_issuing_card_created ON stripe_issuing_card ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_issuing_card_incomplete ON stripe_issuing_card ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_card_undecided ON stripe_issuing_card ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_issuing_cardholder (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "email" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.email') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.email')) <= 500 THEN json_extract(stripe_data, '$.email') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_issuing_cardholder_status ON stripe_issuing_cardholder ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_issuing_cardholder_email ON stripe_issuing_cardholder ("email") WHERE "email" IS NOT NULL;
CREATE INDEX stripe_issuing_cardholder_created ON stripe_issuing_cardholder ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_issuing_cardholder_incomplete ON stripe_issuing_cardholder ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_cardholder_undecided ON stripe_issuing_cardholder ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_issuing_dispute (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_issuing_dispute_status ON stripe_issuing_dispute ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_issuing_dispute_created ON stripe_issuing_dispute ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_issuing_dispute_incomplete ON stripe_issuing_dispute ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_dispute_undecided ON stripe_issuing_dispute ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_issuing_personalization_design (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_issuing_personalization_design_status ON stripe_issuing_personalization_design ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_issuing_personalization_design_created ON stripe_issuing_personalization_design ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_issuing_personalization_design_incomplete ON stripe_issuing_personalization_design ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_personalization_design_undecided ON stripe_issuing_personalization_design ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_issuing_physical_bundle (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_issuing_physical_bundle_status ON stripe_issuing_physical_bundle ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_issuing_physical_bundle_incomplete ON stripe_issuing_physical_bundle ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_physical_bundle_undecided ON stripe_issuing_physical_bundle ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_issuing_settlement (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_issuing_settlement_status ON stripe_issuing_settlement ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_issuing_settlement_created ON stripe_issuing_settlement ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_issuing_settlement_incomplete ON stripe_issuing_settlement ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_settlement_undecided ON stripe_issuing_settlement ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_issuing_token (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_issuing_token_status ON stripe_issuing_token ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_issuing_token_created ON stripe_issuing_token ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_issuing_token_incomplete ON stripe_issuing_token ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_token_undecided ON stripe_issuing_token ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_issuing_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_issuing_transaction_created ON stripe_issuing_transaction ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_issuing_transaction_incomplete ON stripe_issuing_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_issuing_transaction_undecided ON stripe_issuing_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "price" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.price') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price')) <= 500 THEN json_extract(stripe_data, '$.price') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.price.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.id')) <= 500 THEN json_extract(stripe_data, '$.price.id') END END END) VIRTUAL,
    "amount_total" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_total') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_total')) = 'integer' THEN json_extract(stripe_data, '$.amount_total') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    "product" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.price.product') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.product')) <= 500 THEN json_extract(stripe_data, '$.price.product') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.price.product.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.product.id')) <= 500 THEN json_extract(stripe_data, '$.price.product.id') END END END) VIRTUAL,
    parent_type text,
    parent_id text,
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
CREATE INDEX stripe_item_price ON stripe_item ("price") WHERE "price" IS NOT NULL;
CREATE INDEX stripe_item_product ON stripe_item ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_item_parent_id ON stripe_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_item_incomplete ON stripe_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_item_undecided ON stripe_item ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_line_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "subscription" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.parent.subscription_item_details.subscription') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.subscription_item_details.subscription')) <= 500 THEN json_extract(stripe_data, '$.parent.subscription_item_details.subscription') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.parent.subscription_item_details.subscription.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.subscription_item_details.subscription.id')) <= 500 THEN json_extract(stripe_data, '$.parent.subscription_item_details.subscription.id') END END END, CASE json_type(stripe_data, '$.parent.invoice_item_details.subscription') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.invoice_item_details.subscription')) <= 500 THEN json_extract(stripe_data, '$.parent.invoice_item_details.subscription') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.parent.invoice_item_details.subscription.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.invoice_item_details.subscription.id')) <= 500 THEN json_extract(stripe_data, '$.parent.invoice_item_details.subscription.id') END END END, CASE json_type(stripe_data, '$.subscription') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription')) <= 500 THEN json_extract(stripe_data, '$.subscription') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.subscription.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription.id')) <= 500 THEN json_extract(stripe_data, '$.subscription.id') END END END)) VIRTUAL,
    "invoice" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.invoice') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice')) <= 500 THEN json_extract(stripe_data, '$.invoice') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    "price" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.pricing.price_details.price') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.pricing.price_details.price')) <= 500 THEN json_extract(stripe_data, '$.pricing.price_details.price') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.pricing.price_details.price.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.pricing.price_details.price.id')) <= 500 THEN json_extract(stripe_data, '$.pricing.price_details.price.id') END END END, CASE json_type(stripe_data, '$.price') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price')) <= 500 THEN json_extract(stripe_data, '$.price') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.price.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.id')) <= 500 THEN json_extract(stripe_data, '$.price.id') END END END, CASE json_type(stripe_data, '$.plan') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.plan')) <= 500 THEN json_extract(stripe_data, '$.plan') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.plan.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.plan.id')) <= 500 THEN json_extract(stripe_data, '$.plan.id') END END END)) VIRTUAL,
    "product" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.pricing.price_details.product') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.pricing.price_details.product')) <= 500 THEN json_extract(stripe_data, '$.pricing.price_details.product') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.pricing.price_details.product.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.pricing.price_details.product.id')) <= 500 THEN json_extract(stripe_data, '$.pricing.price_details.product.id') END END END, CASE json_type(stripe_data, '$.price.product') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.product')) <= 500 THEN json_extract(stripe_data, '$.price.product') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.price.product.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.product.id')) <= 500 THEN json_extract(stripe_data, '$.price.product.id') END END END, CASE json_type(stripe_data, '$.plan.product') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.plan.product')) <= 500 THEN json_extract(stripe_data, '$.plan.product') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.plan.product.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.plan.product.id')) <= 500 THEN json_extract(stripe_data, '$.plan.product.id') END END END)) VIRTUAL,
    "invoice_item" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.parent.invoice_item_details.invoice_item') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.invoice_item_details.invoice_item')) <= 500 THEN json_extract(stripe_data, '$.parent.invoice_item_details.invoice_item') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.parent.invoice_item_details.invoice_item.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.invoice_item_details.invoice_item.id')) <= 500 THEN json_extract(stripe_data, '$.parent.invoice_item_details.invoice_item.id') END END END, CASE json_type(stripe_data, '$.parent.subscription_item_details.invoice_item') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.subscription_item_details.invoice_item')) <= 500 THEN json_extract(stripe_data, '$.parent.subscription_item_details.invoice_item') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.parent.subscription_item_details.invoice_item.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.subscription_item_details.invoice_item.id')) <= 500 THEN json_extract(stripe_data, '$.parent.subscription_item_details.invoice_item.id') END END END, CASE json_type(stripe_data, '$.invoice_item') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice_item')) <= 500 THEN json_extract(stripe_data, '$.invoice_item') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.invoice_item.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice_item.id')) <= 500 THEN json_extract(stripe_data, '$.invoice_item.id') END END END)) VIRTUAL,
    "subscription_item" text GENERATED ALWAYS AS (coalesce(CASE WHEN json_type(stripe_data, '$.parent.subscription_item_details.subscription_item') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.parent.subscription_item_details.subscription_item')) <= 500 THEN json_extract(stripe_data, '$.parent.subscription_item_details.subscription_item') END END, CASE WHEN json_type(stripe_data, '$.subscription_item') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription_item')) <= 500 THEN json_extract(stripe_data, '$.subscription_item') END END)) VIRTUAL,
    parent_type text,
    parent_id text,
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
CREATE INDEX stripe_line_item_subscription ON stripe_line_item ("subscription") WHERE "subscription" IS NOT NULL;
CREATE INDEX stripe_line_item_invoice ON stripe_line_item ("invoice") WHERE "invoice" IS NOT NULL;
CREATE INDEX stripe_line_item_price ON stripe_line_item ("price") WHERE "price" IS NOT NULL;
CREATE INDEX stripe_line_item_product ON stripe_line_item ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_line_item_invoice_item ON stripe_line_item ("invoice_item") WHERE "invoice_item" IS NOT NULL;
CREATE INDEX stripe_line_item_subscription_item ON stripe_line_item ("subscription_item") WHERE "subscription_item" IS NOT NULL;
CREATE INDEX stripe_line_item_parent_id ON stripe_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_line_item_incomplete ON stripe_line_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_line_item_undecided ON stripe_line_item ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_mandate (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
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
CREATE INDEX stripe_mandate_payment_method ON stripe_mandate ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_mandate_status ON stripe_mandate ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_mandate_incomplete ON stripe_mandate ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_mandate_undecided ON stripe_mandate ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_payment_attempt_record (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.value') = 'integer' AND typeof(json_extract(stripe_data, '$.amount.value')) = 'integer' THEN json_extract(stripe_data, '$.amount.value') END) VIRTUAL,
    "amount_refunded" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_refunded.value') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_refunded.value')) = 'integer' THEN json_extract(stripe_data, '$.amount_refunded.value') END) VIRTUAL,
    "customer" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.customer_details.customer') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer_details.customer')) <= 500 THEN json_extract(stripe_data, '$.customer_details.customer') END END) VIRTUAL,
    "payment_method" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.payment_method_details.payment_method') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.payment_method') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount.currency')) <= 500 THEN json_extract(stripe_data, '$.amount.currency') END END) VIRTUAL,
    "generated_sepa_debit" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit.id') END END END, CASE json_type(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit.id') END END END, CASE json_type(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit.id') END END END)) VIRTUAL,
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
CREATE INDEX stripe_payment_attempt_record_created ON stripe_payment_attempt_record ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_payment_attempt_record_customer ON stripe_payment_attempt_record ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_payment_attempt_record_payment_method ON stripe_payment_attempt_record ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_payment_attempt_record_incomplete ON stripe_payment_attempt_record ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_attempt_record_undecided ON stripe_payment_attempt_record ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_payment_intent (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "canceled_at" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.canceled_at') = 'integer' AND typeof(json_extract(stripe_data, '$.canceled_at')) = 'integer' THEN json_extract(stripe_data, '$.canceled_at') END) VIRTUAL,
    "invoice" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.invoice') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice')) <= 500 THEN json_extract(stripe_data, '$.invoice') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.invoice.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice.id')) <= 500 THEN json_extract(stripe_data, '$.invoice.id') END END END) VIRTUAL,
    "latest_charge" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.latest_charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.latest_charge')) <= 500 THEN json_extract(stripe_data, '$.latest_charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.latest_charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.latest_charge.id')) <= 500 THEN json_extract(stripe_data, '$.latest_charge.id') END END END, CASE json_type(stripe_data, '$.charges.data[0]') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charges.data[0]')) <= 500 THEN json_extract(stripe_data, '$.charges.data[0]') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.charges.data[0].id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charges.data[0].id')) <= 500 THEN json_extract(stripe_data, '$.charges.data[0].id') END END END)) VIRTUAL,
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
CREATE INDEX stripe_payment_intent_customer ON stripe_payment_intent ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_payment_intent_payment_method ON stripe_payment_intent ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_payment_intent_status ON stripe_payment_intent ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_payment_intent_created ON stripe_payment_intent ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_payment_intent_invoice ON stripe_payment_intent ("invoice") WHERE "invoice" IS NOT NULL;
CREATE INDEX stripe_payment_intent_incomplete ON stripe_payment_intent ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_intent_undecided ON stripe_payment_intent ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_payment_intent_amount_details_line_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    parent_type text,
    parent_id text,
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
CREATE INDEX stripe_payment_intent_amount_details_line_item_parent_id ON stripe_payment_intent_amount_details_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_payment_intent_amount_details_line_item_incomplete ON stripe_payment_intent_amount_details_line_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_intent_amount_details_line_item_undecided ON stripe_payment_intent_amount_details_line_item ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_payment_link (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_payment_link_incomplete ON stripe_payment_link ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_link_undecided ON stripe_payment_link ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_payment_method (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "charge" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.card.generated_from.charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.card.generated_from.charge')) <= 500 THEN json_extract(stripe_data, '$.card.generated_from.charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.card.generated_from.charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.card.generated_from.charge.id')) <= 500 THEN json_extract(stripe_data, '$.card.generated_from.charge.id') END END END, CASE json_type(stripe_data, '$.sepa_debit.generated_from.charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.sepa_debit.generated_from.charge')) <= 500 THEN json_extract(stripe_data, '$.sepa_debit.generated_from.charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.sepa_debit.generated_from.charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.sepa_debit.generated_from.charge.id')) <= 500 THEN json_extract(stripe_data, '$.sepa_debit.generated_from.charge.id') END END END)) VIRTUAL,
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
CREATE INDEX stripe_payment_method_customer ON stripe_payment_method ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_payment_method_created ON stripe_payment_method ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_payment_method_charge ON stripe_payment_method ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_payment_method_incomplete ON stripe_payment_method ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_method_undecided ON stripe_payment_method ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_payment_method_configuration (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_payment_method_configuration_incomplete ON stripe_payment_method_configuration ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_method_configuration_undecided ON stripe_payment_method_configuration ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_payment_method_domain (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_payment_method_domain_created ON stripe_payment_method_domain ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_payment_method_domain_incomplete ON stripe_payment_method_domain ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_method_domain_undecided ON stripe_payment_method_domain ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_payment_record (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.value') = 'integer' AND typeof(json_extract(stripe_data, '$.amount.value')) = 'integer' THEN json_extract(stripe_data, '$.amount.value') END) VIRTUAL,
    "amount_refunded" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_refunded.value') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_refunded.value')) = 'integer' THEN json_extract(stripe_data, '$.amount_refunded.value') END) VIRTUAL,
    "customer" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.customer_details.customer') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer_details.customer')) <= 500 THEN json_extract(stripe_data, '$.customer_details.customer') END END) VIRTUAL,
    "payment_method" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.payment_method_details.payment_method') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.payment_method') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount.currency')) <= 500 THEN json_extract(stripe_data, '$.amount.currency') END END) VIRTUAL,
    "generated_sepa_debit" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit.id') END END END, CASE json_type(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit.id') END END END, CASE json_type(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit.id') END END END)) VIRTUAL,
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
CREATE INDEX stripe_payment_record_created ON stripe_payment_record ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_payment_record_customer ON stripe_payment_record ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_payment_record_payment_method ON stripe_payment_record ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_payment_record_incomplete ON stripe_payment_record ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payment_record_undecided ON stripe_payment_record ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_payout (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "arrival_date" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.arrival_date') = 'integer' AND typeof(json_extract(stripe_data, '$.arrival_date')) = 'integer' THEN json_extract(stripe_data, '$.arrival_date') END) VIRTUAL,
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
CREATE INDEX stripe_payout_status ON stripe_payout ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_payout_created ON stripe_payout ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_payout_incomplete ON stripe_payout ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_payout_undecided ON stripe_payout ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_person (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "email" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.email') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.email')) <= 500 THEN json_extract(stripe_data, '$.email') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_person_email ON stripe_person ("email") WHERE "email" IS NOT NULL;
CREATE INDEX stripe_person_created ON stripe_person ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_person_incomplete ON stripe_person ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_person_undecided ON stripe_person ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_plan (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "product" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.product') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.product')) <= 500 THEN json_extract(stripe_data, '$.product') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.product.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.product.id')) <= 500 THEN json_extract(stripe_data, '$.product.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_plan_product ON stripe_plan ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_plan_created ON stripe_plan ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_plan_incomplete ON stripe_plan ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_plan_undecided ON stripe_plan ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_price (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "product" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.product') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.product')) <= 500 THEN json_extract(stripe_data, '$.product') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.product.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.product.id')) <= 500 THEN json_extract(stripe_data, '$.product.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "unit_amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.unit_amount') = 'integer' AND typeof(json_extract(stripe_data, '$.unit_amount')) = 'integer' THEN json_extract(stripe_data, '$.unit_amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_price_product ON stripe_price ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_price_created ON stripe_price ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_price_incomplete ON stripe_price ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_price_undecided ON stripe_price ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_product (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    "default_price" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.default_price') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.default_price')) <= 500 THEN json_extract(stripe_data, '$.default_price') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.default_price.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.default_price.id')) <= 500 THEN json_extract(stripe_data, '$.default_price.id') END END END) VIRTUAL,
    djstripe_source text,
    djstripe_events text,
    djstripe_incomplete text,
    djstripe_undecided boolean NOT NULL DEFAULT false,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_product_created ON stripe_product ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_product_incomplete ON stripe_product ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_product_undecided ON stripe_product ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_product_catalog_trial_offer (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "price" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.price') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price')) <= 500 THEN json_extract(stripe_data, '$.price') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.price.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.id')) <= 500 THEN json_extract(stripe_data, '$.price.id') END END END) VIRTUAL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "transition_price" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.end_behavior.transition.price') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.end_behavior.transition.price')) <= 500 THEN json_extract(stripe_data, '$.end_behavior.transition.price') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.end_behavior.transition.price.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.end_behavior.transition.price.id')) <= 500 THEN json_extract(stripe_data, '$.end_behavior.transition.price.id') END END END) VIRTUAL,
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
CREATE INDEX stripe_product_catalog_trial_offer_price ON stripe_product_catalog_trial_offer ("price") WHERE "price" IS NOT NULL;
CREATE INDEX stripe_product_catalog_trial_offer_incomplete ON stripe_product_catalog_trial_offer ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_product_catalog_trial_offer_undecided ON stripe_product_catalog_trial_offer ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_product_feature (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
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
CREATE INDEX stripe_product_feature_incomplete ON stripe_product_feature ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_product_feature_undecided ON stripe_product_feature ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_promotion_code (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "code" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.code') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.code')) <= 500 THEN json_extract(stripe_data, '$.code') END END) VIRTUAL,
    "coupon" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.promotion.coupon') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.promotion.coupon')) <= 500 THEN json_extract(stripe_data, '$.promotion.coupon') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.promotion.coupon.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.promotion.coupon.id')) <= 500 THEN json_extract(stripe_data, '$.promotion.coupon.id') END END END, CASE json_type(stripe_data, '$.coupon') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.coupon')) <= 500 THEN json_extract(stripe_data, '$.coupon') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.coupon.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.coupon.id')) <= 500 THEN json_extract(stripe_data, '$.coupon.id') END END END)) VIRTUAL,
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
CREATE INDEX stripe_promotion_code_customer ON stripe_promotion_code ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_promotion_code_created ON stripe_promotion_code ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_promotion_code_coupon ON stripe_promotion_code ("coupon") WHERE "coupon" IS NOT NULL;
CREATE INDEX stripe_promotion_code_incomplete ON stripe_promotion_code ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_promotion_code_undecided ON stripe_promotion_code ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_quote (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "subscription" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.subscription') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription')) <= 500 THEN json_extract(stripe_data, '$.subscription') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.subscription.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription.id')) <= 500 THEN json_extract(stripe_data, '$.subscription.id') END END END) VIRTUAL,
    "invoice" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.invoice') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice')) <= 500 THEN json_extract(stripe_data, '$.invoice') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.invoice.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice.id')) <= 500 THEN json_extract(stripe_data, '$.invoice.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount_total" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_total') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_total')) = 'integer' THEN json_extract(stripe_data, '$.amount_total') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "number" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.number') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.number')) <= 500 THEN json_extract(stripe_data, '$.number') END END) VIRTUAL,
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
CREATE INDEX stripe_quote_customer ON stripe_quote ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_quote_subscription ON stripe_quote ("subscription") WHERE "subscription" IS NOT NULL;
CREATE INDEX stripe_quote_invoice ON stripe_quote ("invoice") WHERE "invoice" IS NOT NULL;
CREATE INDEX stripe_quote_status ON stripe_quote ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_quote_created ON stripe_quote ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_quote_incomplete ON stripe_quote ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_quote_undecided ON stripe_quote ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_radar_early_fraud_warning (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_intent" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.payment_intent.id') END END END) VIRTUAL,
    "charge" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge')) <= 500 THEN json_extract(stripe_data, '$.charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge.id')) <= 500 THEN json_extract(stripe_data, '$.charge.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_radar_early_fraud_warning_payment_intent ON stripe_radar_early_fraud_warning ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_radar_early_fraud_warning_charge ON stripe_radar_early_fraud_warning ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_radar_early_fraud_warning_created ON stripe_radar_early_fraud_warning ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_radar_early_fraud_warning_incomplete ON stripe_radar_early_fraud_warning ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_radar_early_fraud_warning_undecided ON stripe_radar_early_fraud_warning ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_radar_payment_evaluation (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.customer_details.customer') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer_details.customer')) <= 500 THEN json_extract(stripe_data, '$.customer_details.customer') END END) VIRTUAL,
    "payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_details.payment_method_details.payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_details.payment_method_details.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_details.payment_method_details.payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_details.payment_method_details.payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_details.payment_method_details.payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.payment_details.payment_method_details.payment_method.id') END END END) VIRTUAL,
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
CREATE INDEX stripe_radar_payment_evaluation_customer ON stripe_radar_payment_evaluation ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_radar_payment_evaluation_payment_method ON stripe_radar_payment_evaluation ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_radar_payment_evaluation_incomplete ON stripe_radar_payment_evaluation ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_radar_payment_evaluation_undecided ON stripe_radar_payment_evaluation ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_radar_value_list (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_radar_value_list_created ON stripe_radar_value_list ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_radar_value_list_incomplete ON stripe_radar_value_list ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_radar_value_list_undecided ON stripe_radar_value_list ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_radar_value_list_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    parent_type text,
    parent_id text,
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
CREATE INDEX stripe_radar_value_list_item_created ON stripe_radar_value_list_item ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_radar_value_list_item_parent_id ON stripe_radar_value_list_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_radar_value_list_item_incomplete ON stripe_radar_value_list_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_radar_value_list_item_undecided ON stripe_radar_value_list_item ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_refund (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_intent" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.payment_intent.id') END END END) VIRTUAL,
    "charge" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge')) <= 500 THEN json_extract(stripe_data, '$.charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge.id')) <= 500 THEN json_extract(stripe_data, '$.charge.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "reason" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.reason') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.reason')) <= 500 THEN json_extract(stripe_data, '$.reason') END END) VIRTUAL,
    djstripe_source text,
    djstripe_events text,
    djstripe_incomplete text,
    djstripe_undecided boolean NOT NULL DEFAULT false,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method.id') END END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_refund_payment_intent ON stripe_refund ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_refund_charge ON stripe_refund ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_refund_status ON stripe_refund ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_refund_created ON stripe_refund ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_refund_incomplete ON stripe_refund ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_refund_undecided ON stripe_refund ("djstripe_undecided") WHERE "djstripe_undecided";
CREATE INDEX stripe_refund_customer ON stripe_refund ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_refund_payment_method ON stripe_refund ("payment_method") WHERE "payment_method" IS NOT NULL;

CREATE TABLE stripe_reporting_report_run (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_reporting_report_run_status ON stripe_reporting_report_run ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_reporting_report_run_created ON stripe_reporting_report_run ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_reporting_report_run_incomplete ON stripe_reporting_report_run ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_reporting_report_run_undecided ON stripe_reporting_report_run ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_reporting_report_type (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_reporting_report_type_incomplete ON stripe_reporting_report_type ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_reporting_report_type_undecided ON stripe_reporting_report_type ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_reserve_hold (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "reason" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.reason') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.reason')) <= 500 THEN json_extract(stripe_data, '$.reason') END END) VIRTUAL,
    "source_charge" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.source_charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.source_charge')) <= 500 THEN json_extract(stripe_data, '$.source_charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.source_charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.source_charge.id')) <= 500 THEN json_extract(stripe_data, '$.source_charge.id') END END END) VIRTUAL,
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
CREATE INDEX stripe_reserve_hold_created ON stripe_reserve_hold ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_reserve_hold_incomplete ON stripe_reserve_hold ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_reserve_hold_undecided ON stripe_reserve_hold ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_reserve_plan (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_reserve_plan_status ON stripe_reserve_plan ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_reserve_plan_created ON stripe_reserve_plan ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_reserve_plan_incomplete ON stripe_reserve_plan ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_reserve_plan_undecided ON stripe_reserve_plan ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_reserve_release (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "reason" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.reason') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.reason')) <= 500 THEN json_extract(stripe_data, '$.reason') END END) VIRTUAL,
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
CREATE INDEX stripe_reserve_release_created ON stripe_reserve_release ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_reserve_release_incomplete ON stripe_reserve_release ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_reserve_release_undecided ON stripe_reserve_release ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_reserve_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_reserve_transaction_incomplete ON stripe_reserve_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_reserve_transaction_undecided ON stripe_reserve_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_review (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_intent" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.payment_intent.id') END END END) VIRTUAL,
    "charge" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge')) <= 500 THEN json_extract(stripe_data, '$.charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge.id')) <= 500 THEN json_extract(stripe_data, '$.charge.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "reason" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.reason') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.reason')) <= 500 THEN json_extract(stripe_data, '$.reason') END END) VIRTUAL,
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
CREATE INDEX stripe_review_payment_intent ON stripe_review ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_review_charge ON stripe_review ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_review_created ON stripe_review ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_review_incomplete ON stripe_review ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_review_undecided ON stripe_review ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_scheduled_query_run (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_scheduled_query_run_status ON stripe_scheduled_query_run ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_scheduled_query_run_created ON stripe_scheduled_query_run ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_scheduled_query_run_incomplete ON stripe_scheduled_query_run ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_scheduled_query_run_undecided ON stripe_scheduled_query_run ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_setup_attempt (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "generated_card" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_method_details.card_present.generated_card') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.card_present.generated_card')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.card_present.generated_card') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_details.card_present.generated_card.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.card_present.generated_card.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.card_present.generated_card.id') END END END) VIRTUAL,
    "generated_sepa_debit" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.bancontact.generated_sepa_debit.id') END END END, CASE json_type(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.ideal.generated_sepa_debit.id') END END END, CASE json_type(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method_details.sofort.generated_sepa_debit.id') END END END)) VIRTUAL,
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
CREATE INDEX stripe_setup_attempt_customer ON stripe_setup_attempt ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_setup_attempt_payment_method ON stripe_setup_attempt ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_setup_attempt_status ON stripe_setup_attempt ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_setup_attempt_created ON stripe_setup_attempt ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_setup_attempt_incomplete ON stripe_setup_attempt ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_setup_attempt_undecided ON stripe_setup_attempt ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_setup_intent (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_setup_intent_customer ON stripe_setup_intent ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_setup_intent_payment_method ON stripe_setup_intent ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_setup_intent_status ON stripe_setup_intent ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_setup_intent_created ON stripe_setup_intent ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_setup_intent_incomplete ON stripe_setup_intent ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_setup_intent_undecided ON stripe_setup_intent ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_shipping_rate (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
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
CREATE INDEX stripe_shipping_rate_created ON stripe_shipping_rate ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_shipping_rate_incomplete ON stripe_shipping_rate ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_shipping_rate_undecided ON stripe_shipping_rate ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_sigma_sigma_api_query (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_sigma_sigma_api_query_created ON stripe_sigma_sigma_api_query ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_sigma_sigma_api_query_incomplete ON stripe_sigma_sigma_api_query ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_sigma_sigma_api_query_undecided ON stripe_sigma_sigma_api_query ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_source (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.customer') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_source_customer ON stripe_source ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_source_status ON stripe_source ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_source_created ON stripe_source ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_source_incomplete ON stripe_source ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_source_undecided ON stripe_source ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_source_mandate_notification (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "reason" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.reason') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.reason')) <= 500 THEN json_extract(stripe_data, '$.reason') END END) VIRTUAL,
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
CREATE INDEX stripe_source_mandate_notification_status ON stripe_source_mandate_notification ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_source_mandate_notification_created ON stripe_source_mandate_notification ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_source_mandate_notification_incomplete ON stripe_source_mandate_notification ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_source_mandate_notification_undecided ON stripe_source_mandate_notification ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_source_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_source_transaction_status ON stripe_source_transaction ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_source_transaction_created ON stripe_source_transaction ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_source_transaction_incomplete ON stripe_source_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_source_transaction_undecided ON stripe_source_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_subscription (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "cancel_at_period_end" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.cancel_at_period_end') IN ('true', 'false') THEN json_extract(stripe_data, '$.cancel_at_period_end') END) VIRTUAL,
    "canceled_at" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.canceled_at') = 'integer' AND typeof(json_extract(stripe_data, '$.canceled_at')) = 'integer' THEN json_extract(stripe_data, '$.canceled_at') END) VIRTUAL,
    "trial_end" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.trial_end') = 'integer' AND typeof(json_extract(stripe_data, '$.trial_end')) = 'integer' THEN json_extract(stripe_data, '$.trial_end') END) VIRTUAL,
    "ended_at" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.ended_at') = 'integer' AND typeof(json_extract(stripe_data, '$.ended_at')) = 'integer' THEN json_extract(stripe_data, '$.ended_at') END) VIRTUAL,
    "current_period_end" bigint GENERATED ALWAYS AS (coalesce(nullif(min(ifnull(CASE WHEN json_type(stripe_data, '$.items.data[0].current_period_end') = 'integer' AND typeof(json_extract(stripe_data, '$.items.data[0].current_period_end')) = 'integer' THEN json_extract(stripe_data, '$.items.data[0].current_period_end') END, 9223372036854775807), ifnull(CASE WHEN json_type(stripe_data, '$.items.data[1].current_period_end') = 'integer' AND typeof(json_extract(stripe_data, '$.items.data[1].current_period_end')) = 'integer' THEN json_extract(stripe_data, '$.items.data[1].current_period_end') END, 9223372036854775807), ifnull(CASE WHEN json_type(stripe_data, '$.items.data[2].current_period_end') = 'integer' AND typeof(json_extract(stripe_data, '$.items.data[2].current_period_end')) = 'integer' THEN json_extract(stripe_data, '$.items.data[2].current_period_end') END, 9223372036854775807), ifnull(CASE WHEN json_type(stripe_data, '$.items.data[3].current_period_end') = 'integer' AND typeof(json_extract(stripe_data, '$.items.data[3].current_period_end')) = 'integer' THEN json_extract(stripe_data, '$.items.data[3].current_period_end') END, 9223372036854775807), ifnull(CASE WHEN json_type(stripe_data, '$.items.data[4].current_period_end') = 'integer' AND typeof(json_extract(stripe_data, '$.items.data[4].current_period_end')) = 'integer' THEN json_extract(stripe_data, '$.items.data[4].current_period_end') END, 9223372036854775807), ifnull(CASE WHEN json_type(stripe_data, '$.items.data[5].current_period_end') = 'integer' AND typeof(json_extract(stripe_data, '$.items.data[5].current_period_end')) = 'integer' THEN json_extract(stripe_data, '$.items.data[5].current_period_end') END, 9223372036854775807), ifnull(CASE WHEN json_type(stripe_data, '$.items.data[6].current_period_end') = 'integer' AND typeof(json_extract(stripe_data, '$.items.data[6].current_period_end')) = 'integer' THEN json_extract(stripe_data, '$.items.data[6].current_period_end') END, 9223372036854775807), ifnull(CASE WHEN json_type(stripe_data, '$.items.data[7].current_period_end') = 'integer' AND typeof(json_extract(stripe_data, '$.items.data[7].current_period_end')) = 'integer' THEN json_extract(stripe_data, '$.items.data[7].current_period_end') END, 9223372036854775807), ifnull(CASE WHEN json_type(stripe_data, '$.items.data[8].current_period_end') = 'integer' AND typeof(json_extract(stripe_data, '$.items.data[8].current_period_end')) = 'integer' THEN json_extract(stripe_data, '$.items.data[8].current_period_end') END, 9223372036854775807), ifnull(CASE WHEN json_type(stripe_data, '$.items.data[9].current_period_end') = 'integer' AND typeof(json_extract(stripe_data, '$.items.data[9].current_period_end')) = 'integer' THEN json_extract(stripe_data, '$.items.data[9].current_period_end') END, 9223372036854775807)), 9223372036854775807), CASE WHEN json_type(stripe_data, '$.current_period_end') = 'integer' AND typeof(json_extract(stripe_data, '$.current_period_end')) = 'integer' THEN json_extract(stripe_data, '$.current_period_end') END)) VIRTUAL,
    "default_payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.default_payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.default_payment_method')) <= 500 THEN json_extract(stripe_data, '$.default_payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.default_payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.default_payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.default_payment_method.id') END END END) VIRTUAL,
    "latest_invoice" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.latest_invoice') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.latest_invoice')) <= 500 THEN json_extract(stripe_data, '$.latest_invoice') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.latest_invoice.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.latest_invoice.id')) <= 500 THEN json_extract(stripe_data, '$.latest_invoice.id') END END END) VIRTUAL,
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
CREATE INDEX stripe_subscription_customer ON stripe_subscription ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_subscription_status ON stripe_subscription ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_subscription_created ON stripe_subscription ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_subscription_incomplete ON stripe_subscription ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_subscription_undecided ON stripe_subscription ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_subscription_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "subscription" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.subscription') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription')) <= 500 THEN json_extract(stripe_data, '$.subscription') END END) VIRTUAL,
    "price" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.price') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price')) <= 500 THEN json_extract(stripe_data, '$.price') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.price.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.id')) <= 500 THEN json_extract(stripe_data, '$.price.id') END END END, CASE json_type(stripe_data, '$.plan') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.plan')) <= 500 THEN json_extract(stripe_data, '$.plan') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.plan.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.plan.id')) <= 500 THEN json_extract(stripe_data, '$.plan.id') END END END)) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    "current_period_end" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.current_period_end') = 'integer' AND typeof(json_extract(stripe_data, '$.current_period_end')) = 'integer' THEN json_extract(stripe_data, '$.current_period_end') END) VIRTUAL,
    "product" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.price.product') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.product')) <= 500 THEN json_extract(stripe_data, '$.price.product') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.price.product.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.product.id')) <= 500 THEN json_extract(stripe_data, '$.price.product.id') END END END, CASE json_type(stripe_data, '$.plan.product') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.plan.product')) <= 500 THEN json_extract(stripe_data, '$.plan.product') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.plan.product.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.plan.product.id')) <= 500 THEN json_extract(stripe_data, '$.plan.product.id') END END END)) VIRTUAL,
    parent_type text,
    parent_id text,
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
CREATE INDEX stripe_subscription_item_subscription ON stripe_subscription_item ("subscription") WHERE "subscription" IS NOT NULL;
CREATE INDEX stripe_subscription_item_price ON stripe_subscription_item ("price") WHERE "price" IS NOT NULL;
CREATE INDEX stripe_subscription_item_created ON stripe_subscription_item ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_subscription_item_product ON stripe_subscription_item ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_subscription_item_parent_id ON stripe_subscription_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_subscription_item_incomplete ON stripe_subscription_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_subscription_item_undecided ON stripe_subscription_item ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_subscription_schedule (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "subscription" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.subscription') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription')) <= 500 THEN json_extract(stripe_data, '$.subscription') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.subscription.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription.id')) <= 500 THEN json_extract(stripe_data, '$.subscription.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "canceled_at" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.canceled_at') = 'integer' AND typeof(json_extract(stripe_data, '$.canceled_at')) = 'integer' THEN json_extract(stripe_data, '$.canceled_at') END) VIRTUAL,
    "default_payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.default_settings.default_payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.default_settings.default_payment_method')) <= 500 THEN json_extract(stripe_data, '$.default_settings.default_payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.default_settings.default_payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.default_settings.default_payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.default_settings.default_payment_method.id') END END END) VIRTUAL,
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
CREATE INDEX stripe_subscription_schedule_customer ON stripe_subscription_schedule ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_subscription_schedule_subscription ON stripe_subscription_schedule ("subscription") WHERE "subscription" IS NOT NULL;
CREATE INDEX stripe_subscription_schedule_status ON stripe_subscription_schedule ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_subscription_schedule_created ON stripe_subscription_schedule ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_subscription_schedule_incomplete ON stripe_subscription_schedule ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_subscription_schedule_undecided ON stripe_subscription_schedule ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_tax_association (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_intent" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.payment_intent') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.payment_intent') END END) VIRTUAL,
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
CREATE INDEX stripe_tax_association_payment_intent ON stripe_tax_association ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_tax_association_incomplete ON stripe_tax_association ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_association_undecided ON stripe_tax_association ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_tax_calculation (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.customer') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END END) VIRTUAL,
    "amount_total" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_total') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_total')) = 'integer' THEN json_extract(stripe_data, '$.amount_total') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_tax_calculation_customer ON stripe_tax_calculation ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_tax_calculation_incomplete ON stripe_tax_calculation ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_calculation_undecided ON stripe_tax_calculation ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_tax_calculation_line_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "product" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.product') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.product')) <= 500 THEN json_extract(stripe_data, '$.product') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    parent_type text,
    parent_id text,
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
CREATE INDEX stripe_tax_calculation_line_item_product ON stripe_tax_calculation_line_item ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_tax_calculation_line_item_parent_id ON stripe_tax_calculation_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_tax_calculation_line_item_incomplete ON stripe_tax_calculation_line_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_calculation_line_item_undecided ON stripe_tax_calculation_line_item ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_tax_code (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_tax_code_incomplete ON stripe_tax_code ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_code_undecided ON stripe_tax_code ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_tax_deducted_at_source (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
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
CREATE INDEX stripe_tax_deducted_at_source_incomplete ON stripe_tax_deducted_at_source ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_deducted_at_source_undecided ON stripe_tax_deducted_at_source ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_tax_id (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END, CASE json_type(stripe_data, '$.owner.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.owner.customer')) <= 500 THEN json_extract(stripe_data, '$.owner.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.owner.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.owner.customer.id')) <= 500 THEN json_extract(stripe_data, '$.owner.customer.id') END END END)) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
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
CREATE INDEX stripe_tax_id_customer ON stripe_tax_id ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_tax_id_created ON stripe_tax_id ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_tax_id_incomplete ON stripe_tax_id ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_id_undecided ON stripe_tax_id ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_tax_location (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
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
CREATE INDEX stripe_tax_location_incomplete ON stripe_tax_location ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_location_undecided ON stripe_tax_location ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_tax_rate (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
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
CREATE INDEX stripe_tax_rate_created ON stripe_tax_rate ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_tax_rate_incomplete ON stripe_tax_rate ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_rate_undecided ON stripe_tax_rate ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_tax_registration (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_tax_registration_status ON stripe_tax_registration ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_tax_registration_created ON stripe_tax_registration ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_tax_registration_incomplete ON stripe_tax_registration ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_registration_undecided ON stripe_tax_registration ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_tax_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.customer') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_tax_transaction_customer ON stripe_tax_transaction ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_tax_transaction_created ON stripe_tax_transaction ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_tax_transaction_incomplete ON stripe_tax_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_transaction_undecided ON stripe_tax_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_tax_transaction_line_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "product" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.product') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.product')) <= 500 THEN json_extract(stripe_data, '$.product') END END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    parent_type text,
    parent_id text,
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
CREATE INDEX stripe_tax_transaction_line_item_product ON stripe_tax_transaction_line_item ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_tax_transaction_line_item_parent_id ON stripe_tax_transaction_line_item ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_tax_transaction_line_item_incomplete ON stripe_tax_transaction_line_item ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_tax_transaction_line_item_undecided ON stripe_tax_transaction_line_item ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_terminal_configuration (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_terminal_configuration_incomplete ON stripe_terminal_configuration ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_terminal_configuration_undecided ON stripe_terminal_configuration ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_terminal_location (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
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
CREATE INDEX stripe_terminal_location_incomplete ON stripe_terminal_location ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_terminal_location_undecided ON stripe_terminal_location ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_terminal_reader (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "payment_intent" text GENERATED ALWAYS AS (coalesce(CASE json_type(stripe_data, '$.action.collect_payment_method.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.action.collect_payment_method.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.action.collect_payment_method.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.action.collect_payment_method.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.action.collect_payment_method.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.action.collect_payment_method.payment_intent.id') END END END, CASE json_type(stripe_data, '$.action.confirm_payment_intent.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.action.confirm_payment_intent.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.action.confirm_payment_intent.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.action.confirm_payment_intent.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.action.confirm_payment_intent.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.action.confirm_payment_intent.payment_intent.id') END END END, CASE json_type(stripe_data, '$.action.process_payment_intent.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.action.process_payment_intent.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.action.process_payment_intent.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.action.process_payment_intent.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.action.process_payment_intent.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.action.process_payment_intent.payment_intent.id') END END END, CASE json_type(stripe_data, '$.action.refund_payment.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.action.refund_payment.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.action.refund_payment.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.action.refund_payment.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.action.refund_payment.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.action.refund_payment.payment_intent.id') END END END)) VIRTUAL,
    "charge" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.action.refund_payment.charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.action.refund_payment.charge')) <= 500 THEN json_extract(stripe_data, '$.action.refund_payment.charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.action.refund_payment.charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.action.refund_payment.charge.id')) <= 500 THEN json_extract(stripe_data, '$.action.refund_payment.charge.id') END END END) VIRTUAL,
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
CREATE INDEX stripe_terminal_reader_status ON stripe_terminal_reader ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_terminal_reader_payment_intent ON stripe_terminal_reader ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_terminal_reader_charge ON stripe_terminal_reader ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_terminal_reader_incomplete ON stripe_terminal_reader ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_terminal_reader_undecided ON stripe_terminal_reader ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_test_helpers_test_clock (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_test_helpers_test_clock_status ON stripe_test_helpers_test_clock ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_test_helpers_test_clock_created ON stripe_test_helpers_test_clock ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_test_helpers_test_clock_incomplete ON stripe_test_helpers_test_clock ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_test_helpers_test_clock_undecided ON stripe_test_helpers_test_clock ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_three_d_secure_authentication (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "reason" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.reason') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.reason')) <= 500 THEN json_extract(stripe_data, '$.reason') END END) VIRTUAL,
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
CREATE INDEX stripe_three_d_secure_authentication_payment_method ON stripe_three_d_secure_authentication ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_three_d_secure_authentication_status ON stripe_three_d_secure_authentication ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_three_d_secure_authentication_created ON stripe_three_d_secure_authentication ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_three_d_secure_authentication_incomplete ON stripe_three_d_secure_authentication ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_three_d_secure_authentication_undecided ON stripe_three_d_secure_authentication ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_token (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
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
CREATE INDEX stripe_token_created ON stripe_token ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_token_incomplete ON stripe_token ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_token_undecided ON stripe_token ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_topup (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    djstripe_source text,
    djstripe_events text,
    djstripe_incomplete text,
    djstripe_undecided boolean NOT NULL DEFAULT false,
    "payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method.id') END END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_topup_status ON stripe_topup ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_topup_created ON stripe_topup ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_topup_incomplete ON stripe_topup ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_topup_undecided ON stripe_topup ("djstripe_undecided") WHERE "djstripe_undecided";
CREATE INDEX stripe_topup_payment_method ON stripe_topup ("payment_method") WHERE "payment_method" IS NOT NULL;

CREATE TABLE stripe_transfer (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "destination_payment" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.destination_payment') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.destination_payment')) <= 500 THEN json_extract(stripe_data, '$.destination_payment') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.destination_payment.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.destination_payment.id')) <= 500 THEN json_extract(stripe_data, '$.destination_payment.id') END END END) VIRTUAL,
    "source_transaction" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.source_transaction') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.source_transaction')) <= 500 THEN json_extract(stripe_data, '$.source_transaction') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.source_transaction.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.source_transaction.id')) <= 500 THEN json_extract(stripe_data, '$.source_transaction.id') END END END) VIRTUAL,
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
CREATE INDEX stripe_transfer_created ON stripe_transfer ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_transfer_incomplete ON stripe_transfer ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_transfer_undecided ON stripe_transfer ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_transfer_reversal (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    parent_type text,
    parent_id text,
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
CREATE INDEX stripe_transfer_reversal_created ON stripe_transfer_reversal ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_transfer_reversal_parent_id ON stripe_transfer_reversal ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_transfer_reversal_incomplete ON stripe_transfer_reversal ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_transfer_reversal_undecided ON stripe_transfer_reversal ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_treasury_credit_reversal (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_treasury_credit_reversal_status ON stripe_treasury_credit_reversal ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_credit_reversal_created ON stripe_treasury_credit_reversal ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_treasury_credit_reversal_incomplete ON stripe_treasury_credit_reversal ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_credit_reversal_undecided ON stripe_treasury_credit_reversal ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_treasury_debit_reversal (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_treasury_debit_reversal_status ON stripe_treasury_debit_reversal ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_debit_reversal_created ON stripe_treasury_debit_reversal ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_treasury_debit_reversal_incomplete ON stripe_treasury_debit_reversal ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_debit_reversal_undecided ON stripe_treasury_debit_reversal ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_treasury_financial_account (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_treasury_financial_account_status ON stripe_treasury_financial_account ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_financial_account_created ON stripe_treasury_financial_account ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_treasury_financial_account_incomplete ON stripe_treasury_financial_account ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_financial_account_undecided ON stripe_treasury_financial_account ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_treasury_inbound_transfer (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_treasury_inbound_transfer_status ON stripe_treasury_inbound_transfer ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_inbound_transfer_created ON stripe_treasury_inbound_transfer ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_treasury_inbound_transfer_incomplete ON stripe_treasury_inbound_transfer ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_inbound_transfer_undecided ON stripe_treasury_inbound_transfer ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_treasury_outbound_payment (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.customer') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_treasury_outbound_payment_customer ON stripe_treasury_outbound_payment ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_treasury_outbound_payment_status ON stripe_treasury_outbound_payment ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_outbound_payment_created ON stripe_treasury_outbound_payment ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_treasury_outbound_payment_incomplete ON stripe_treasury_outbound_payment ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_outbound_payment_undecided ON stripe_treasury_outbound_payment ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_treasury_outbound_transfer (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_treasury_outbound_transfer_status ON stripe_treasury_outbound_transfer ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_outbound_transfer_created ON stripe_treasury_outbound_transfer ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_treasury_outbound_transfer_incomplete ON stripe_treasury_outbound_transfer ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_outbound_transfer_undecided ON stripe_treasury_outbound_transfer ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_treasury_received_credit (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_treasury_received_credit_status ON stripe_treasury_received_credit ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_received_credit_created ON stripe_treasury_received_credit ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_treasury_received_credit_incomplete ON stripe_treasury_received_credit ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_received_credit_undecided ON stripe_treasury_received_credit ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_treasury_received_debit (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_treasury_received_debit_status ON stripe_treasury_received_debit ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_received_debit_created ON stripe_treasury_received_debit ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_treasury_received_debit_incomplete ON stripe_treasury_received_debit ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_received_debit_undecided ON stripe_treasury_received_debit ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_treasury_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_treasury_transaction_status ON stripe_treasury_transaction ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_transaction_created ON stripe_treasury_transaction ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_treasury_transaction_incomplete ON stripe_treasury_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_transaction_undecided ON stripe_treasury_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_treasury_transaction_entry (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    parent_type text,
    parent_id text,
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
CREATE INDEX stripe_treasury_transaction_entry_created ON stripe_treasury_transaction_entry ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_treasury_transaction_entry_parent_id ON stripe_treasury_transaction_entry ("parent_id") WHERE "parent_id" IS NOT NULL;
CREATE INDEX stripe_treasury_transaction_entry_incomplete ON stripe_treasury_transaction_entry ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_treasury_transaction_entry_undecided ON stripe_treasury_transaction_entry ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_v2_commerce_product_catalog_import (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.created') WHEN 'integer' THEN CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END WHEN 'text' THEN CASE WHEN json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9]*Z' THEN unixepoch(json_extract(stripe_data, '$.created')) END END) VIRTUAL,
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
CREATE INDEX stripe_v2_commerce_product_catalog_import_status ON stripe_v2_commerce_product_catalog_import ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_v2_commerce_product_catalog_import_created ON stripe_v2_commerce_product_catalog_import ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_v2_commerce_product_catalog_import_incomplete ON stripe_v2_commerce_product_catalog_import ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_v2_commerce_product_catalog_import_undecided ON stripe_v2_commerce_product_catalog_import ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_v2_core_account (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.created') WHEN 'integer' THEN CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END WHEN 'text' THEN CASE WHEN json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9]*Z' THEN unixepoch(json_extract(stripe_data, '$.created')) END END) VIRTUAL,
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
CREATE INDEX stripe_v2_core_account_created ON stripe_v2_core_account ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_v2_core_account_incomplete ON stripe_v2_core_account ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_v2_core_account_undecided ON stripe_v2_core_account ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_v2_core_account_person (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "email" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.email') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.email')) <= 500 THEN json_extract(stripe_data, '$.email') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.created') WHEN 'integer' THEN CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END WHEN 'text' THEN CASE WHEN json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9]*Z' THEN unixepoch(json_extract(stripe_data, '$.created')) END END) VIRTUAL,
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
CREATE INDEX stripe_v2_core_account_person_email ON stripe_v2_core_account_person ("email") WHERE "email" IS NOT NULL;
CREATE INDEX stripe_v2_core_account_person_created ON stripe_v2_core_account_person ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_v2_core_account_person_incomplete ON stripe_v2_core_account_person ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_v2_core_account_person_undecided ON stripe_v2_core_account_person ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_v2_core_event_destination (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.created') WHEN 'integer' THEN CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END WHEN 'text' THEN CASE WHEN json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9]*Z' THEN unixepoch(json_extract(stripe_data, '$.created')) END END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
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
CREATE INDEX stripe_v2_core_event_destination_status ON stripe_v2_core_event_destination ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_v2_core_event_destination_created ON stripe_v2_core_event_destination ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_v2_core_event_destination_incomplete ON stripe_v2_core_event_destination ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_v2_core_event_destination_undecided ON stripe_v2_core_event_destination ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_v2_money_management_adjustment (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.created') WHEN 'integer' THEN CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END WHEN 'text' THEN CASE WHEN json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9]*Z' THEN unixepoch(json_extract(stripe_data, '$.created')) END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.value') = 'integer' AND typeof(json_extract(stripe_data, '$.amount.value')) = 'integer' THEN json_extract(stripe_data, '$.amount.value') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount.currency')) <= 500 THEN json_extract(stripe_data, '$.amount.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_v2_money_management_adjustment_created ON stripe_v2_money_management_adjustment ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_adjustment_incomplete ON stripe_v2_money_management_adjustment ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_adjustment_undecided ON stripe_v2_money_management_adjustment ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_v2_money_management_financial_account (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.created') WHEN 'integer' THEN CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END WHEN 'text' THEN CASE WHEN json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9]*Z' THEN unixepoch(json_extract(stripe_data, '$.created')) END END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
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
CREATE INDEX stripe_v2_money_management_financial_account_status ON stripe_v2_money_management_financial_account ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_financial_account_created ON stripe_v2_money_management_financial_account ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_financial_account_incomplete ON stripe_v2_money_management_financial_account ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_financial_account_undecided ON stripe_v2_money_management_financial_account ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_v2_money_management_financial_address (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.created') WHEN 'integer' THEN CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END WHEN 'text' THEN CASE WHEN json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9]*Z' THEN unixepoch(json_extract(stripe_data, '$.created')) END END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
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
CREATE INDEX stripe_v2_money_management_financial_address_status ON stripe_v2_money_management_financial_address ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_financial_address_created ON stripe_v2_money_management_financial_address ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_financial_address_incomplete ON stripe_v2_money_management_financial_address ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_financial_address_undecided ON stripe_v2_money_management_financial_address ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_v2_money_management_inbound_transfer (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.created') WHEN 'integer' THEN CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END WHEN 'text' THEN CASE WHEN json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9]*Z' THEN unixepoch(json_extract(stripe_data, '$.created')) END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.value') = 'integer' AND typeof(json_extract(stripe_data, '$.amount.value')) = 'integer' THEN json_extract(stripe_data, '$.amount.value') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount.currency')) <= 500 THEN json_extract(stripe_data, '$.amount.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_v2_money_management_inbound_transfer_created ON stripe_v2_money_management_inbound_transfer ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_inbound_transfer_incomplete ON stripe_v2_money_management_inbound_transfer ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_inbound_transfer_undecided ON stripe_v2_money_management_inbound_transfer ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_v2_money_management_outbound_payment (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.created') WHEN 'integer' THEN CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END WHEN 'text' THEN CASE WHEN json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9]*Z' THEN unixepoch(json_extract(stripe_data, '$.created')) END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.value') = 'integer' AND typeof(json_extract(stripe_data, '$.amount.value')) = 'integer' THEN json_extract(stripe_data, '$.amount.value') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount.currency')) <= 500 THEN json_extract(stripe_data, '$.amount.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_v2_money_management_outbound_payment_status ON stripe_v2_money_management_outbound_payment ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_outbound_payment_created ON stripe_v2_money_management_outbound_payment ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_outbound_payment_incomplete ON stripe_v2_money_management_outbound_payment ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_outbound_payment_undecided ON stripe_v2_money_management_outbound_payment ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_v2_money_management_payout_intent (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.created') WHEN 'integer' THEN CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END WHEN 'text' THEN CASE WHEN json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9]*Z' THEN unixepoch(json_extract(stripe_data, '$.created')) END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.value') = 'integer' AND typeof(json_extract(stripe_data, '$.amount.value')) = 'integer' THEN json_extract(stripe_data, '$.amount.value') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount.currency')) <= 500 THEN json_extract(stripe_data, '$.amount.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_v2_money_management_payout_intent_status ON stripe_v2_money_management_payout_intent ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_payout_intent_created ON stripe_v2_money_management_payout_intent ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_payout_intent_incomplete ON stripe_v2_money_management_payout_intent ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_payout_intent_undecided ON stripe_v2_money_management_payout_intent ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_v2_money_management_payout_method (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.created') WHEN 'integer' THEN CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END WHEN 'text' THEN CASE WHEN json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9]*Z' THEN unixepoch(json_extract(stripe_data, '$.created')) END END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
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
CREATE INDEX stripe_v2_money_management_payout_method_created ON stripe_v2_money_management_payout_method ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_payout_method_incomplete ON stripe_v2_money_management_payout_method ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_payout_method_undecided ON stripe_v2_money_management_payout_method ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_v2_money_management_received_credit (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.created') WHEN 'integer' THEN CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END WHEN 'text' THEN CASE WHEN json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9]*Z' THEN unixepoch(json_extract(stripe_data, '$.created')) END END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.value') = 'integer' AND typeof(json_extract(stripe_data, '$.amount.value')) = 'integer' THEN json_extract(stripe_data, '$.amount.value') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount.currency')) <= 500 THEN json_extract(stripe_data, '$.amount.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_v2_money_management_received_credit_status ON stripe_v2_money_management_received_credit ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_received_credit_created ON stripe_v2_money_management_received_credit ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_received_credit_incomplete ON stripe_v2_money_management_received_credit ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_received_credit_undecided ON stripe_v2_money_management_received_credit ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_v2_money_management_recipient_verification (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.created') WHEN 'integer' THEN CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END WHEN 'text' THEN CASE WHEN json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9]*Z' THEN unixepoch(json_extract(stripe_data, '$.created')) END END) VIRTUAL,
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
CREATE INDEX stripe_v2_money_management_recipient_verification_status ON stripe_v2_money_management_recipient_verification ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_recipient_verification_created ON stripe_v2_money_management_recipient_verification ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_recipient_verification_incomplete ON stripe_v2_money_management_recipient_verification ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_recipient_verification_undecided ON stripe_v2_money_management_recipient_verification ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_v2_money_management_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.created') WHEN 'integer' THEN CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END WHEN 'text' THEN CASE WHEN json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR json_extract(stripe_data, '$.created') GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9]*Z' THEN unixepoch(json_extract(stripe_data, '$.created')) END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.value') = 'integer' AND typeof(json_extract(stripe_data, '$.amount.value')) = 'integer' THEN json_extract(stripe_data, '$.amount.value') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount.currency')) <= 500 THEN json_extract(stripe_data, '$.amount.currency') END END) VIRTUAL,
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
CREATE INDEX stripe_v2_money_management_transaction_status ON stripe_v2_money_management_transaction ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_transaction_created ON stripe_v2_money_management_transaction ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_transaction_incomplete ON stripe_v2_money_management_transaction ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_v2_money_management_transaction_undecided ON stripe_v2_money_management_transaction ("djstripe_undecided") WHERE "djstripe_undecided";

CREATE TABLE stripe_webhook_endpoint (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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
CREATE INDEX stripe_webhook_endpoint_status ON stripe_webhook_endpoint ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_webhook_endpoint_created ON stripe_webhook_endpoint ("created") WHERE "created" IS NOT NULL;
CREATE INDEX stripe_webhook_endpoint_incomplete ON stripe_webhook_endpoint ("djstripe_incomplete") WHERE "djstripe_incomplete" IS NOT NULL;
CREATE INDEX stripe_webhook_endpoint_undecided ON stripe_webhook_endpoint ("djstripe_undecided") WHERE "djstripe_undecided";

