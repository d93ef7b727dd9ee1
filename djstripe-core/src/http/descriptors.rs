//! How many connections a server has that was not told a number: some of the files that the process
//! may have open are left for the database and for requests to Stripe.

/// The most that a server has by default.
const MOST: usize = 4_096;

/// What is left, if that is at most half of the files.
const RESERVE: usize = 256;

/// The number of connections that the limit of open files allows.
pub(super) fn default_max_connections() -> usize {
    open_files().map_or(MOST, connections_of)
}

fn connections_of(open_files: u64) -> usize {
    let files = usize::try_from(open_files).unwrap_or(usize::MAX);
    (files / 2)
        .max(files.saturating_sub(RESERVE))
        .clamp(1, MOST)
}

#[cfg(unix)]
fn open_files() -> Option<u64> {
    use nix::sys::resource::{Resource, getrlimit};

    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    Some(soft)
}

#[cfg(not(unix))]
fn open_files() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_left_for_the_database() {
        let check = |files, expected| assert_eq!(connections_of(files), expected, "{files}");
        check(0, 1);
        check(64, 32);
        check(256, 128);
        check(1_024, 768);
        check(1_048_576, 4_096);
        check(u64::MAX, 4_096);
    }
}
