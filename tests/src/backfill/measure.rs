//! Measures a sync: objects per second compared with plain statements, memory, requests, and the
//! used part of a rate limit.

use std::path::Path;
use std::time::{Duration, Instant};

use djstripe_core::client::RateLimits;
use djstripe_core::store::{Store, StoreOptions};
use djstripe_core::sync::SyncOptions;
use djstripe_core::testing::FakeStripe;
use djstripe_core::{Djstripe, receivers};
use serde_json::{Value, json};

use super::stripe::{customer, product};
use super::{Failure, SyncProcess};
use crate::load;

/// Unix time of the first object.
const BEGIN: i64 = 1_500_000_000;

/// Seconds between two objects.
const INTERVAL: i64 = 600;

/// Rows of a plain statement.
const ROWS: usize = 100;

/// Objects per second of a sync of customers and products, compared with plain multi-row
/// `INSERT .. ON CONFLICT` statements that write the same objects on one connection into tables
/// with the same columns and indexes.
///
/// # Errors
/// If a sync fails.
pub async fn speed(program: &Path, database_url: &str, objects: usize) -> Result<Value, Failure> {
    let stripe = FakeStripe::start().await?;
    for number in 0..objects {
        stripe.insert(customer(number, BEGIN + number as i64 * INTERVAL));
        stripe.insert(product(number, BEGIN + number as i64 * INTERVAL));
    }

    // Building the application creates the tables.
    let app = Djstripe::builder()
        .webhook_secret("whsec_x")
        .database_url(database_url)
        .receivers([])
        .build()
        .await?;
    drop(app);

    let plain = PlainWriter::connect(database_url).await?;
    let mut answer = json!({ "objects": 2 * objects, "pages_needed": 2 * objects.div_ceil(100) });
    for path in ["insert", "update"] {
        if path == "update" {
            for object in ["customer", "product"] {
                for value in stripe.objects(object) {
                    let id = value["id"].as_str().unwrap_or_default();
                    stripe.update(object, id, json!({ "phone": "+49 30 1234567" }));
                }
            }
        }

        answer[format!("plain_{path}_per_second")] = plain.write(&stripe).await?.into();
        let (total, _) = sync(program, database_url, &stripe).await?;
        answer[format!("sync_{path}_per_second")] = rate(&total).into();
        answer[format!("sync_{path}")] = total;
    }

    let (total, _) = sync(program, database_url, &stripe).await?;
    answer["sync_unchanged_per_second"] = rate(&total).into();
    Ok(answer)
}

fn rate(total: &Value) -> f64 {
    let objects: u64 = ["inserted", "updated", "unchanged"]
        .iter()
        .filter_map(|key| total[key].as_u64())
        .sum();
    objects as f64 / total["seconds"].as_f64().unwrap_or(f64::NAN)
}

/// Memory and requests of a sync of customers. They are small, so that the fake Stripe can hold
/// many of them.
///
/// # Errors
/// If the sync fails.
pub async fn memory(program: &Path, database_url: &str, objects: usize) -> Result<Value, Failure> {
    let stripe = FakeStripe::start().await?;
    for number in 0..objects {
        let (id, created) = (format!("cus_{number}"), BEGIN + number as i64 * INTERVAL);
        let description =
            "a customer of whom little is known, but enough to fill some of a page with it";
        stripe.insert(json!({
            "object": "customer", "id": id, "created": created, "description": description,
        }));
    }

    let (total, peak) = sync(program, database_url, &stripe).await?;
    let needed = objects.div_ceil(100) + 1;
    Ok(json!({
        "objects": objects, "peak_mib": peak, "pages_needed": needed, "per_second": rate(&total),
        "total": total,
    }))
}

