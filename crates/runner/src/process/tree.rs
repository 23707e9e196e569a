//! The processes of this machine as `/proc` lists them: who descends from whom, what they used. It
//! must never signal one.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

/// One process, as proc(5)'s `stat` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    /// CPU time of it and of children that it has waited for.
    pub(crate) cpu: Duration,
}

/// Linux accounts processes in hundredths of a second (`USER_HZ` is 100 on every common platform).
const MS_PER_TICK: u64 = 10;

/// Everybody; empty where the system has no `/proc`.
pub(crate) fn processes() -> Vec<Listed> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // One that has ended meanwhile is none.
    pids.filter_map(|pid| read(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?))
        .collect()
}

fn read(pid: u32, stat: &str) -> Option<Listed> {
    // `pid (name) state ppid …`: the name may hold spaces and parentheses, so cut at the last one.
    let (_, tail) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
    // Fields 14 to 17 of proc(5), counted from the state as field 3.
    let ticks = fields.get(11..15)?.iter().map(|field| field.parse().unwrap_or(0)).sum::<u64>();
    let parent = fields.get(1)?.parse().ok()?;
    Some(Listed { pid, parent, cpu: Duration::from_millis(ticks * MS_PER_TICK) })
}

/// Those of `all` that descend from `root`, itself not included.
pub(crate) fn descendants(all: &[Listed], root: u32) -> Vec<Listed> {
    let mut family = BTreeSet::from([root]);
    // Ends when a round adds nobody: at the latest after as many rounds as there are processes.
    loop {
        let before = family.len();
        let born = all.iter().filter(|one| family.contains(&one.parent)).map(|one| one.pid);
        family.extend(born.collect::<Vec<_>>());
        if family.len() == before {
            break;
        }
    }
    all.iter().filter(|one| one.pid != root && family.contains(&one.pid)).copied().collect()
}

/// Resident memory of a process in bytes; 0 of one that has ended.
pub(crate) fn resident_bytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0).saturating_mul(1024)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Listed, descendants, read};

    #[test]
    fn a_name_with_parentheses_hides_no_field() {
        let stat = "7 (a ) b) S 3 7 7 0 -1 4194304 1 2 3 4 10 20 30 40 20 0 1 0 9 9 9";
        let cpu = Duration::from_secs(1);
        assert_eq!(read(7, stat), Some(Listed { pid: 7, parent: 3, cpu }));
        assert_eq!(read(7, "7 (cut"), None);
    }

    #[test]
    fn grandchildren_descend_whatever_the_order_of_the_list() {
        let one = |pid, parent| Listed { pid, parent, cpu: Duration::ZERO };
        let all = [one(9, 4), one(4, 2), one(5, 1), one(2, 1)];
        let pids: Vec<u32> = descendants(&all, 2).iter().map(|one| one.pid).collect();
        assert_eq!(pids, [9, 4]);
    }
}
