//! Rates over time: what the processes counted by the minute, and the runs of each receiver.
//!
//! In: the counts of one process. Out: sums over buckets of a chart, and over receivers. The numbers come
//! from tables of their own, so nothing is counted when they are read.

use std::time::Duration;

use diesel::sql_types::{BigInt, Text};

use super::limit::{OperatorQueries, load_limited};
use crate::store::backend::statement::{ByName, Statement};
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const READ: &str = "read the counts of minutes";

/// A minute, and an hour, in microseconds.
pub(super) const MINUTE: i64 = 60_000_000;
pub(super) const HOUR: i64 = 60 * MINUTE;

/// How many buckets a chart has at most.
const MOST_BUCKETS: i64 = 1_000;

/// The longest span that receivers' runs are counted by minutes in.
const BY_MINUTES: i64 = 24 * HOUR;

/// The buckets are listed, because PostgreSQL would expect as many groups as minutes otherwise, and sort
/// all of them on the disk.
const SELECT_MINUTES: &str = "WITH RECURSIVE bucket (start) AS ( \
         SELECT CAST(? AS bigint) UNION ALL SELECT start + ? FROM bucket WHERE start < ?) \
     SELECT start AS bucket, CAST(sum(received) AS bigint) AS received, \
         CAST(sum(refused) AS bigint) AS refused, CAST(sum(processed) AS bigint) AS processed, \
         CAST(sum(failed) AS bigint) AS failed, CAST(sum(dead) AS bigint) AS dead, \
         CAST(sum(acknowledgement_count) AS bigint) AS acknowledgement_count, \
         CAST(sum(acknowledgement_total) AS bigint) AS acknowledgement_total, \
         max(acknowledgement_max) AS acknowledgement_max, \
         CAST(sum(processing_count) AS bigint) AS processing_count, \
         CAST(sum(processing_total) AS bigint) AS processing_total, max(processing_max) AS processing_max \
     FROM bucket JOIN djstripe_minute ON minute >= start AND minute < start + ? \
     GROUP BY start ORDER BY start";

/// What happened in a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MinuteCounts {
    /// Accepted deliveries.
    pub received: u64,
    /// Refused deliveries.
    pub refused: u64,
    /// Events of which all receivers are done.
    pub processed: u64,
    /// Failed runs of receivers.
    pub failed: u64,
    /// Events that died.
    pub dead: u64,
    /// From the last byte of a delivery to the answer that accepts it.
    pub acknowledgement: Delay,
    /// From the arrival of an event to the end of its receivers.
    pub processing: Delay,
}

/// How long something took, several times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delay {
    /// How often.
    pub count: u64,
    /// All together.
    pub total: Duration,
    /// The longest.
    pub max: Duration,
}

impl Delay {
    /// The mean; `None` of nothing.
    pub fn mean(&self) -> Option<Duration> {
        mean(self.total, self.count)
    }
}

/// A span of time in a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// When it begins.
    pub start: Timestamp,
    /// What happened in it.
    pub counts: MinuteCounts,
}

/// The runs of a receiver in a span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiverCounts {
    /// Id of the receiver.
    pub receiver: String,
    /// How often it ran.
    pub runs: u64,
    /// How often it failed.
    pub failures: u64,
    /// How long its runs took together.
    pub duration: Duration,
    /// The longest of them.
    pub longest: Duration,
}

impl ReceiverCounts {
    /// How long a run took; `None` without a run.
    pub fn mean(&self) -> Option<Duration> {
        mean(self.duration, self.runs)
    }
}

fn mean(total: Duration, count: u64) -> Option<Duration> {
    let micros = total.as_micros().checked_div(count.into())?;
    u64::try_from(micros).ok().map(Duration::from_micros)
}