/// The part of a limit of 100 requests per second that a sync uses, and how often it exceeds it.
///
/// # Errors
/// If the sync fails.
pub async fn limit(database_url: &str, customers: usize) -> Result<Value, Failure> {
    const LIMIT: u32 = 100;

    let stripe = FakeStripe::start().await?;
    for number in 0..customers {
        stripe.insert(load::customer(number));
    }
    stripe.limit_rate(LIMIT);

    let app = Djstripe::builder()
        .webhook_secret("whsec_x")
        .secret_key(stripe.api_key())
        .api_base(stripe.base_url())
        .client_options(|options| {
            let rate = f64::from(LIMIT);
            options.test = RateLimits {
                per_second: rate,
                per_resource: rate,
                in_flight: 64,
            };
        })
        .database_url(database_url)
        .receivers(receivers::built_in())
        .build()
        .await?;

    let mut options = SyncOptions::default();
    options.objects = ["customer", "payment_method"].map(str::to_owned).to_vec();
    let started = Instant::now();
    let summary = app.sync(&options, |_| {}).await?;
    let seconds = started.elapsed().as_secs_f64();

    let total = summary.total();
    let used = total.requests as f64 / seconds / f64::from(LIMIT);
    Ok(json!({
        "requests": total.requests, "seconds": seconds, "used": used,
        "answers_429": total.rate_limited,
    }))
}

/// Syncs in a process of its own. Returns the last line of its output, and the peak of its memory
/// in MiB.
async fn sync(
    program: &Path,
    database_url: &str,
    stripe: &FakeStripe,
) -> Result<(Value, f64), Failure> {
    // A sync creates no SQLite file.
    drop(Store::connect(database_url, StoreOptions::default()).await?);
    let mut process = SyncProcess::start(
        program,
        database_url,
        stripe.base_url(),
        &["customer", "product"],
    )?;
    let mut peak = 0.0_f64;

    while process.finished()?.is_none() {
        peak = peak.max(peak_mib(process.id()).unwrap_or_default());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    let output = process.output();
    let total = output
        .last()
        .and_then(|line| serde_json::from_str(line).ok());

    match (process.finished()?, total) {
        (Some(true), Some(total)) => Ok((total, peak)),
        _ => Err(format!("the sync failed: {output:?}").into()),
    }
}

/// The highest memory use of a process so far, in MiB.
fn peak_mib(id: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1_024.0)
}

/// A connection that writes with plain statements.
struct PlainWriter(tokio_postgres::Client);

impl PlainWriter {
    async fn connect(database_url: &str) -> Result<Self, Failure> {
        let (client, connection) =
            tokio_postgres::connect(database_url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);

        for object in ["customer", "product"] {
            let create =
                format!("CREATE TABLE plain_{object} (LIKE stripe_{object} INCLUDING ALL)");
            client.batch_execute(&create).await?;
        }

        Ok(Self(client))
    }

    /// Writes all objects of Stripe. Returns the objects per second.
    async fn write(&self, stripe: &FakeStripe) -> Result<f64, Failure> {
        let (mut written, mut took) = (0, Duration::ZERO);

        for object in ["customer", "product"] {
            let objects_json: Vec<(String, String)> = stripe
                .objects(object)
                .iter()
                .map(|value| {
                    (
                        value["id"].as_str().unwrap_or_default().to_owned(),
                        value.to_string(),
                    )
                })
                .collect();

            let started = Instant::now();
            let values: Vec<String> = (0..ROWS)
                .map(|row| {
                    format!(
                        "('', false, ${}, ${}::text::jsonb, 1, 1, 1)",
                        2 * row + 1,
                        2 * row + 2
                    )
                })
                .collect();
            let statement = format!(
                "INSERT INTO plain_{object} (account, livemode, id, stripe_data, observed_at, djstripe_created, \
                     djstripe_updated) VALUES {} ON CONFLICT (account, livemode, id) DO UPDATE SET \
                     stripe_data = excluded.stripe_data, observed_at = excluded.observed_at, \
                     djstripe_updated = excluded.djstripe_updated",
                values.join(", ")
            );
            let statement = self.0.prepare(&statement).await?;

            for rows in objects_json.chunks_exact(ROWS) {
                let values: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = rows
                    .iter()
                    .flat_map(|(id, json)| [id as _, json as _])
                    .collect();
                written += rows.len();
                self.0.execute(&statement, &values).await?;
            }
            took += started.elapsed();
        }

        Ok(written as f64 / took.as_secs_f64())
    }
}
