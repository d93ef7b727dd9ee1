//! Who runs this process, and where.

/// What stands for a name that the machine doesn't tell.
const UNKNOWN: &str = "unknown";

/// The name of this machine.
pub(crate) fn host_name() -> String {
    let of_kernel = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = std::env::var("HOSTNAME").ok().or_else(of_kernel);
    named(name).unwrap_or_else(|| UNKNOWN.to_owned())
}

/// The user of this process at its machine, `ann@shop-1`, as the environment names them; `unknown` if
/// it does not.
pub(crate) fn user_at_host() -> String {
    let mut user = ["USER", "USERNAME", "LOGNAME"].iter();
    let user = user.find_map(|variable| named(std::env::var(variable).ok()));
    match user {
        Some(user) => format!("{user}@{}", host_name()),
        None => UNKNOWN.to_owned(),
    }
}

fn named(name: Option<String>) -> Option<String> {
    let name = name?.trim().to_owned();
    (!name.is_empty()).then_some(name)
}
