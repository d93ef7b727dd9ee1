//! A database for one measurement, and pgbench on it.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::figure::Figure;
use super::process::{self, Process};
use super::{Cluster, Failure};

/// A script of pgbench: one statement and one commit per event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    /// Inserts an event into a copy of djstripe's table, with its indexes.
    Insert,
    /// Also writes the object into a copy of the mirror's table.
    Transaction,
    /// Inserts an event into a table without indexes except for its primary key.
    BareInsert,
    /// Also writes the object into such a table.
    BareTransaction,
}

impl Script {
    const ALL: [Self; 4] = [
        Self::Insert,
        Self::Transaction,
        Self::BareInsert,
        Self::BareTransaction,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Insert => "pgbench, insert",
            Self::Transaction => "pgbench, insert and upsert",
            Self::BareInsert => "pgbench, insert, bare tables",
            Self::BareTransaction => "pgbench, insert and upsert, bare tables",
        }
    }

    fn sql(self, event: &str, object: &str) -> String {
        let insert = match self {
            Self::Insert | Self::Transaction => format!(
                "INSERT INTO load_event (id, name, api_version, created, livemode, object_id, payload, received_at) \
                 VALUES ('evt_' || :event, 'customer.updated', '2026-05-27.dahlia', 1700000000, false, \
                     'cus_load' || :object, '{event}', 1) ON CONFLICT (id) DO NOTHING"
            ),
            Self::BareInsert | Self::BareTransaction => format!(
                "INSERT INTO bare_event (id, type, created, data) \
                 VALUES ('evt_' || :event, 'customer.updated', 1700000000, '{event}') ON CONFLICT (id) DO NOTHING"
            ),
        };

        let upsert = match self {
            Self::Insert | Self::BareInsert => return insert,
            Self::Transaction => format!(
                "INSERT INTO load_customer AS stored (livemode, id, stripe_data, observed_at, djstripe_created, \
                     djstripe_updated) \
                 VALUES (false, 'cus_load' || :object, '{object}', 1, 1, 1) \
                 ON CONFLICT (account, livemode, id) DO UPDATE SET stripe_data = excluded.stripe_data, \
                     observed_at = excluded.observed_at, djstripe_updated = excluded.djstripe_updated \
                 WHERE stored.observed_at <= excluded.observed_at"
            ),
            Self::BareTransaction => format!(
                "INSERT INTO bare_object AS stored (id, created, data) \
                 VALUES ('cus_load' || :object, 1700000000, '{object}') \
                 ON CONFLICT (id) DO UPDATE SET created = excluded.created, data = excluded.data \
                 WHERE stored.created <= excluded.created"
            ),
        };

        format!("WITH event AS ({insert} RETURNING 1) {upsert}")
    }
}

const BARE: &str = "CREATE TABLE bare_event (id text PRIMARY KEY, type text NOT NULL, created bigint NOT NULL, data jsonb NOT NULL); \
                    CREATE TABLE bare_object (id text PRIMARY KEY, created bigint NOT NULL, data jsonb NOT NULL)";

/// A database and the folder of pgbench's scripts.
pub(super) struct Database<'a> {
    cluster: &'a Cluster,
    pub(super) url: String,
    scripts: tempfile::TempDir,
}

impl<'a> Database<'a> {
    pub(super) fn create(cluster: &'a Cluster, name: &str) -> Result<Self, Failure> {
        let name = format!("load_{name}");
        cluster.create_database(&name)?;
        Ok(Self {
            cluster,
            url: cluster.database_url(&name),
            scripts: tempfile::tempdir()?,
        })
    }

    /// Creates pgbench's tables. The server has already created djstripe's.
    pub(super) fn prepare_pgbench(
        &self,
        _server: &Process,
        programs: &Path,
    ) -> Result<(), Failure> {
        self.run("CREATE TABLE load_event (LIKE djstripe_event INCLUDING ALL)")?;
        self.run("CREATE TABLE load_customer (LIKE stripe_customer INCLUDING ALL)")?;
        self.run(BARE)?;

        let (event, object) = process::sample(programs)?;
        for script in Script::ALL {
            let mut text =
                "\\set event random(1, 9000000000000000000)\n\\set object random(1, 500)\n"
                    .to_owned();
            let line = |json: &str| json.replace('\'', "''").replace('\n', " ");
            writeln!(text, "{};", script.sql(&line(&event), &line(&object)))?;
            std::fs::write(self.script(script), text)?;
        }
        Ok(())
    }

