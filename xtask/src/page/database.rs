//! The database that is measured, by psql.

use std::io::Write;
use std::process::{Command, Stdio};

use super::Failure;
use crate::test::cluster::Cluster;

/// A database.
pub(super) struct Database<'a> {
    cluster: &'a Cluster,
    pub(super) url: String,
}

impl<'a> Database<'a> {
    /// The one at this URL, or else an empty one on the cluster.
    pub(super) fn open(cluster: &'a Cluster, url: Option<&str>) -> Result<Self, Failure> {
        let url = match url {
            Some(url) => url.to_owned(),
            None => {
                cluster.create_database("page")?;
                cluster.database_url("page")
            }
        };
        Ok(Self { cluster, url })
    }

    /// Runs statements, in which psql puts numbers in place of their names. A commit doesn't wait for the
    /// disk.
    pub(super) fn run(&self, sql: &str, numbers: &[(&str, String)]) -> Result<(), Failure> {
        self.psql(sql, numbers).map(drop)
    }

    /// The first column of what a query finds.
    pub(super) fn texts(&self, query: &str) -> Result<Vec<String>, Failure> {
        let output = self.psql(query, &[])?;
        Ok(output.lines().map(str::to_owned).collect())
    }

    /// The process id of the server, which is on this machine.
    pub(super) fn server_id(&self) -> Result<u32, Failure> {
        let lines = self.texts("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)")?;
        Ok(lines
            .first()
            .ok_or("the server has no process id")?
            .parse()?)
    }

    fn psql(&self, sql: &str, numbers: &[(&str, String)]) -> Result<String, Failure> {
        // psql only connects, so it runs as this program's user.
        let mut psql = Command::new(self.cluster.command("psql").get_program());
        psql.args(["--quiet", "--no-psqlrc", "--tuples-only", "--no-align"]);
        psql.args(["--set=ON_ERROR_STOP=1", "--dbname", &self.url, "--file=-"]);
        for (name, number) in numbers {
            psql.arg(format!("--set={name}={number}"));
        }
        psql.env("PGOPTIONS", "-c synchronous_commit=off");
        psql.stdin(Stdio::piped()).stdout(Stdio::piped());

        let mut psql = psql.stderr(Stdio::piped()).spawn()?;
        let mut input = psql.stdin.take().ok_or("psql's input is piped")?;
        // What psql doesn't read any more, its error explains.
        let _ = input.write_all(sql.as_bytes());
        drop(input);
        let output = psql.wait_with_output()?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?);
        }
        Err(format!("psql failed: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}
