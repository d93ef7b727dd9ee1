-- The events from :first up to :last of :events, with their deliveries, runs, work and effects. The
-- columns are those of djstripe-core/migrations/postgres; what they leave out has a default there.
-- Ten events in a row are about one object, so that those of an object lie together as they would in a
-- real table. One in ten is dead. `span` is the microseconds between two events.
WITH place AS (
    SELECT number, number * :objects / :events AS object,
        :now::bigint - (:events - number) * :span::bigint AS received_at,
        (number / 10 + number) % 10 = 3 AS is_dead,
        number % 5000 = 11 AS is_retrying,
        number > :events - 2000 AND number % 4 = 1 AS is_pending
    FROM generate_series(:first::bigint, :last::bigint) AS number
), typed AS (
    SELECT *, (ARRAY['invoice', 'invoice', 'invoice', 'payment_intent', 'payment_intent', 'charge',
            'customer', 'customer', 'subscription', 'product'])[object % 10 + 1] AS type,
        (ARRAY['in_1', 'in_1', 'in_1', 'pi_3', 'pi_3', 'ch_3', 'cus_', 'cus_', 'sub_1', 'prod_'])[object % 10 + 1]
            || lpad(object::text, 9, '0') AS object_id
    FROM place
), made AS MATERIALIZED (
    SELECT number, is_dead, is_retrying AND NOT is_dead AS is_retrying,
        is_pending AND NOT is_dead AND NOT is_retrying AS is_pending, received_at, type,
        'evt_1' || lpad(to_hex(number), 8, '0') || substr(md5(number::text), 1, 11) AS id,
        CASE WHEN number % 1000 = 50 THEN 'cus_000000006' ELSE object_id END AS object_id,
        CASE WHEN object % 20 = 0 THEN 'acct_1' WHEN object % 20 = 10 THEN 'acct_' || object % 1000 END AS account,
        object % 25 <> 0 AS livemode,
        'cus_' || lpad((object / 10 * 10 + 6)::text, 9, '0') AS customer,
        CASE
            WHEN number % (:events / 10) = 5 THEN 'payout.failed'
            WHEN number % 1000 = 50 THEN 'customer.updated'
            WHEN type = 'invoice' THEN (ARRAY['invoice.created', 'invoice.updated', 'invoice.finalized',
                'invoice.paid', 'invoice.payment_succeeded', 'invoice.payment_failed', 'invoice.sent',
                'invoice.updated', 'invoice.voided', 'invoice.overdue'])[number % 10 + 1]
            WHEN type = 'payment_intent' THEN 'payment_intent.' || (ARRAY['created', 'processing', 'succeeded',
                'payment_failed', 'canceled'])[number % 5 + 1]
            WHEN type = 'charge' THEN 'charge.' || (ARRAY['pending', 'succeeded', 'updated', 'captured',
                'refunded'])[number % 5 + 1]
            WHEN type = 'subscription' THEN 'customer.subscription.' || (ARRAY['created', 'updated',
                'updated', 'paused', 'deleted'])[number % 5 + 1]
            ELSE type || (ARRAY['.created', '.updated', '.updated', '.updated', '.deleted'])[number % 5 + 1]
        END AS name,
        (ARRAY['the address of order 4' || number || ' is incomplete',
            'HTTP 503 Service Unavailable (https://stock.example/items/' || number || ')',
            'connection closed before message completed',
            'deadlock detected: process ' || number || ' waits for ShareLock',
            'duplicate key value violates unique constraint "orders_pkey"',
            'no tax rate for country XX', 'timed out after 30 s'])[number / 100 % 7 + 1] AS error
    FROM typed
), event AS (
    INSERT INTO djstripe_event (id, account, name, api_version, created, livemode, request_id, object_id,
        payload, received_at)
    SELECT id, account, name, '2026-10-28.endive', received_at / 1000000 - 2, livemode,
        'req_' || substr(md5(id), 1, 14), object_id,
        format('{"id":"%s","object":"event","api_version":"2026-10-28.endive","created":%s,"data":{"object":'
            '{"id":"%s","object":"%s","amount":%s,"currency":"eur","customer":"%s",'
            '"metadata":{"order":"%s"},"status":"open"},"previous_attributes":{"amount":%s}},"livemode":%s,'
            '"pending_webhooks":1,"request":{"id":"req_%s","idempotency_key":null},"type":"%s"}',
            id, received_at / 1000000 - 2, object_id, type, number % 100000, customer, number % 100000,
            number % 100000 + 1, livemode::text, substr(md5(id), 1, 14), name),
        received_at
    FROM made
), delivery AS (
    INSERT INTO djstripe_delivery (received_at, event_id, remote_address)
    SELECT received_at, id, '3.18.12.63' FROM made
), run AS (
    INSERT INTO djstripe_receiver_run (event_id, receiver, outcome, attempts, error, finished_at)
    SELECT id, 'djstripe::mirror', 'succeeded', 1, NULL, received_at + 40000 FROM made WHERE NOT is_pending
    UNION ALL
    SELECT id, CASE WHEN number % 8 = 0 THEN 'load::other::2' ELSE 'load::listens' END, 'failed',
        CASE WHEN is_dead THEN 8 ELSE 3 END, error, received_at + 90000 FROM made WHERE is_dead OR is_retrying
    UNION ALL
    SELECT id, 'load::listens', 'succeeded', 1, NULL, received_at + 60000
    FROM made WHERE number % 10 = 9 AND NOT is_dead AND NOT is_retrying AND NOT is_pending
    UNION ALL
    SELECT id, 'load::other::3', 'succeeded', 1, NULL, received_at + 60000
    FROM made WHERE number % (:events / 10) = 6
), work AS (
    INSERT INTO djstripe_queue (event_id, account, object_id, created, received_at, state, attempts,
        next_attempt_at, last_error, fence)
    SELECT id, coalesce(account, ''), object_id, received_at / 1000000 - 2, received_at,
        CASE WHEN is_dead THEN 'dead' WHEN is_retrying THEN 'retrying' ELSE 'pending' END,
        CASE WHEN is_dead THEN 8 WHEN is_retrying THEN 3 ELSE 0 END,
        CASE WHEN is_retrying THEN :now::bigint + 86400000000 + number WHEN is_pending THEN received_at END,
        CASE WHEN is_pending THEN NULL ELSE error END, 8
    FROM made WHERE is_dead OR is_retrying OR is_pending
)
INSERT INTO djstripe_outbox (key, event_id, receiver, effect, payload, attempts, next_attempt_at, last_error,
    created_at, done_at)
SELECT 'load::listens/' || id || '/mail', id, 'load::listens',
    CASE WHEN number % 3 = 0 THEN 'mail' ELSE 'ship' END, '{"order":' || number % 100000 || '}',
    CASE WHEN number % 2000 IN (20, 60) THEN 8 ELSE 1 END,
    CASE WHEN number % 2000 = 40 THEN :now::bigint + 86400000000 END,
    CASE WHEN number % 2000 IN (20, 40, 60) THEN 'smtp: 451 try again later (' || number || ')' END,
    received_at, CASE WHEN number % 2000 NOT IN (20, 40, 60) THEN received_at + 200000 END
FROM made WHERE number % 20 = 0;