    fn script(&self, script: Script) -> std::path::PathBuf {
        self.scripts
            .path()
            .join(format!("{}.sql", script.name().replace([',', ' '], "")))
    }

    /// Runs pgbench and returns its rate and PostgreSQL's CPU time per event.
    pub(super) fn pgbench(
        &self,
        script: Script,
        connections: usize,
        seconds: u64,
    ) -> Result<Figure, Failure> {
        // pgbench only connects, so it runs as this program's user.
        let mut command = Command::new(self.cluster.command("pgbench").get_program());
        let (count, threads) = (connections.to_string(), connections.min(2).to_string());
        command.args([
            "--no-vacuum",
            "--protocol=extended",
            "--client",
            &count,
            "--jobs",
            &threads,
        ]);

        command.arg("--file").arg(self.script(script)).args([
            "--time",
            &seconds.to_string(),
            &self.url,
        ]);

        // djstripe's connections set the same.
        command.env("PGOPTIONS", "-c default_toast_compression=lz4");
        self.run("CHECKPOINT")?;

        let cost = || self.cluster.server_id().map_or(0.0, process::cpu_seconds);
        let before = cost();
        let output = command.stdin(Stdio::null()).output()?;

        let text = String::from_utf8_lossy(&output.stdout);
        let value = |name: &str| {
            text.lines().find_map(|line| {
                line.strip_prefix(name)?
                    .split_whitespace()
                    .nth(1)?
                    .parse::<f64>()
                    .ok()
            })
        };

        let Some(per_second) = value("tps").filter(|_| output.status.success()) else {
            return Err(format!(
                "pgbench failed: {}",
                String::from_utf8_lossy(&output.stderr)
            )
            .into());
        };

        let cost = (cost() - before) * 1e6 / (per_second * seconds as f64);
        let name = script.name().to_owned();
        Ok(Figure {
            name,
            connections,
            per_second,
            postgres_cpu_us: Some(cost),
            ..Figure::default()
        })
    }

    /// Empties the tables that grow, both djstripe's and pgbench's.
    pub(super) fn empty(&self) -> Result<(), Failure> {
        self.run(
            "TRUNCATE djstripe_event, djstripe_queue, djstripe_receiver_run, djstripe_delivery, load_event, bare_event",
        )
    }

    /// Deletes events that were received but not processed.
    pub(super) fn delete_unprocessed(&self) -> Result<(), Failure> {
        self.run(
            "WITH gone AS (DELETE FROM djstripe_queue RETURNING event_id) \
             DELETE FROM djstripe_event WHERE id IN (SELECT event_id FROM gone)",
        )
    }

    fn run(&self, sql: &str) -> Result<(), Failure> {
        let mut psql = Command::new(self.cluster.command("psql").get_program());
        psql.args([
            "--quiet",
            "--no-psqlrc",
            "--set=ON_ERROR_STOP=1",
            "--dbname",
            &self.url,
            "--command",
            sql,
        ]);

        let output = psql.stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("psql failed: {}", String::from_utf8_lossy(&output.stderr)).into())
    }

    /// Adds processed events with their deliveries and checkpoints until there are `target` of
    /// them.
    pub(super) fn fill(&self, from: u64, target: u64, programs: &Path) -> Result<(), Failure> {
        let (event, _) = process::sample(programs)?;
        let event = event.replace('\'', "''");
        let numbers = format!("generate_series({from}::bigint + 1, {target}::bigint) AS number");
        self.run(&format!(
            "INSERT INTO djstripe_event (id, name, api_version, created, livemode, object_id, payload, received_at) \
             SELECT 'evt_1' || md5(number::text), 'customer.updated', '2026-05-27.dahlia', 1600000000 + number, false, \
                 'cus_load' || number % 5000, replace('{event}', 'evt_sample', 'evt_1' || md5(number::text)), \
                 (1600000000 + number) * 1000000 FROM {numbers}"
        ))?;
        self.run(&format!(
            "INSERT INTO djstripe_receiver_run (event_id, receiver, outcome, attempts, finished_at) \
             SELECT 'evt_1' || md5(number::text), 'djstripe::mirror', 'succeeded', 1, 1 FROM {numbers}"
        ))?;
        self.run(&format!(
            "INSERT INTO djstripe_delivery (event_id, received_at, remote_address) \
             SELECT 'evt_1' || md5(number::text), 1, '127.0.0.1' FROM {numbers}"
        ))?;

        self.run("VACUUM ANALYZE djstripe_event, djstripe_receiver_run, djstripe_delivery")?;
        self.run("CHECKPOINT")
    }
}
