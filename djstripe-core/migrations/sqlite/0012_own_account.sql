-- An application can have several Stripe accounts of its own. `own_account` is the declared one; NULL, or the empty string
-- in a key, is the one that is not declared. A delivery names the endpoint that it came to.
ALTER TABLE djstripe_event ADD COLUMN own_account text;
ALTER TABLE djstripe_delivery ADD COLUMN endpoint text;
ALTER TABLE djstripe_webhook_endpoint ADD COLUMN own_account text;

-- An account can be connected to several own ones, and revoke its authorization of one of them. SQLite can't change a primary
-- key, so the table is made again.
ALTER TABLE djstripe_account RENAME TO djstripe_account_before;

CREATE TABLE djstripe_account (
    own_account text NOT NULL DEFAULT '',
    account text NOT NULL,
    livemode boolean NOT NULL,
    changed_at bigint NOT NULL,
    deauthorized_at bigint,
    PRIMARY KEY (own_account, account, livemode)
);

INSERT INTO djstripe_account (account, livemode, changed_at, deauthorized_at)
SELECT account, livemode, changed_at, deauthorized_at FROM djstripe_account_before;

DROP TABLE djstripe_account_before;

-- The account that Stripe named as the one of a key. `fingerprint` is the start of the key's SHA-256.
CREATE TABLE djstripe_key (
    fingerprint text PRIMARY KEY,
    own_account text NOT NULL,
    livemode boolean NOT NULL,
    stripe_account text NOT NULL,
    recorded_at bigint NOT NULL
);
