-- What does not grow with the events: the counts of 30 days, records of operators and of runs, refused
-- deliveries and endpoints.
INSERT INTO djstripe_minute
SELECT :now::bigint / 60000000 * 60000000 - number * 60000000, 230, number % 3, 225, 5, number % 2,
    230, 230 * 9000, 80000, 225, 225 * 60000, 900000
FROM generate_series(1::bigint, 43200) AS number;
INSERT INTO djstripe_receiver_minute
SELECT :now::bigint / 60000000 * 60000000 - number * 60000000, receiver, 200, number % 4, 200 * 5000, 90000
FROM generate_series(1::bigint, 2880) AS number,
    unnest(ARRAY['djstripe::mirror', 'load::listens'] || ARRAY(SELECT 'load::other::' || other
        FROM generate_series(1, 18) AS other)) AS receiver;
INSERT INTO djstripe_receiver_hour
SELECT :now::bigint / 3600000000 * 3600000000 - number * 3600000000, receiver, 12000, number % 90, 12000 * 5000, 90000
FROM generate_series(1::bigint, 720) AS number,
    unnest(ARRAY['djstripe::mirror', 'load::listens'] || ARRAY(SELECT 'load::other::' || other
        FROM generate_series(1, 18) AS other)) AS receiver;

INSERT INTO djstripe_delivery (received_at, reason, remote_address, headers, body)
SELECT :now::bigint - (10000 - number) * 1000000, 'the signature does not match', '198.51.100.' || number % 250,
    '{"content-type":"application/json","stripe-signature":"t=1,v1=0","user-agent":"curl/8.5.0"}',
    convert_to('{"id":"evt_forged_' || number || '","object":"event"}', 'UTF8')
FROM generate_series(1::bigint, 10000) AS number;
INSERT INTO djstripe_audit (at, actor, action, subject, detail)
SELECT :now::bigint - (10000 - number) * 60000000, 'page:jenny', 'event retry', 'evt_' || number, '1 event'
FROM generate_series(1::bigint, 10000) AS number;
INSERT INTO djstripe_verify_run (id, actor, started_at, updated_at, finished_at, compared)
SELECT md5(number::text), 'command line', :now::bigint - number * 86400000000, :now::bigint - number * 86400000000,
    :now::bigint - number * 86400000000 + 60000000, 1000000
FROM generate_series(1::bigint, 300) AS number;
INSERT INTO djstripe_sync_list (account, livemode, object, since, receivers, run_id, state, owner, fence,
    lease_until, to_at, inserted, pages, started_at, finished_at)
SELECT 'acct_' || number, true, 'invoice', 0, false, md5(number::text), 'finished', '', 1, 0, 0, 1000, 10,
    :now::bigint - number * 3600000000, :now::bigint - number * 3600000000 + 60000000
FROM generate_series(1::bigint, 1000) AS number;
INSERT INTO djstripe_reconcile (account, livemode, began, complete_until, finished_at)
VALUES ('', true, :now::bigint, :now::bigint, :now::bigint), ('', false, :now::bigint, :now::bigint, :now::bigint);
INSERT INTO djstripe_gap (event_id, account, livemode, name, created, found_at)
SELECT id, coalesce(account, ''), livemode, name, created, received_at + 300000000
FROM (SELECT * FROM djstripe_event ORDER BY received_at DESC LIMIT 5000) AS event;
INSERT INTO djstripe_webhook_endpoint (id, stripe_id, url, connect, events, accounts, on_mismatch, validation,
    tolerance_seconds, secrets, enabled, revision, created_at, updated_at, livemode)
SELECT '00000000-0000-4000-8000-' || lpad(number::text, 12, '0'), 'we_1' || number,
    'https://shop.example/stripe/webhook/' || number, false, '["*"]', 'any', 'accept', 'none', 300, '[]', true, 1,
    :now::bigint, :now::bigint, true
FROM generate_series(1::bigint, 16) AS number;

-- Pending events and effects stay as they are while the views are measured.
INSERT INTO djstripe_pause (id, since) VALUES (1, :now::bigint);
