-- What names the user of a customer whose user wasn't there. A row stays until the customer is linked. `source` says what named
-- the user: a checkout session (`client_reference_id`, `session_metadata`) or the customer itself (`metadata`, `email`).
CREATE TABLE djstripe_waiting_link (
    account text NOT NULL,
    livemode boolean NOT NULL,
    customer text NOT NULL,
    source text NOT NULL,
    value text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at bigint NOT NULL,
    last_error text,
    created_at bigint NOT NULL,
    PRIMARY KEY (account, livemode, customer, source)
);

CREATE INDEX djstripe_waiting_link_due ON djstripe_waiting_link (next_attempt_at);
CREATE INDEX djstripe_waiting_link_value ON djstripe_waiting_link (value);

-- What linked a customer to its user. A customer without a row here was linked by its metadata or by the application.
CREATE TABLE djstripe_link (
    account text NOT NULL,
    livemode boolean NOT NULL,
    customer text NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (account, livemode, customer)
);
