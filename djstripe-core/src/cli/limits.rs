//! Limits of a server, and the time that it takes to stop.

use std::time::Duration;

use clap::Args;

use crate::app::Builder;

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct LimitArgs {
    /// Refuse deliveries whose body is longer, in bytes or such as 5MiB [default: the application's, else 3MiB]
    #[arg(
        long,
        value_parser = bytes,
        env = "DJSTRIPE_BODY_LIMIT",
        value_name = "SIZE"
    )]
    body_limit: Option<usize>,
    /// Answer 503 while the bodies under way have this size together [default: the application's, else 64MiB]
    #[arg(
        long,
        value_parser = bytes,
        env = "DJSTRIPE_BODY_MEMORY",
        value_name = "SIZE"
    )]
    body_memory: Option<usize>,
    /// Have at most this many connections [default: the application's, else by the limit of open files]
    #[arg(
        long,
        value_parser = at_least_one,
        env = "DJSTRIPE_MAX_CONNECTIONS",
        value_name = "NUMBER"
    )]
    max_connections: Option<usize>,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct StoppingArgs {
    /// Go on accepting for this long after the signal to stop, while /readyz says 503, such as 5s [default: the application's, else 0s]
    #[arg(long, value_parser = humantime::parse_duration, env = "DJSTRIPE_DRAIN", value_name = "DURATION")]
    drain: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct GraceArgs {
    /// Finish requests and events within this time when stopping [default: the application's, else 8s]
    #[arg(long, value_parser = humantime::parse_duration, env = "DJSTRIPE_GRACE", value_name = "DURATION")]
    grace: Option<Duration>,
}

impl LimitArgs {
    pub(super) fn apply(self, mut builder: Builder) -> Builder {
        if let Some(bytes) = self.body_limit {
            builder = builder.body_limit(bytes);
        }
        if let Some(bytes) = self.body_memory {
            builder = builder.body_memory(bytes);
        }
        if let Some(connections) = self.max_connections {
            builder = builder.max_connections(connections);
        }
        builder
    }
}

impl StoppingArgs {
    pub(super) fn apply(self, builder: Builder) -> Builder {
        match self.drain {
            Some(drain) => builder.drain(drain),
            None => builder,
        }
    }
}

impl GraceArgs {
    pub(super) fn apply(self, builder: Builder) -> Builder {
        match self.grace {
            Some(grace) => builder.grace(grace),
            None => builder,
        }
    }
}

/// Parses a number of bytes: `3145728`, `3072KiB` or `3MiB`.
fn bytes(argument: &str) -> Result<usize, String> {
    let (number, unit) = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
        .into_iter()
        .find_map(|(name, unit)| Some((argument.strip_suffix(name)?, unit)))
        .unwrap_or((argument, 1));
    let number: Option<usize> = number.trim().parse().ok();
    number
        .and_then(|number| number.checked_mul(unit))
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "expected a number of bytes, such as 3145728, 512KiB or 3MiB".to_owned())
}

fn at_least_one(argument: &str) -> Result<usize, String> {
    let number = argument.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "expected a number from 1 on".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        let check = |text: &str, expected: Option<usize>| {
            assert_eq!(bytes(text).ok(), expected, "{text}");
        };
        check("3145728", Some(3 << 20));
        check("3MiB", Some(3 << 20));
        check("512 KiB", Some(512 << 10));
        check("1GiB", Some(1 << 30));
        for wrong in ["", "0", "3MB", "MiB", "-1", "99999999999999GiB"] {
            check(wrong, None);
        }
    }
}
