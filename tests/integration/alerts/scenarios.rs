//! For each alert, what makes it fire and what does not quite.
//!
//! Values are those of `promtool`, one for each step: `0+5xN` begins at 0 and grows by 5, `7+0xN` stays,
//! `_` is missing, `stale` ends the series. `N` stands for the number of steps.

use std::fmt;

/// An alert, and its labels besides its severity.
pub(super) struct Case {
    pub(super) alert: &'static str,
    pub(super) labels: &'static [(&'static str, &'static str)],
    pub(super) fires: &'static [Scenario],
    pub(super) quiet: &'static [Scenario],
}

/// What happens, in contrast to [`HEALTHY`], until the alerts are looked at.
pub(super) struct Scenario {
    /// Minutes between two values, and between two evaluations.
    pub(super) step: u32,
    pub(super) steps: u32,
    pub(super) changes: &'static [Change],
}

/// The values of some series.
pub(super) enum Change {
    /// Of one series.
    Values(&'static str, &'static str),
    /// Of a histogram's buckets, by the start of its series: five samples a minute, all of them above this
    /// bound.
    Above(&'static str, f64),
}

use Change::{Above, Values};

impl Change {
    /// The values of this series, if it is one of those that change.
    pub(super) fn value(&self, series: &str) -> Option<&'static str> {
        match *self {
            Values(changed, values) => (series == changed).then_some(values),
            Above(start, bound) => {
                let (_, le) = series.strip_prefix(start)?.split_once("le=\"")?;
                let le = le.trim_end_matches("\"}");
                let le: f64 = le.parse().expect("a bucket's bound is a number");
                Some(if le > bound { "0+5xN" } else { "0+0xN" })
            }
        }
    }

    pub(super) fn series(&self) -> &'static str {
        match *self {
            Values(series, _) | Above(series, _) => series,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Values(series, values) => write!(formatter, "{series} = {values}"),
            Above(start, bound) => write!(formatter, "{start} above {bound}"),
        }
    }
}

/// In steps of a minute.
const fn within(minutes: u32, changes: &'static [Change]) -> Scenario {
    Scenario {
        step: 1,
        steps: minutes,
        changes,
    }
}

/// In steps of five minutes, for rules that look back far: an evaluation each minute takes long.
const fn five(steps: u32, changes: &'static [Change]) -> Scenario {
    Scenario {
        step: 5,
        steps,
        changes,
    }
}

/// In steps of half an hour.
const fn thirty(steps: u32, changes: &'static [Change]) -> Scenario {
    Scenario {
        step: 30,
        steps,
        changes,
    }
}

/// Events arrive and are processed. All other series stay as the program exports them.
pub(super) const HEALTHY: Scenario = within(
    20,
    &[
        Values(STORED, "0+5xN"),
        Values(SUCCEEDED, "0+5xN"),
        Above(ACKNOWLEDGED, 0.005),
        Above(RUN, 0.01),
        // Scraped between two readings of the backlog.
        Values(READ_AGE, "12+0xN"),
    ],
);

