-- Connected accounts that have given their consent or taken it back.
CREATE TABLE djstripe_account (
    account text NOT NULL,
    livemode boolean NOT NULL,
    changed_at bigint NOT NULL,
    deauthorized_at bigint,
    PRIMARY KEY (account, livemode)
);
