-- The objects from :first up to :last, ten of which are a customer's. The mirror's other columns are
-- generated from `stripe_data`.
CREATE TEMPORARY TABLE made AS
SELECT number, number % 10 AS kind,
    (ARRAY['in_1', 'in_1', 'in_1', 'pi_3', 'pi_3', 'ch_3', 'cus_', 'cus_', 'sub_1', 'prod_'])[number % 10 + 1]
        || lpad(number::text, 9, '0') AS id,
    CASE WHEN number % 20 = 0 THEN 'acct_1' WHEN number % 20 = 10 THEN 'acct_' || number % 1000 ELSE '' END AS account,
    number % 25 <> 0 AS livemode, :now::bigint - number AS observed_at,
    jsonb_build_object(
        'object', (ARRAY['invoice', 'invoice', 'invoice', 'payment_intent', 'payment_intent', 'charge',
            'customer', 'customer', 'subscription', 'product'])[number % 10 + 1],
        'created', :now::bigint / 1000000 - number, 'livemode', number % 25 <> 0, 'currency', 'eur',
        'status', CASE WHEN number % 100000 = 2 THEN 'uncollectible' WHEN number % 3 = 0 THEN 'open' ELSE 'paid' END,
        'total', number % 100000, 'amount', number % 100000, 'amount_due', number % 100000,
        'email', 'jenny.' || number || '@example.com', 'name', 'Jenny Rosen ' || number,
        'description', 'Order ' || number || ' of the shop', 'metadata', jsonb_build_object('order', number::text),
        'subscription', 'sub_1' || lpad((number / 10 * 10 + 8)::text, 9, '0'),
        'payment_intent', 'pi_3' || lpad((number / 10 * 10 + 3)::text, 9, '0'),
        'customer', CASE WHEN number % 1000 = 1 THEN 'cus_000000006'
            ELSE 'cus_' || lpad((number / 10 * 10 + 6)::text, 9, '0') END,
        'address', jsonb_build_object('city', 'Berlin', 'country', 'DE', 'line1', 'Street 1', 'postal_code', '10115')
    ) AS data
FROM generate_series(:first::bigint, :last::bigint) AS number;
ALTER TABLE made ADD COLUMN stripe_data jsonb;
UPDATE made SET stripe_data = jsonb_build_object('id', id)
    || CASE WHEN kind IN (6, 7, 9) THEN data - 'customer' - 'subscription' - 'payment_intent' ELSE data END;

INSERT INTO stripe_invoice (account, livemode, id, stripe_data, observed_at, djstripe_created, djstripe_updated)
SELECT account, livemode, id, stripe_data, observed_at, observed_at, observed_at FROM made WHERE kind IN (0, 1, 2);
INSERT INTO stripe_payment_intent (account, livemode, id, stripe_data, observed_at, djstripe_created, djstripe_updated)
SELECT account, livemode, id, stripe_data, observed_at, observed_at, observed_at FROM made WHERE kind IN (3, 4);
INSERT INTO stripe_charge (account, livemode, id, stripe_data, observed_at, djstripe_created, djstripe_updated)
SELECT account, livemode, id, stripe_data, observed_at, observed_at, observed_at FROM made WHERE kind = 5;
INSERT INTO stripe_customer (account, livemode, id, stripe_data, observed_at, djstripe_created, djstripe_updated)
SELECT account, livemode, id, stripe_data, observed_at, observed_at, observed_at FROM made WHERE kind IN (6, 7);
INSERT INTO stripe_subscription (account, livemode, id, stripe_data, observed_at, djstripe_created, djstripe_updated)
SELECT account, livemode, id, stripe_data, observed_at, observed_at, observed_at FROM made WHERE kind = 8;
INSERT INTO stripe_product (account, livemode, id, stripe_data, observed_at, djstripe_created, djstripe_updated)
SELECT account, livemode, id, stripe_data, observed_at, observed_at, observed_at FROM made WHERE kind = 9;

-- The states that some invoices had, and those of one that had very many.
INSERT INTO djstripe_object_version (object, id, account, livemode, observed_at, number, recorded_at, event_id,
    content, deleted, confirmed_at)
SELECT 'invoice', id, account, livemode, observed_at - (5 - state) * 1000000, 0, observed_at, NULL,
    jsonb_set(stripe_data, '{total}', to_jsonb(state))::text, false, observed_at - (5 - state) * 1000000
FROM made, generate_series(1, 5) AS state WHERE number % 100 IN (1, 2);
INSERT INTO djstripe_object_version (object, id, account, livemode, observed_at, number, recorded_at, event_id,
    content, deleted, confirmed_at)
SELECT 'invoice', id, account, livemode, observed_at - (500 - state) * 1000000, 0, observed_at, NULL,
    jsonb_set(stripe_data, '{total}', to_jsonb(state))::text, false, observed_at - (500 - state) * 1000000
FROM made, generate_series(1, 500) AS state WHERE number = 21;
DROP TABLE made;
