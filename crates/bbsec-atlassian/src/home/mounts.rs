//! File systems of other machines below a home: no snapshot of this host's volumes holds them.
//!
//! Of a running host the kernel tells (`/proc/self/mountinfo`, proc(5)); in a mounted snapshot its `etc/fstab` (fstab(5)).

use std::path::{Path, PathBuf};

use bbsec_core::{Gap, escape};

use super::{Home, shown};

/// Types of file systems that lie on other machines.
const REMOTE: [&str; 10] =
    ["nfs", "nfs4", "efs", "cifs", "smb3", "lustre", "ceph", "glusterfs", "9p", "fuse.sshfs"];
/// A mount table is small; more than this is none.
const MAX_TABLE: u64 = 1 << 20;

/// One mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    point: PathBuf,
    kind: String,
    source: String,
}

impl Mount {
    fn is_remote(&self) -> bool {
        REMOTE.contains(&self.kind.as_str())
    }

    /// What to do, since a snapshot of the volumes does not help.
    fn advice(&self) -> String {
        let source = escape::terminal(&self.source).into_owned();
        let id = self.source.split(['.', ':', '/']).find(|part| part.starts_with("fs-"));
        match id {
            Some(id) => format!(
                "it lies on EFS ({source}), which no volume snapshot holds: make a recovery point with AWS Backup (aws backup \
                 start-backup-job for {id}), and collect from it mounted read-only"
            ),
            None => format!(
                "it lies on {source} ({}), which no volume snapshot holds: make a snapshot on that server, and collect from \
                 it mounted read-only",
                escape::terminal(&self.kind)
            ),
        }
    }
}

/// `36 35 98:0 /root /mount ro,noatime shared:1 - ext4 /dev/sda1 rw`
fn mountinfo(text: &str) -> Vec<Mount> {
    let line = |line: &str| {
        let (left, right) = line.split_once(" - ")?;
        let mut right = right.split(' ');
        let point = PathBuf::from(octal(left.split(' ').nth(4)?));
        Some(Mount { point, kind: right.next()?.to_owned(), source: octal(right.next()?) })
    };
    text.lines().filter_map(line).collect()
}

/// `fs-1:/ /var/atlassian efs tls,_netdev 0 0`
fn fstab(text: &str) -> Vec<Mount> {
    let line = |line: &str| {
        let mut fields = line.split_whitespace();
        let source = fields.next().filter(|first| !first.starts_with('#'))?;
        let (point, kind) = (fields.next()?, fields.next()?);
        Some(Mount { point: PathBuf::from(octal(point)), kind: kind.to_owned(), source: octal(source) })
    };
    text.lines().filter_map(line).collect()
}

/// Both tables write blanks as `\040`.
fn octal(text: &str) -> String {
    ["\\040", "\\011", "\\134"]
        .iter()
        .zip([" ", "\t", "\\"])
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// What of a home lies on other machines. On a running host it was read where it lies, and only the snapshot lacks it; what a
/// snapshot's `fstab` names is not there at all.
pub(crate) fn outside(home: &Home) -> Vec<Gap> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mut gaps = live(&mountinfo(&table), home.root(), &home.parts());
    if let Ok(bytes) = home.tree().read(Path::new("etc/fstab"), MAX_TABLE) {
        for mount in fstab(&String::from_utf8_lossy(&bytes)).into_iter().filter(Mount::is_remote) {
            let below = mount.point.strip_prefix("/").unwrap_or(&mount.point);
            let is_empty = home.tree().list(below).map_or(true, |nodes| nodes.is_empty());
            if is_empty {
                gaps.push(Gap::unread("file system", shown(&mount.point), mount.advice(), 1));
            }
        }
    }
    gaps
}

fn live(mounts: &[Mount], root: &Path, parts: &[PathBuf]) -> Vec<Gap> {
    let real = |path: PathBuf| std::fs::canonicalize(&path).unwrap_or(path);
    let mut found: Vec<&Mount> = Vec::new();
    for part in parts.iter().map(|part| real(root.join(part))) {
        // The deepest mount above the folder holds it; those below it hold parts of it.
        let above = mounts
            .iter()
            .filter(|mount| part.starts_with(&mount.point))
            .max_by_key(|mount| mount.point.as_os_str().len());
        let below = mounts.iter().filter(|mount| mount.point.starts_with(&part));
        for mount in above.into_iter().chain(below).filter(|mount| mount.is_remote()) {
            if !found.contains(&mount) {
                found.push(mount);
            }
        }
    }
    found.into_iter().map(|mount| Gap::unknown("file system", shown(&mount.point), mount.advice())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_on_other_machines_are_told_from_the_mounts() {
        let table = "22 1 259:1 / / rw - xfs /dev/nvme0n1p1 rw\n\
            40 22 0:45 / /var/atlassian/shared\\040home rw - nfs4 fs-0123abcd.efs.eu-central-1.amazonaws.com:/ rw\n\
            41 22 0:46 / /mnt/other rw - nfs4 filer:/x rw\n";
        let gaps = live(
            &mountinfo(table),
            Path::new("/var/atlassian"),
            &[PathBuf::from("shared home"), PathBuf::from("bitbucket")],
        );
        assert_eq!(gaps.len(), 1);
        assert_eq!(gaps[0].subject, "/var/atlassian/shared home");
        assert!(gaps[0].why.contains("EFS") && gaps[0].why.contains("fs-0123abcd)"), "{}", gaps[0].why);
    }

    #[test]
    fn a_snapshots_fstab_names_what_the_snapshot_does_not_hold() {
        let read = fstab("# x\nUUID=1 / xfs defaults 0 0\nfiler:/bitbucket /media/atl nfs4 ro 0 0\n");
        let remote: Vec<&Mount> = read.iter().filter(|mount| mount.is_remote()).collect();
        assert_eq!(remote.len(), 1);
        assert!(remote[0].advice().contains("filer:/bitbucket (nfs4)"));
    }
}
