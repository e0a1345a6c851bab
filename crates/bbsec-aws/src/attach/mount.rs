//! Commands for the forensic instance. They are printed, never run.

use super::Attached;

/// Where a volume will be mounted, and the commands that do it: whatever its partitions, ext4 and XFS each without a replay
/// of the journal. On Nitro instances the volume's id is the disk's serial number; elsewhere the device's name is kept.
pub(super) fn commands(volume: &str, device: &str) -> (String, Vec<String>) {
    let point = format!("/mnt/{volume}");
    let serial = volume.replace('-', "");
    let by_id = format!("/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{serial}");
    let old = device.replace("/dev/sd", "/dev/xvd");
    let commands = vec![
        format!("disk=$(ls -d {by_id} {device} {old} 2>/dev/null | head -n 1)"),
        "for part in $(lsblk -lnpo NAME \"$disk\"); do sudo blockdev --setro \"$part\"; done".to_owned(),
        "part=$(lsblk -lnpbo SIZE,NAME,FSTYPE \"$disk\" | awk '$3 ~ /ext4|xfs/' | sort -rn | awk 'NR == 1 { print $2 }')"
            .to_owned(),
        format!("sudo mkdir -p {point}"),
        "# ext4:".to_owned(),
        format!("sudo mount -t ext4 -o ro,noload,noexec,nosuid,nodev \"$part\" {point}"),
        "# XFS:".to_owned(),
        format!("sudo mount -t xfs -o ro,norecovery,nouuid,noexec,nosuid,nodev \"$part\" {point}"),
    ];
    (point, commands)
}

/// What to do once they are mounted.
pub(super) fn next(volumes: &[Attached]) -> Vec<String> {
    let mut next: Vec<String> = volumes
        .iter()
        .map(|volume| {
            format!("bbsec-ir collect home --home {} --snapshot {}", volume.mount_point, volume.snapshot)
        })
        .collect();
    next.push(
        "afterwards: bbsec-ir undo RUN detaches and deletes the volumes; the snapshots stay".to_owned(),
    );
    next
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_that_is_printed_writes_to_the_volume() {
        let (point, commands) = super::commands("vol-0123456789abcdef0", "/dev/sdf");
        assert_eq!(point, "/mnt/vol-0123456789abcdef0");
        let mounts: Vec<&String> = commands.iter().filter(|line| line.contains(" mount ")).collect();
        assert!(mounts.iter().all(|line| line.contains("-o ro,")) && mounts.len() == 2);
        assert!(commands.iter().any(|line| line.contains("Store_vol0123456789abcdef0")));
        assert!(commands.iter().any(|line| line.contains("--setro")));
    }
}
