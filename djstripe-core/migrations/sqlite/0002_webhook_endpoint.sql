-- Lists are JSON arrays, times Unix microseconds. A secret stands here as a reference or encrypted, never in clear.

CREATE TABLE djstripe_webhook_endpoint (
    id text NOT NULL PRIMARY KEY,
    stripe_id text,
    replaced_stripe_id text,
    url text,
    connect boolean NOT NULL,
    events text NOT NULL,
    api_version text,
    livemode boolean,
    accounts text NOT NULL,
    on_mismatch text NOT NULL CHECK (on_mismatch IN ('accept', 'reject')),
    validation text NOT NULL CHECK (validation IN ('verify_signature', 'retrieve_event', 'none')),
    tolerance_seconds bigint NOT NULL CHECK (tolerance_seconds >= 0),
    secrets text NOT NULL CHECK (secrets NOT LIKE '%"whsec%'),
    enabled boolean NOT NULL,
    revision bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

-- What didn't fit the endpoint of a delivery that was accepted all the same.
ALTER TABLE djstripe_delivery ADD COLUMN remark text;
