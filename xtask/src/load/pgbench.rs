//! What PostgreSQL does by itself: one statement an event, as a careful application would write it.

use std::error::Error;

use crate::test::cluster::Cluster;

/// An event as large as those that are sent.
const PAYLOAD_BYTES: u32 = 2_900;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS bench_event (id text PRIMARY KEY, name text NOT NULL, state text NOT NULL, payload text NOT NULL,
        received_at bigint NOT NULL);
    CREATE INDEX IF NOT EXISTS bench_event_received ON bench_event (received_at, id);
    CREATE TABLE IF NOT EXISTS bench_customer (id text PRIMARY KEY, stripe_data jsonb NOT NULL, updated bigint NOT NULL,
        email text GENERATED ALWAYS AS (stripe_data ->> 'email') STORED);
    CREATE INDEX IF NOT EXISTS bench_customer_email ON bench_customer (email);";

/// JSON of the size of a customer, as a SQL expression.
fn payload() -> String {
    format!(
        "('{{\"id\":\"cus_' || :customer || '\",\"email\":\"a@example.com\",\"version\":' || :event || ',\"filler\":\"' || \
         repeat('some words ', {}) || '\"}}')",
        PAYLOAD_BYTES / 11
    )
}

const EVENT: &str =
    "INSERT INTO bench_event VALUES ('evt_' || :client_id || '_' || :event, 'customer.updated', 'pending', ";

/// Events stored a second, one statement each.
pub(super) fn insert(cluster: &Cluster, database: &str, connections: u32, seconds: u32) -> Result<f64, Box<dyn Error>> {
    run(cluster, database, connections, seconds, &format!("{EVENT}{}, 0);", payload()))
}

/// Events stored and mirrored a second, one statement each.
pub(super) fn insert_and_upsert(
    cluster: &Cluster,
    database: &str,
    connections: u32,
    seconds: u32,
) -> Result<f64, Box<dyn Error>> {
    let payload = payload();
    let statement = format!(
        "WITH stored AS ({EVENT}{payload}, 0)) INSERT INTO bench_customer VALUES ('cus_' || :customer, {payload}::jsonb, 0) \
         ON CONFLICT (id) DO UPDATE SET stripe_data = excluded.stripe_data, updated = excluded.updated;"
    );
    run(cluster, database, connections, seconds, &statement)
}

fn run(
    cluster: &Cluster,
    database: &str,
    connections: u32,
    seconds: u32,
    statement: &str,
) -> Result<f64, Box<dyn Error>> {
    cluster.execute(database, TABLES)?;
    let script = format!("\\set event random(1, 9000000000000000)\n\\set customer random(1, 2000)\n{statement}\n");
    let printed = cluster.pgbench(database, connections, seconds, &script)?;
    let tps = printed.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|line| line.split(' ').next());
    Ok(tps.ok_or("pgbench printed no tps")?.parse()?)
}

/// Stores processed events, as if they had come over time.
pub(super) fn fill(cluster: &Cluster, database: &str, count: u32) -> Result<(), Box<dyn Error>> {
    let insert = format!(
        "INSERT INTO djstripe_event (id, name, created, livemode, object_id, payload, state, attempts, fence, received_at, processed_at)
         SELECT 'evt_old_' || n, 'customer.updated', 1700000000 + n, false, 'cus_' || n % 2000,
             '{{\"filler\":\"' || repeat('some words ', {}) || '\"}}', 'processed', 1, 1, n, n FROM generate_series(1, {count}) AS n;
         INSERT INTO djstripe_receiver_run (event_id, receiver, outcome, attempts, finished_at)
         SELECT 'evt_old_' || n, 'djstripe::handle_customer_event', 'succeeded', 1, n FROM generate_series(1, {count}) AS n;
         INSERT INTO djstripe_delivery (received_at, event_id) SELECT n, 'evt_old_' || n FROM generate_series(1, {count}) AS n;
         ANALYZE;",
        PAYLOAD_BYTES / 11
    );
    Ok(cluster.execute(database, &insert)?)
}