/// Another program that the same Prometheus scrapes. Its troubles are none of these alerts'.
pub(super) const OTHER_PROGRAM: [(&str, &str); 3] = [
    (
        r#"process_start_time_seconds{job="other",instance="o:1"}"#,
        "0+60xN",
    ),
    (r#"process_open_fds{job="other",instance="o:1"}"#, "99+0xN"),
    (r#"process_max_fds{job="other",instance="o:1"}"#, "100+0xN"),
];

const STORED: &str = r#"djstripe_deliveries_received_total{outcome="stored"}"#;
const SUCCEEDED: &str =
    r#"djstripe_receiver_runs_total{receiver="counter::count",outcome="succeeded"}"#;
const FAILED: &str = r#"djstripe_receiver_runs_total{receiver="counter::count",outcome="failed"}"#;
const TIMED_OUT: &str =
    r#"djstripe_receiver_runs_total{receiver="counter::count",outcome="timed_out"}"#;
const NOT_MIRRORED: &str =
    r#"djstripe_receiver_runs_total{receiver="counter::count",outcome="not_mirrored"}"#;
const RUN: &str = r#"djstripe_receiver_run_seconds_bucket{receiver="counter::count""#;
const ACKNOWLEDGED: &str = "djstripe_acknowledgement_seconds_bucket";
const READ_AGE: &str = "djstripe_backlog_read_age_seconds";
const STORE: &str = r#"djstripe_deliveries_refused_total{reason="store"}"#;
const OVERLOADED: &str = r#"djstripe_deliveries_refused_total{reason="overloaded"}"#;
const SIGNATURE: &str = r#"djstripe_deliveries_refused_total{reason="signature"}"#;
const NO_SIGNATURE: &str = r#"djstripe_deliveries_refused_total{reason="no_signature"}"#;
const CLOCK: &str = r#"djstripe_deliveries_refused_total{reason="clock"}"#;
const DEAD: &str = r#"djstripe_unfinished_events{state="dead"}"#;
const RETRYING: &str = r#"djstripe_unfinished_events{state="retrying"}"#;
const DEAD_EFFECTS: &str = r#"djstripe_unfinished_effects{state="dead"}"#;
const RETRYING_EFFECTS: &str = r#"djstripe_unfinished_effects{state="retrying"}"#;
const UNATTENDED: &str = "djstripe_unattended_seconds";
const OLDEST: &str = "djstripe_oldest_pending_seconds";
const PAUSED: &str = "djstripe_paused";
const UNAUTHORIZED: &str = r#"djstripe_stripe_requests_total{status="401"}"#;
const FORBIDDEN: &str = r#"djstripe_stripe_requests_total{status="403"}"#;
const TOO_MANY: &str = r#"djstripe_stripe_requests_total{status="429"}"#;
const FETCHED: &str = r#"djstripe_refetches_total{outcome="fetched"}"#;
const NOT_FETCHED: &str = r#"djstripe_refetches_total{outcome="failed"}"#;
const LIVE_RATE: &str = r#"djstripe_stripe_rate_budget{livemode="true"}"#;
const TEST_RATE: &str = r#"djstripe_stripe_rate_budget{livemode="false"}"#;
const RECONCILED: &str = "djstripe_reconciled_events_total";
const RECONCILE_AGE: &str = "djstripe_reconcile_age_seconds";
const STARTED: &str = "process_start_time_seconds";
const OPEN_FDS: &str = "process_open_fds";
const MAX_FDS: &str = "process_max_fds";

const RECEIVER: &[(&str, &str)] = &[("receiver", "counter::count")];
const PROCESS: &[(&str, &str)] = &[("job", "djstripe"), ("instance", "shop:9464")];

pub(super) const CASES: &[Case] = &[
    Case {
        alert: "DjstripeNotStored",
        labels: &[],
        fires: &[
            within(10, &[Values(STORE, "0+1xN")]),
            within(4, &[Values(OVERLOADED, "0 1+0xN")]),
        ],
        quiet: &[
            within(10, &[Values(STORE, "0 1+0xN")]),
            within(10, &[Values(NO_SIGNATURE, "0+9xN")]),
        ],
    },
    Case {
        alert: "DjstripeGone",
        labels: &[],
        fires: &[within(8, &[Values(READ_AGE, "0+0x2 stale")])],
        // A restart takes three minutes.
        quiet: &[within(9, &[Values(READ_AGE, "0+0x2 stale _x2 0+0xN")])],
    },
    Case {
        alert: "DjstripeDatabaseAway",
        labels: PROCESS,
        fires: &[
            within(5, &[Values(READ_AGE, "0+60xN")]),
            // The task that reads has ended.
            within(5, &[Values(READ_AGE, "9 9 Inf Inf Inf Inf")]),
        ],
        quiet: &[
            within(9, &[Values(READ_AGE, "120+0xN")]),
            within(3, &[Values(READ_AGE, "0+60xN")]),
        ],
    },
    Case {
        alert: "DjstripeDeadEvents",
        labels: &[],
        fires: &[within(3, &[Values(DEAD, "0 0 1+0xN")])],
        quiet: &[
            within(3, &[Values(DEAD, "1 0+0xN")]),
            within(3, &[Values(RETRYING, "9+0xN")]),
        ],
    },
    Case {
        alert: "DjstripeNoWorker",
        labels: &[],
        fires: &[within(4, &[Values(UNATTENDED, "0+60xN")])],
        quiet: &[within(9, &[Values(UNATTENDED, "60+0xN")])],
    },
    Case {
        alert: "DjstripeEventsWait",
        labels: &[],
        fires: &[within(6, &[Values(OLDEST, "301+0xN")])],
        quiet: &[
            within(9, &[Values(OLDEST, "300+0xN")]),
            within(9, &[Values(OLDEST, "999+0xN"), Values(PAUSED, "1+0xN")]),
        ],
    },
    Case {
        alert: "DjstripePausedForLong",
        labels: &[],
        fires: &[five(12, &[Values(PAUSED, "1+0xN")])],
        quiet: &[five(11, &[Values(PAUSED, "1+0xN")])],
    },
    Case {
        alert: "DjstripeReceiverFails",
        labels: RECEIVER,
        fires: &[
            five(5, &[Values(FAILED, "0+1xN")]),
            five(5, &[Values(TIMED_OUT, "0+1xN"), Values(SUCCEEDED, "0+0xN")]),
        ],
        quiet: &[
            five(6, &[Values(FAILED, "0+1xN"), Values(SUCCEEDED, "0+10xN")]),
            five(6, &[Values(NOT_MIRRORED, "0+9xN")]),
        ],
    },
    Case {
        alert: "DjstripeReceiverSlow",
        labels: RECEIVER,
        fires: &[five(5, &[Above(RUN, 30.0)])],
        quiet: &[five(6, &[Above(RUN, 10.0)])],
    },
    Case {
        alert: "DjstripeEffectsDead",
        labels: &[],
        fires: &[within(2, &[Values(DEAD_EFFECTS, "0 0 1")])],
        quiet: &[within(2, &[Values(RETRYING_EFFECTS, "9+0xN")])],
    },
    Case {
        alert: "DjstripeAcknowledgementSlow",
        labels: &[],
        fires: &[within(12, &[Above(ACKNOWLEDGED, 2.5)])],
        quiet: &[within(15, &[Above(ACKNOWLEDGED, 1.0)])],
    },
    Case {
        alert: "DjstripeSignaturesRefused",
        labels: &[],
        fires: &[
            within(18, &[Values(SIGNATURE, "0+1xN")]),
            // A quiet shop, in which nothing is accepted.
            five(8, &[Values(SIGNATURE, "0+2xN"), Values(STORED, "0+0xN")]),
        ],
        quiet: &[
            five(8, &[Values(SIGNATURE, "0+5xN"), Values(STORED, "0+99xN")]),
            five(
                8,
                &[Values(SIGNATURE, "0 1 2 3+0xN"), Values(STORED, "0+0xN")],
            ),
            five(8, &[Values(NO_SIGNATURE, "0+99xN")]),
        ],
    },
    Case {
        alert: "DjstripeClockIsOff",
        labels: &[],
        fires: &[within(18, &[Values(CLOCK, "0+1xN")])],
        quiet: &[
            five(8, &[Values(CLOCK, "0+5xN"), Values(STORED, "0+99xN")]),
            five(8, &[Values(CLOCK, "0 1 2 3+0xN"), Values(STORED, "0+0xN")]),
        ],
    },
    Case {
        alert: "DjstripeNothingReceived",
        labels: &[],
        fires: &[
            thirty(13, &[Values(STORED, "0+0xN")]),
            thirty(14, &[Values(STORED, "0 9+0xN")]),
        ],
        quiet: &[
            thirty(14, &[Values(STORED, "0+0x9 1+0xN")]),
            // It was installed less than six hours ago.
            thirty(11, &[Values(STORED, "0+0xN")]),
        ],
    },
    Case {
        alert: "DjstripeKeyRefused",
        labels: &[],
        fires: &[
            within(12, &[Values(UNAUTHORIZED, "0+1xN")]),
            within(12, &[Values(FORBIDDEN, "0 1+0xN")]),
        ],
        quiet: &[
            five(9, &[Values(FORBIDDEN, "0 1+0xN")]),
            within(12, &[Values(TOO_MANY, "0+9xN")]),
        ],
    },
    Case {
        alert: "DjstripeRefetchesFail",
        labels: &[],
        fires: &[five(
            5,
            &[Values(NOT_FETCHED, "0+1xN"), Values(FETCHED, "0+10xN")],
        )],
        quiet: &[five(
            6,
            &[Values(NOT_FETCHED, "0+1xN"), Values(FETCHED, "0+30xN")],
        )],
    },
    Case {
        alert: "DjstripeRateNarrowed",
        labels: &[],
        fires: &[five(6, &[Values(LIVE_RATE, "49+0xN")])],
        quiet: &[
            five(9, &[Values(LIVE_RATE, "50+0xN")]),
            five(5, &[Values(LIVE_RATE, "9+0xN")]),
            five(9, &[Values(TEST_RATE, "9+0xN")]),
        ],
    },
    Case {
        alert: "DjstripeEventsMissed",
        labels: &[],
        fires: &[
            five(7, &[Values(RECONCILED, "0+0x6 7+0xN")]),
            // A process found them before its first scrape.
            five(7, &[Values(RECONCILED, "_x6 7+0xN")]),
        ],
        quiet: &[five(18, &[Values(RECONCILED, "7+0xN")])],
    },
    Case {
        alert: "DjstripeNotReconciled",
        labels: &[],
        fires: &[within(10, &[Values(RECONCILE_AGE, "3601+0xN")])],
        quiet: &[
            within(12, &[Values(RECONCILE_AGE, "3600+0xN")]),
            within(9, &[Values(RECONCILE_AGE, "3601+0xN")]),
        ],
    },
    Case {
        alert: "DjstripeRestarts",
        labels: PROCESS,
        fires: &[within(9, &[Values(STARTED, "1 1 2 2 3 3 4 4 5+0xN")])],
        quiet: &[within(9, &[Values(STARTED, "1 1 2 2 3 3 4+0xN")])],
    },
    Case {
        alert: "DjstripeFileDescriptors",
        labels: PROCESS,
        fires: &[within(
            5,
            &[Values(OPEN_FDS, "81+0xN"), Values(MAX_FDS, "100+0xN")],
        )],
        quiet: &[
            within(9, &[Values(OPEN_FDS, "80+0xN"), Values(MAX_FDS, "100+0xN")]),
            within(9, &[Values(OPEN_FDS, "81+0xN"), Values(MAX_FDS, "0+0xN")]),
        ],
    },
];
