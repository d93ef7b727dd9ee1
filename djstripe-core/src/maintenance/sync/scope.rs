//! What a sync covers: its modes, and the fingerprint by which an interrupted sync is recognized.

use super::error::SyncError;
use super::options::SyncOptions;
use crate::client::{Client, ClientError};
use crate::maintenance::account_scope::AccountScope;

/// The modes to sync.
pub(super) fn modes(client: &Client, options: &SyncOptions) -> Result<Vec<bool>, SyncError> {
    let is_wanted = |livemode: &bool| options.livemode.is_none_or(|only| only == *livemode);
    let modes: Vec<bool> = [false, true]
        .into_iter()
        .filter(is_wanted)
        .filter(|livemode| client.has_key(*livemode))
        .collect();

    match (modes.is_empty(), options.livemode) {
        (false, _) => Ok(modes),
        (true, None) => Err(SyncError::NoKey),
        (true, livemode) => Err(SyncError::Client(ClientError::NoKey { livemode })),
    }
}

/// Identifies a sync: a later one with the same fingerprint resumes it.
pub(super) fn fingerprint(client: &Client, modes: &[bool], options: &SyncOptions) -> String {
    let mut objects = options.objects.clone();
    objects.sort_unstable();
    let objects = objects.join(",");
    let accounts = match &options.accounts {
        AccountScope::Platform => String::new(),
        AccountScope::All => "all".to_owned(),
        AccountScope::Named(accounts) => accounts.join(","),
    };
    let since = options.since_seconds();
    let receivers = options.receivers;

    let mut fingerprint = format!(
        "objects {objects} accounts {accounts} since {since} live {modes:?} receivers {receivers}"
    );
    if !client.own_account().is_empty() {
        fingerprint.push_str(" own account ");
        fingerprint.push_str(client.own_account());
    }
    if options.follow {
        fingerprint.push_str(" follow");
    }
    if options.stale.is_some() {
        fingerprint.push_str(" stale");
    }
    if let Some(clock) = &options.test_clock {
        fingerprint.push_str(" test clock ");
        fingerprint.push_str(clock);
    }
    fingerprint
}
