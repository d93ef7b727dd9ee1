//! `endpoints reencrypt`: encrypts the secrets in the database with the newest key.
//!
//! It changes what is encrypted with an older key alone, one row at a time, so that it can be
//! interrupted and run again.

use clap::Args;
use serde_json::json;
use uuid::Uuid;

use super::tools::all_endpoints;
use crate::app::Builder;
use crate::cli::audit::record;
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{OutputArgs, print};
use crate::cli::settings::DatabaseArgs;
use crate::endpoint::{EncryptionKey, Endpoint, SecretStorageError};
use crate::store::Store;
use crate::timestamp::Timestamp;

/// How many times a row is read again that another process has changed meanwhile.
const MAX_TRIES: usize = 5;

#[derive(Debug, Args)]
pub(super) struct Reencrypt {
    /// Only report what would change
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// The encrypted secrets of one endpoint, or of all.
#[derive(Default)]
struct Counts {
    /// Encrypted again with the first key.
    reencrypted: usize,
    /// Encrypted with the first key before.
    current: usize,
    /// Encrypted with none of the keys, or damaged.
    unreadable: usize,
}

pub(super) async fn run(
    builder: Builder,
    arguments: Reencrypt,
) -> Result<ExitStatus, CommandError> {
    let builder = arguments.database.apply(builder);
    let keys = builder.open_keys()?;
    if keys.is_empty() {
        return Err(SecretStorageError::NoKey.into());
    }
    let store = open_migrated(&builder).await?;

    let mut total = Counts::default();
    for endpoint in all_endpoints(&store).await? {
        let counts = reencrypt(&store, endpoint.id, &keys, arguments.dry_run).await?;
        let Some(counts) = counts else {
            continue;
        };
        if arguments.output.json {
            print(json!({
                "id": endpoint.id.to_string(),
                "reencrypted": counts.reencrypted,
                "current": counts.current,
                "unreadable": counts.unreadable,
                "dry_run": arguments.dry_run,
            }))?;
        } else if counts.reencrypted + counts.unreadable > 0 {
            print(format_args!(
                "{}  {}",
                endpoint.id,
                counts.describe(arguments.dry_run)
            ))?;
        }
        total.add(&counts);
    }

    if !arguments.dry_run && total.reencrypted > 0 {
        let detail = total.describe(false);
        record(&store, "endpoints reencrypt", "", Some(detail)).await?;
    }
    if !arguments.output.json {
        print(format_args!("total: {}", total.describe(arguments.dry_run)))?;
    }
    Ok(ExitStatus::problems_found(total.unreadable > 0))
}

/// Encrypts the secrets of one endpoint again, in one write; `None` if it was deleted meanwhile.
async fn reencrypt(
    store: &Store,
    id: Uuid,
    keys: &[EncryptionKey],
    dry_run: bool,
) -> Result<Option<Counts>, CommandError> {
    for _ in 0..MAX_TRIES {
        let Some(mut endpoint) = store.endpoint(id).await? else {
            return Ok(None);
        };
        let counts = reseal(&mut endpoint, keys);
        if dry_run || counts.reencrypted == 0 || store.update_endpoint(&endpoint).await? {
            return Ok(Some(counts));
        }
    }
    let message =
        format!("endpoint {id} is being changed by another process; run the command again");
    Err(message.into())
}

/// Encrypts the secrets again. Those that have expired stay as they are: nothing reads them.
fn reseal(endpoint: &mut Endpoint, keys: &[EncryptionKey]) -> Counts {
    let mut counts = Counts::default();
    let (id, now) = (endpoint.id, Timestamp::now());
    let secrets = endpoint.secrets.iter_mut();
    for secret in secrets.filter(|it| it.secret.is_sealed() && it.is_valid_at(now)) {
        match secret.secret.reseal(id, keys) {
            Ok(Some(resealed)) => {
                secret.secret = resealed;
                counts.reencrypted += 1;
            }
            Ok(None) => counts.current += 1,
            Err(_) => counts.unreadable += 1,
        }
    }
    counts
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.reencrypted += other.reencrypted;
        self.current += other.current;
        self.unreadable += other.unreadable;
    }

    fn describe(&self, dry_run: bool) -> String {
        let Self {
            reencrypted,
            current,
            unreadable,
        } = self;
        let verb = if dry_run {
            "to encrypt again"
        } else {
            "encrypted again"
        };
        format!(
            "{reencrypted} {verb}, {current} encrypted with the first key already, {unreadable} that no \
             key decrypts"
        )
    }
}
