-- Older programs: compatible
-- The customers that were forgotten, and the objects that are theirs. `frozen`: the row stays as it was blanked. Otherwise the object
-- came later, and what arrives for it is blanked before it is written. `customer` is whose object it is. Account: empty for the
-- platform's own.
CREATE TABLE djstripe_redaction (
    id text NOT NULL,
    object text NOT NULL,
    account text NOT NULL,
    livemode boolean NOT NULL,
    customer text NOT NULL,
    redacted_at bigint NOT NULL,
    keeps_metadata boolean NOT NULL,
    frozen boolean NOT NULL,
    PRIMARY KEY (id, object, account, livemode)
) WITHOUT ROWID;

CREATE INDEX djstripe_redaction_customer ON djstripe_redaction (customer);
