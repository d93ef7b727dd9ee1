//! Metrics of the process itself, with the names that Prometheus's client libraries give them.
//!
//! In: `/proc/self`, at each scrape. Out: start time, memory, processor time and file descriptors.
//! Elsewhere than on Linux there are none.

/// Registers the descriptions with the installed recorder.
pub(super) fn describe() {
    #[cfg(target_os = "linux")]
    linux::describe();
}

/// Records the values of this moment.
pub(super) fn record() {
    #[cfg(target_os = "linux")]
    if let Err(error) = linux::record() {
        tracing::debug!(%error, "the metrics of the process could not be read");
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::OnceLock;

    use metrics::{counter, describe_counter, describe_gauge, gauge};
    use procfs::ProcResult;
    use procfs::process::{LimitValue, Process};

    const START_TIME: &str = "process_start_time_seconds";
    const RESIDENT_MEMORY: &str = "process_resident_memory_bytes";
    const VIRTUAL_MEMORY: &str = "process_virtual_memory_bytes";
    const CPU: &str = "process_cpu_seconds_total";
    const OPEN_FDS: &str = "process_open_fds";
    const MAX_FDS: &str = "process_max_fds";

    pub(super) fn describe() {
        describe_gauge!(START_TIME, "Start of the process, in seconds since 1970.");
        describe_gauge!(RESIDENT_MEMORY, "Memory of the process in RAM, in bytes.");
        describe_gauge!(VIRTUAL_MEMORY, "Address space of the process, in bytes.");
        describe_counter!(CPU, "Processor time of the process, in seconds.");
        describe_gauge!(OPEN_FDS, "Open file descriptors.");
        describe_gauge!(MAX_FDS, "Most file descriptors that may be open.");
    }

    pub(super) fn record() -> ProcResult<()> {
        // The system derives its boot time from its clock, so a second reading may differ.
        static BOOT_TIME: OnceLock<u64> = OnceLock::new();
        let boot_time = match BOOT_TIME.get() {
            Some(time) => *time,
            None => *BOOT_TIME.get_or_init({
                let time = procfs::boot_time_secs()?;
                move || time
            }),
        };

        let process = Process::myself()?;
        let stat = process.stat()?;
        let ticks = procfs::ticks_per_second();
        gauge!(START_TIME).set(boot_time as f64 + stat.starttime as f64 / ticks as f64);
        gauge!(RESIDENT_MEMORY).set((stat.rss * procfs::page_size()) as f64);
        gauge!(VIRTUAL_MEMORY).set(stat.vsize as f64);
        counter!(CPU).absolute((stat.utime + stat.stime) / ticks);

        gauge!(OPEN_FDS).set(process.fd_count()? as f64);
        if let LimitValue::Value(limit) = process.limits()?.max_open_files.soft_limit {
            gauge!(MAX_FDS).set(limit as f64);
        }
        Ok(())
    }
}
