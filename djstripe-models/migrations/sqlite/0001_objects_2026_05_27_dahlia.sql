-- Written by `cargo xtask codegen`. Released migrations never change.

CREATE TABLE stripe_account (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "email" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.email') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.email')) <= 500 THEN json_extract(stripe_data, '$.email') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_account_email ON stripe_account ("email") WHERE "email" IS NOT NULL;
CREATE INDEX stripe_account_created ON stripe_account ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_apple_pay_domain (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_apple_pay_domain_created ON stripe_apple_pay_domain ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_application (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

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
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_application_fee_charge ON stripe_application_fee ("charge") WHERE "charge" IS NOT NULL;
CREATE INDEX stripe_application_fee_created ON stripe_application_fee ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_apps_install (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_apps_install_status ON stripe_apps_install ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_apps_install_created ON stripe_apps_install ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_apps_secret (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_apps_secret_created ON stripe_apps_secret ("created") WHERE "created" IS NOT NULL;

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
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_balance_transaction_status ON stripe_balance_transaction ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_balance_transaction_created ON stripe_balance_transaction ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_bank_account (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_bank_account_customer ON stripe_bank_account ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_bank_account_status ON stripe_bank_account ("status") WHERE "status" IS NOT NULL;

CREATE TABLE stripe_billing_alert (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_billing_alert_status ON stripe_billing_alert ("status") WHERE "status" IS NOT NULL;

CREATE TABLE stripe_billing_credit_balance_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_billing_credit_balance_transaction_created ON stripe_billing_credit_balance_transaction ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_billing_credit_grant (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.amount') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount')) <= 500 THEN json_extract(stripe_data, '$.amount') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.amount.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount.id')) <= 500 THEN json_extract(stripe_data, '$.amount.id') END END END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_billing_credit_grant_customer ON stripe_billing_credit_grant ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_billing_credit_grant_created ON stripe_billing_credit_grant ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_billing_meter (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_billing_meter_status ON stripe_billing_meter ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_billing_meter_created ON stripe_billing_meter ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_billing_meter_event_summary (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_billing_portal_configuration (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_billing_portal_configuration_created ON stripe_billing_portal_configuration ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_billing_portal_session (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.customer') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_billing_portal_session_customer ON stripe_billing_portal_session ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_billing_portal_session_created ON stripe_billing_portal_session ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_capability (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_capability_status ON stripe_capability ("status") WHERE "status" IS NOT NULL;

CREATE TABLE stripe_card (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_card_customer ON stripe_card ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_card_status ON stripe_card ("status") WHERE "status" IS NOT NULL;

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

CREATE TABLE stripe_climate_product (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_climate_product_created ON stripe_climate_product ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_climate_supplier (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_confirmation_token (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_intent" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.payment_intent') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.payment_intent') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_confirmation_token_payment_intent ON stripe_confirmation_token ("payment_intent") WHERE "payment_intent" IS NOT NULL;
CREATE INDEX stripe_confirmation_token_created ON stripe_confirmation_token ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_connect_collection_transfer (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_country_spec (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_coupon (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_coupon_created ON stripe_coupon ("created") WHERE "created" IS NOT NULL;

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

CREATE TABLE stripe_credit_note_line_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "unit_amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.unit_amount') = 'integer' AND typeof(json_extract(stripe_data, '$.unit_amount')) = 'integer' THEN json_extract(stripe_data, '$.unit_amount') END) VIRTUAL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_customer (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "email" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.email') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.email')) <= 500 THEN json_extract(stripe_data, '$.email') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "balance" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.balance') = 'integer' AND typeof(json_extract(stripe_data, '$.balance')) = 'integer' THEN json_extract(stripe_data, '$.balance') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    subscriber text,
    date_purged bigint,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_customer_email ON stripe_customer ("email") WHERE "email" IS NOT NULL;
CREATE INDEX stripe_customer_created ON stripe_customer ("created") WHERE "created" IS NOT NULL;

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

CREATE TABLE stripe_customer_cash_balance_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_customer_cash_balance_transaction_customer ON stripe_customer_cash_balance_transaction ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_customer_cash_balance_transaction_created ON stripe_customer_cash_balance_transaction ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_discount (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "subscription" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.subscription') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription')) <= 500 THEN json_extract(stripe_data, '$.subscription') END END) VIRTUAL,
    "invoice" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.invoice') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice')) <= 500 THEN json_extract(stripe_data, '$.invoice') END END) VIRTUAL,
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

CREATE TABLE stripe_entitlements_active_entitlement (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_entitlements_feature (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_ephemeral_key (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_ephemeral_key_created ON stripe_ephemeral_key ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_event (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_event_created ON stripe_event ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_exchange_rate (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_fee_refund (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_fee_refund_created ON stripe_fee_refund ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_file (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_file_created ON stripe_file ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_file_link (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_file_link_created ON stripe_file_link ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_financial_connections_account (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "balance" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.balance') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.balance')) <= 500 THEN json_extract(stripe_data, '$.balance') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.balance.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.balance.id')) <= 500 THEN json_extract(stripe_data, '$.balance.id') END END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_financial_connections_account_status ON stripe_financial_connections_account ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_financial_connections_account_created ON stripe_financial_connections_account ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_financial_connections_account_owner (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "email" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.email') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.email')) <= 500 THEN json_extract(stripe_data, '$.email') END END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_financial_connections_account_owner_email ON stripe_financial_connections_account_owner ("email") WHERE "email" IS NOT NULL;

CREATE TABLE stripe_financial_connections_account_ownership (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_financial_connections_account_ownership_created ON stripe_financial_connections_account_ownership ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_financial_connections_authorization (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_financial_connections_authorization_status ON stripe_financial_connections_authorization ("status") WHERE "status" IS NOT NULL;

CREATE TABLE stripe_financial_connections_session (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_financial_connections_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_financial_connections_transaction_status ON stripe_financial_connections_transaction ("status") WHERE "status" IS NOT NULL;

CREATE TABLE stripe_forwarding_request (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_method" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.payment_method') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_forwarding_request_payment_method ON stripe_forwarding_request ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_forwarding_request_created ON stripe_forwarding_request ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_identity_verification_report (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "email" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.email') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.email')) <= 500 THEN json_extract(stripe_data, '$.email') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.email.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.email.id')) <= 500 THEN json_extract(stripe_data, '$.email.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_identity_verification_report_email ON stripe_identity_verification_report ("email") WHERE "email" IS NOT NULL;
CREATE INDEX stripe_identity_verification_report_created ON stripe_identity_verification_report ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_identity_verification_session (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_identity_verification_session_status ON stripe_identity_verification_session ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_identity_verification_session_created ON stripe_identity_verification_session ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_invoice (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount_due" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_due') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_due')) = 'integer' THEN json_extract(stripe_data, '$.amount_due') END) VIRTUAL,
    "amount_paid" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_paid') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_paid')) = 'integer' THEN json_extract(stripe_data, '$.amount_paid') END) VIRTUAL,
    "amount_remaining" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_remaining') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_remaining')) = 'integer' THEN json_extract(stripe_data, '$.amount_remaining') END) VIRTUAL,
    "total" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.total') = 'integer' AND typeof(json_extract(stripe_data, '$.total')) = 'integer' THEN json_extract(stripe_data, '$.total') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "number" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.number') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.number')) <= 500 THEN json_extract(stripe_data, '$.number') END END) VIRTUAL,
    "due_date" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.due_date') = 'integer' AND typeof(json_extract(stripe_data, '$.due_date')) = 'integer' THEN json_extract(stripe_data, '$.due_date') END) VIRTUAL,
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

CREATE TABLE stripe_invoice_rendering_template (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_invoice_rendering_template_status ON stripe_invoice_rendering_template ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_invoice_rendering_template_created ON stripe_invoice_rendering_template ("created") WHERE "created" IS NOT NULL;

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
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_invoiceitem_customer ON stripe_invoiceitem ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_invoiceitem_invoice ON stripe_invoiceitem ("invoice") WHERE "invoice" IS NOT NULL;

CREATE TABLE stripe_issuing_authorization (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_issuing_authorization_status ON stripe_issuing_authorization ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_issuing_authorization_created ON stripe_issuing_authorization ("created") WHERE "created" IS NOT NULL;

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
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_issuing_card_status ON stripe_issuing_card ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_issuing_card_created ON stripe_issuing_card ("created") WHERE "created" IS NOT NULL;

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

CREATE TABLE stripe_issuing_dispute (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_issuing_dispute_status ON stripe_issuing_dispute ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_issuing_dispute_created ON stripe_issuing_dispute ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_issuing_personalization_design (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_issuing_personalization_design_status ON stripe_issuing_personalization_design ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_issuing_personalization_design_created ON stripe_issuing_personalization_design ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_issuing_physical_bundle (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_issuing_physical_bundle_status ON stripe_issuing_physical_bundle ("status") WHERE "status" IS NOT NULL;

CREATE TABLE stripe_issuing_settlement (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_issuing_settlement_status ON stripe_issuing_settlement ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_issuing_settlement_created ON stripe_issuing_settlement ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_issuing_token (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_issuing_token_status ON stripe_issuing_token ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_issuing_token_created ON stripe_issuing_token ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_issuing_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_issuing_transaction_created ON stripe_issuing_transaction ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "price" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.price') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price')) <= 500 THEN json_extract(stripe_data, '$.price') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.price.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.id')) <= 500 THEN json_extract(stripe_data, '$.price.id') END END END) VIRTUAL,
    "amount_total" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_total') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_total')) = 'integer' THEN json_extract(stripe_data, '$.amount_total') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_item_price ON stripe_item ("price") WHERE "price" IS NOT NULL;

CREATE TABLE stripe_line_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "subscription" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.subscription') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription')) <= 500 THEN json_extract(stripe_data, '$.subscription') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.subscription.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription.id')) <= 500 THEN json_extract(stripe_data, '$.subscription.id') END END END) VIRTUAL,
    "invoice" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.invoice') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.invoice')) <= 500 THEN json_extract(stripe_data, '$.invoice') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_line_item_subscription ON stripe_line_item ("subscription") WHERE "subscription" IS NOT NULL;
CREATE INDEX stripe_line_item_invoice ON stripe_line_item ("invoice") WHERE "invoice" IS NOT NULL;

CREATE TABLE stripe_mandate (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_mandate_payment_method ON stripe_mandate ("payment_method") WHERE "payment_method" IS NOT NULL;
CREATE INDEX stripe_mandate_status ON stripe_mandate ("status") WHERE "status" IS NOT NULL;

CREATE TABLE stripe_payment_attempt_record (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.amount') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount')) <= 500 THEN json_extract(stripe_data, '$.amount') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.amount.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount.id')) <= 500 THEN json_extract(stripe_data, '$.amount.id') END END END) VIRTUAL,
    "amount_refunded" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.amount_refunded') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount_refunded')) <= 500 THEN json_extract(stripe_data, '$.amount_refunded') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.amount_refunded.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount_refunded.id')) <= 500 THEN json_extract(stripe_data, '$.amount_refunded.id') END END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_payment_attempt_record_created ON stripe_payment_attempt_record ("created") WHERE "created" IS NOT NULL;

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

CREATE TABLE stripe_payment_intent_amount_details_line_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_payment_link (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_payment_method (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_payment_method_customer ON stripe_payment_method ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_payment_method_created ON stripe_payment_method ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_payment_method_configuration (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_payment_method_domain (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_payment_method_domain_created ON stripe_payment_method_domain ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_payment_record (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.amount') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount')) <= 500 THEN json_extract(stripe_data, '$.amount') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.amount.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount.id')) <= 500 THEN json_extract(stripe_data, '$.amount.id') END END END) VIRTUAL,
    "amount_refunded" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.amount_refunded') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount_refunded')) <= 500 THEN json_extract(stripe_data, '$.amount_refunded') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.amount_refunded.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.amount_refunded.id')) <= 500 THEN json_extract(stripe_data, '$.amount_refunded.id') END END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_payment_record_created ON stripe_payment_record ("created") WHERE "created" IS NOT NULL;

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
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_payout_status ON stripe_payout ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_payout_created ON stripe_payout ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_person (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "email" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.email') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.email')) <= 500 THEN json_extract(stripe_data, '$.email') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_person_email ON stripe_person ("email") WHERE "email" IS NOT NULL;
CREATE INDEX stripe_person_created ON stripe_person ("created") WHERE "created" IS NOT NULL;

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
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_plan_product ON stripe_plan ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_plan_created ON stripe_plan ("created") WHERE "created" IS NOT NULL;

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
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_price_product ON stripe_price ("product") WHERE "product" IS NOT NULL;
CREATE INDEX stripe_price_created ON stripe_price ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_product (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_product_created ON stripe_product ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_product_feature (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_promotion_code (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    "code" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.code') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.code')) <= 500 THEN json_extract(stripe_data, '$.code') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_promotion_code_customer ON stripe_promotion_code ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_promotion_code_created ON stripe_promotion_code ("created") WHERE "created" IS NOT NULL;

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

CREATE TABLE stripe_radar_early_fraud_warning (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_intent" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.payment_intent.id') END END END) VIRTUAL,
    "charge" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge')) <= 500 THEN json_extract(stripe_data, '$.charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge.id')) <= 500 THEN json_extract(stripe_data, '$.charge.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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

CREATE TABLE stripe_radar_payment_evaluation (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_radar_value_list (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_radar_value_list_created ON stripe_radar_value_list ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_radar_value_list_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_radar_value_list_item_created ON stripe_radar_value_list_item ("created") WHERE "created" IS NOT NULL;

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

CREATE TABLE stripe_reporting_report_run (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_reporting_report_run_status ON stripe_reporting_report_run ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_reporting_report_run_created ON stripe_reporting_report_run ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_reporting_report_type (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_reserve_hold (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "reason" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.reason') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.reason')) <= 500 THEN json_extract(stripe_data, '$.reason') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_reserve_hold_created ON stripe_reserve_hold ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_reserve_plan (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_reserve_plan_status ON stripe_reserve_plan ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_reserve_plan_created ON stripe_reserve_plan ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_reserve_release (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    "reason" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.reason') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.reason')) <= 500 THEN json_extract(stripe_data, '$.reason') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_reserve_release_created ON stripe_reserve_release ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_reserve_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_review (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_intent" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_intent') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.payment_intent') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_intent.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent.id')) <= 500 THEN json_extract(stripe_data, '$.payment_intent.id') END END END) VIRTUAL,
    "charge" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.charge') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge')) <= 500 THEN json_extract(stripe_data, '$.charge') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.charge.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.charge.id')) <= 500 THEN json_extract(stripe_data, '$.charge.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "reason" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.reason') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.reason')) <= 500 THEN json_extract(stripe_data, '$.reason') END END) VIRTUAL,
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

CREATE TABLE stripe_scheduled_query_run (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_scheduled_query_run_status ON stripe_scheduled_query_run ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_scheduled_query_run_created ON stripe_scheduled_query_run ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_setup_attempt (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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

CREATE TABLE stripe_setup_intent (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method.id') END END END) VIRTUAL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
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

CREATE TABLE stripe_shipping_rate (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_shipping_rate_created ON stripe_shipping_rate ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_sigma_sigma_api_query (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_sigma_sigma_api_query_created ON stripe_sigma_sigma_api_query ("created") WHERE "created" IS NOT NULL;

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
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_source_mandate_notification_status ON stripe_source_mandate_notification ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_source_mandate_notification_created ON stripe_source_mandate_notification ("created") WHERE "created" IS NOT NULL;

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
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_source_transaction_status ON stripe_source_transaction ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_source_transaction_created ON stripe_source_transaction ("created") WHERE "created" IS NOT NULL;

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

CREATE TABLE stripe_subscription_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "subscription" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.subscription') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.subscription')) <= 500 THEN json_extract(stripe_data, '$.subscription') END END) VIRTUAL,
    "price" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.price') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price')) <= 500 THEN json_extract(stripe_data, '$.price') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.price.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.price.id')) <= 500 THEN json_extract(stripe_data, '$.price.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    "current_period_end" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.current_period_end') = 'integer' AND typeof(json_extract(stripe_data, '$.current_period_end')) = 'integer' THEN json_extract(stripe_data, '$.current_period_end') END) VIRTUAL,
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

CREATE TABLE stripe_tax_association (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "payment_intent" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.payment_intent') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_intent')) <= 500 THEN json_extract(stripe_data, '$.payment_intent') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_tax_association_payment_intent ON stripe_tax_association ("payment_intent") WHERE "payment_intent" IS NOT NULL;

CREATE TABLE stripe_tax_calculation (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.customer') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END END) VIRTUAL,
    "amount_total" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount_total') = 'integer' AND typeof(json_extract(stripe_data, '$.amount_total')) = 'integer' THEN json_extract(stripe_data, '$.amount_total') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_tax_calculation_customer ON stripe_tax_calculation ("customer") WHERE "customer" IS NOT NULL;

CREATE TABLE stripe_tax_calculation_line_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "product" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.product') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.product')) <= 500 THEN json_extract(stripe_data, '$.product') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_tax_calculation_line_item_product ON stripe_tax_calculation_line_item ("product") WHERE "product" IS NOT NULL;

CREATE TABLE stripe_tax_code (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_tax_deducted_at_source (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_tax_id (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_tax_id_customer ON stripe_tax_id ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_tax_id_created ON stripe_tax_id ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_tax_rate (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "active" boolean GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.active') IN ('true', 'false') THEN json_extract(stripe_data, '$.active') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_tax_rate_created ON stripe_tax_rate ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_tax_registration (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_tax_registration_status ON stripe_tax_registration ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_tax_registration_created ON stripe_tax_registration ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_tax_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "customer" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.customer') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_tax_transaction_customer ON stripe_tax_transaction ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_tax_transaction_created ON stripe_tax_transaction ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_tax_transaction_line_item (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "product" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.product') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.product')) <= 500 THEN json_extract(stripe_data, '$.product') END END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "quantity" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.quantity') = 'integer' AND typeof(json_extract(stripe_data, '$.quantity')) = 'integer' THEN json_extract(stripe_data, '$.quantity') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_tax_transaction_line_item_product ON stripe_tax_transaction_line_item ("product") WHERE "product" IS NOT NULL;

CREATE TABLE stripe_terminal_configuration (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_terminal_location (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);

CREATE TABLE stripe_terminal_reader (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_terminal_reader_status ON stripe_terminal_reader ("status") WHERE "status" IS NOT NULL;

CREATE TABLE stripe_test_helpers_test_clock (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "name" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.name') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.name')) <= 500 THEN json_extract(stripe_data, '$.name') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_test_helpers_test_clock_status ON stripe_test_helpers_test_clock ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_test_helpers_test_clock_created ON stripe_test_helpers_test_clock ("created") WHERE "created" IS NOT NULL;

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

CREATE TABLE stripe_token (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_token_created ON stripe_token ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_topup (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_topup_status ON stripe_topup ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_topup_created ON stripe_topup ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_transfer (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_transfer_created ON stripe_transfer ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_transfer_reversal (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_transfer_reversal_created ON stripe_transfer_reversal ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_treasury_credit_reversal (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_treasury_credit_reversal_status ON stripe_treasury_credit_reversal ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_credit_reversal_created ON stripe_treasury_credit_reversal ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_treasury_debit_reversal (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_treasury_debit_reversal_status ON stripe_treasury_debit_reversal ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_debit_reversal_created ON stripe_treasury_debit_reversal ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_treasury_financial_account (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "balance" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.balance') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.balance')) <= 500 THEN json_extract(stripe_data, '$.balance') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.balance.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.balance.id')) <= 500 THEN json_extract(stripe_data, '$.balance.id') END END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_treasury_financial_account_status ON stripe_treasury_financial_account ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_financial_account_created ON stripe_treasury_financial_account ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_treasury_inbound_transfer (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_treasury_inbound_transfer_status ON stripe_treasury_inbound_transfer ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_inbound_transfer_created ON stripe_treasury_inbound_transfer ("created") WHERE "created" IS NOT NULL;

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

CREATE TABLE stripe_treasury_outbound_transfer (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_treasury_outbound_transfer_status ON stripe_treasury_outbound_transfer ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_outbound_transfer_created ON stripe_treasury_outbound_transfer ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_treasury_received_credit (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_treasury_received_credit_status ON stripe_treasury_received_credit ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_received_credit_created ON stripe_treasury_received_credit ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_treasury_received_debit (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_treasury_received_debit_status ON stripe_treasury_received_debit ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_received_debit_created ON stripe_treasury_received_debit ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_treasury_transaction (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "amount" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.amount') = 'integer' AND typeof(json_extract(stripe_data, '$.amount')) = 'integer' THEN json_extract(stripe_data, '$.amount') END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_treasury_transaction_status ON stripe_treasury_transaction ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_treasury_transaction_created ON stripe_treasury_transaction ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_treasury_transaction_entry (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL,
    "currency" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.currency') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.currency')) <= 500 THEN json_extract(stripe_data, '$.currency') END END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_treasury_transaction_entry_created ON stripe_treasury_transaction_entry ("created") WHERE "created" IS NOT NULL;

CREATE TABLE stripe_webhook_endpoint (
    account text NOT NULL DEFAULT '',
    livemode boolean NOT NULL,
    id text NOT NULL,
    stripe_data text NOT NULL,
    "status" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.status') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.status')) <= 500 THEN json_extract(stripe_data, '$.status') END END) VIRTUAL,
    "created" bigint GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.created') = 'integer' AND typeof(json_extract(stripe_data, '$.created')) = 'integer' THEN json_extract(stripe_data, '$.created') END) VIRTUAL,
    api_version text,
    observed_at bigint NOT NULL,
    deleted_at bigint,
    djstripe_created bigint NOT NULL,
    djstripe_updated bigint NOT NULL,
    PRIMARY KEY (account, livemode, id)
);
CREATE INDEX stripe_webhook_endpoint_status ON stripe_webhook_endpoint ("status") WHERE "status" IS NOT NULL;
CREATE INDEX stripe_webhook_endpoint_created ON stripe_webhook_endpoint ("created") WHERE "created" IS NOT NULL;

