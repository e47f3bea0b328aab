//! What processes have used, from Linux's `/proc`.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// The kernel's unit in `/proc/*/stat`: 100 a second on every Linux that Rust runs on.
const TICK: Duration = Duration::from_millis(10);

/// CPU time of a process, user and system, to the nanosecond: that of the threads that it has now.
pub fn cpu(pid: u32) -> Result<Duration> {
    let threads = format!("/proc/{pid}/task");
    let mut nanoseconds = 0;
    for thread in fs::read_dir(&threads).with_context(|| format!("read {threads} (this needs Linux)"))? {
        let path = thread?.path().join("schedstat");
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        nanoseconds += text.split(' ').next().and_then(|it| it.parse::<u64>().ok()).context("schedstat")?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// CPU time of a process, its children and those that it has waited for, to 10 ms. Threads that ended count.
pub fn cpu_with_children(pid: u32) -> Result<Duration> {
    loop {
        let own = Stat::of(pid)?;
        let children = children_ticks(pid)?;
        // A child that was reaped while we looked would be missing, or be counted twice.
        if Stat::of(pid)?.waited_ticks == own.waited_ticks {
            return Ok(TICK.saturating_mul(own.ticks + own.waited_ticks + children));
        }
    }
}

fn children_ticks(pid: u32) -> Result<u32> {
    let mut ticks = 0;
    for entry in fs::read_dir("/proc")? {
        let Some(other) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process may end while we look.
        if let Ok(stat) = Stat::of(other)
            && stat.parent == pid
        {
            ticks += stat.ticks;
        }
    }
    Ok(ticks)
}

/// The parent of a process.
pub fn parent(pid: u32) -> Result<u32> {
    Ok(Stat::of(pid)?.parent)
}

/// The most memory that a process has had resident, in bytes.
pub fn peak_memory(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().context("VmHWM")?;
    Ok(kilobytes * 1024)
}

/// CPU time of the whole machine: what was used, and what there was (all cores).
pub fn machine() -> Result<(Duration, Duration)> {
    let text = fs::read_to_string("/proc/stat").context("read /proc/stat (this needs Linux)")?;
    let line = text.lines().next().and_then(|line| line.strip_prefix("cpu ")).context("/proc/stat")?;
    // user nice system idle iowait irq softirq steal; guest time is in user already.
    let ticks: Vec<u32> = line.split_whitespace().take(8).map_while(|it| it.parse().ok()).collect();
    let [user, nice, system, idle, iowait, irq, softirq, steal] = ticks[..] else { bail!("/proc/stat: {line}") };
    let used = user + nice + system + irq + softirq + steal;
    Ok((TICK.saturating_mul(used), TICK.saturating_mul(used + idle + iowait)))
}

struct Stat {
    parent: u32,
    ticks: u32,
    waited_ticks: u32,
}

impl Stat {
    fn of(pid: u32) -> Result<Self> {
        let path = format!("/proc/{pid}/stat");
        let text = fs::read_to_string(&path).with_context(|| format!("read {path} (this needs Linux)"))?;
        // The name, in brackets, may hold anything: what follows it is state, parent, ... (proc_pid_stat(5)).
        let (_, rest) = text.rsplit_once(") ").context("/proc/*/stat")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        let number = |index: usize| fields.get(index).and_then(|it| it.parse::<u32>().ok()).context("/proc/*/stat");
        Ok(Self { parent: number(1)?, ticks: number(11)? + number(12)?, waited_ticks: number(13)? + number(14)? })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::hint::black_box;
    use std::time::Instant;

    #[test]
    fn work_is_seen_in_both_clocks_and_in_the_machines() {
        let pid = std::process::id();
        let before = (cpu(pid).unwrap(), cpu_with_children(pid).unwrap(), machine().unwrap());
        let start = Instant::now();
        // 50 ms of CPU, however long the machine lets us wait for it.
        while cpu(pid).unwrap().checked_sub(before.0).unwrap() < Duration::from_millis(50) {
            black_box((0..10_000_u64).sum::<u64>());
            assert!(start.elapsed() < Duration::from_mins(1), "no CPU time was counted");
        }
        assert!(cpu_with_children(pid).unwrap() > before.1);
        let (used, all) = machine().unwrap();
        assert!(used > before.2.0 && all > before.2.1);
    }

    #[test]
    fn our_own_memory_and_parent_are_found() {
        assert!(peak_memory(std::process::id()).unwrap() > 1_000_000);
        assert_eq!(parent(std::process::id()).unwrap(), std::os::unix::process::parent_id());
    }
}
