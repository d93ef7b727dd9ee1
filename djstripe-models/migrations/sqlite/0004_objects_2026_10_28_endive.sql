-- Written by `cargo xtask codegen`. Released migrations never change.

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

ALTER TABLE stripe_product ADD COLUMN "type" text GENERATED ALWAYS AS (CASE WHEN json_type(stripe_data, '$.type') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.type')) <= 500 THEN json_extract(stripe_data, '$.type') END END) VIRTUAL;

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

ALTER TABLE stripe_refund ADD COLUMN "customer" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.customer') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer')) <= 500 THEN json_extract(stripe_data, '$.customer') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.customer.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.customer.id')) <= 500 THEN json_extract(stripe_data, '$.customer.id') END END END) VIRTUAL;
ALTER TABLE stripe_refund ADD COLUMN "payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method.id') END END END) VIRTUAL;
CREATE INDEX stripe_refund_customer ON stripe_refund ("customer") WHERE "customer" IS NOT NULL;
CREATE INDEX stripe_refund_payment_method ON stripe_refund ("payment_method") WHERE "payment_method" IS NOT NULL;

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

ALTER TABLE stripe_topup ADD COLUMN "payment_method" text GENERATED ALWAYS AS (CASE json_type(stripe_data, '$.payment_method') WHEN 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method')) <= 500 THEN json_extract(stripe_data, '$.payment_method') END WHEN 'object' THEN CASE WHEN json_type(stripe_data, '$.payment_method.id') = 'text' THEN CASE WHEN length(json_extract(stripe_data, '$.payment_method.id')) <= 500 THEN json_extract(stripe_data, '$.payment_method.id') END END END) VIRTUAL;
CREATE INDEX stripe_topup_payment_method ON stripe_topup ("payment_method") WHERE "payment_method" IS NOT NULL;

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