impl OperatorQueries {
    /// What happened from the bucket of `from` up to that of `to`. Buckets in which nothing happened are
    /// there too. A bucket is longer than `bucket` if there would be too many.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn minutes(
        &self,
        from: Timestamp,
        to: Timestamp,
        bucket: Duration,
    ) -> Result<Vec<Bucket>, StoreError> {
        let width = width(to.micros().saturating_sub(from.micros()), bucket);
        let start = |time: Timestamp| time.micros() - time.micros().rem_euclid(width);
        let (first, last) = (start(from), start(to));
        let select = Statement::<ByName>::new(SELECT_MINUTES)
            .bind(first)
            .bind(width)
            .bind(last)
            .bind(width);
        let rows: Vec<MinuteRow> = load_limited!(self, READ, select)?;

        let mut rows = rows.into_iter().peekable();
        let mut buckets = Vec::new();
        let mut at = first;
        while at <= last {
            let row = rows.next_if(|row| row.bucket == at);
            buckets.push(Bucket {
                start: Timestamp::from_micros(at),
                counts: row.map(MinuteCounts::from).unwrap_or_default(),
            });
            at += width;
        }
        Ok(buckets)
    }

    /// The runs of each receiver between two times, which are rounded down to whole minutes, or to whole
    /// hours if more than a day is in between.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn receiver_counts(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<ReceiverCounts>, StoreError> {
        let is_short = to.micros().saturating_sub(from.micros()) <= BY_MINUTES;
        let (unit, width) = if is_short {
            ("minute", MINUTE)
        } else {
            ("hour", HOUR)
        };
        let select = Statement::<(Text, BigInt, BigInt, BigInt, BigInt)>::new(format!(
            "SELECT receiver, CAST(sum(runs) AS bigint), CAST(sum(failures) AS bigint), \
                 CAST(sum(duration_total) AS bigint), max(duration_max) \
             FROM djstripe_receiver_{unit} WHERE {unit} >= ? AND {unit} <= ? GROUP BY receiver ORDER BY receiver"
        ))
        .bind(from.micros() - from.micros().rem_euclid(width))
        .bind(to.micros());

        let rows: Vec<(String, i64, i64, i64, i64)> = load_limited!(self, READ, select)?;
        let counts =
            |(receiver, runs, failures, duration, longest): (String, i64, i64, i64, i64)| {
                ReceiverCounts {
                    receiver,
                    runs: runs.unsigned_abs(),
                    failures: failures.unsigned_abs(),
                    duration: micros(duration),
                    longest: micros(longest),
                }
            };
        Ok(rows.into_iter().map(counts).collect())
    }
}

/// The width of a bucket: whole minutes, and so many that a chart of this span is not too long.
fn width(span: i64, bucket: Duration) -> i64 {
    let bucket = i64::try_from(bucket.as_micros()).unwrap_or(i64::MAX / 4);
    let least = span.max(0) / (MOST_BUCKETS - 2);
    let minutes = bucket.max(least).max(1).saturating_add(MINUTE - 1) / MINUTE;
    minutes.saturating_mul(MINUTE)
}

fn micros(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}

#[derive(diesel::QueryableByName)]
struct MinuteRow {
    #[diesel(sql_type = BigInt)]
    bucket: i64,
    #[diesel(sql_type = BigInt)]
    received: i64,
    #[diesel(sql_type = BigInt)]
    refused: i64,
    #[diesel(sql_type = BigInt)]
    processed: i64,
    #[diesel(sql_type = BigInt)]
    failed: i64,
    #[diesel(sql_type = BigInt)]
    dead: i64,
    #[diesel(sql_type = BigInt)]
    acknowledgement_count: i64,
    #[diesel(sql_type = BigInt)]
    acknowledgement_total: i64,
    #[diesel(sql_type = BigInt)]
    acknowledgement_max: i64,
    #[diesel(sql_type = BigInt)]
    processing_count: i64,
    #[diesel(sql_type = BigInt)]
    processing_total: i64,
    #[diesel(sql_type = BigInt)]
    processing_max: i64,
}

impl From<MinuteRow> for MinuteCounts {
    fn from(row: MinuteRow) -> Self {
        let delay = |count: i64, total, max| Delay {
            count: count.unsigned_abs(),
            total: micros(total),
            max: micros(max),
        };
        Self {
            received: row.received.unsigned_abs(),
            refused: row.refused.unsigned_abs(),
            processed: row.processed.unsigned_abs(),
            failed: row.failed.unsigned_abs(),
            dead: row.dead.unsigned_abs(),
            acknowledgement: delay(
                row.acknowledgement_count,
                row.acknowledgement_total,
                row.acknowledgement_max,
            ),
            processing: delay(
                row.processing_count,
                row.processing_total,
                row.processing_max,
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_whole_minutes_and_a_limited_length() {
        let check = |span: i64, bucket: Duration, expected_minutes: i64| {
            assert_eq!(width(span, bucket), expected_minutes * MINUTE);
        };
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        check(HOUR, minutes(1), 1);
        check(HOUR, Duration::ZERO, 1);
        check(HOUR, Duration::from_secs(61), 2);
        check(24 * HOUR, minutes(15), 15);
        check(30 * 24 * HOUR, minutes(480), 480);
        check(30 * 24 * HOUR, minutes(1), 44);
        check(-HOUR, minutes(1), 1);
    }
}
