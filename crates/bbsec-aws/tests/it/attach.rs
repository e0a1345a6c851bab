use bbsec_aws::{AttachInput, CollectAttach, CollectVolumes, VolumesInput};
use bbsec_core::Action;
use serde_json::json;

use crate::support::{Lab, World};

#[test]
fn volumes_of_snapshots_are_attached_once_and_taken_away_by_undo() {
    let Some(lab) = Lab::start(&[]) else { return };
    let aws = lab.aws();
    let (node, forensic) = (lab.id("/node1"), lab.id("/node2"));
    let mut world = World::new();
    let attach = CollectAttach(aws.clone());
    let input = AttachInput { to: forensic.clone(), instance: vec![node.clone()], ..AttachInput::default() };
    let failure = attach.apply(&input, &mut world.context()).unwrap_err();
    assert!(failure.help.unwrap().contains("collect volumes --wait"));
    let volumes = VolumesInput { instance: vec![node], wait: true, ..VolumesInput::default() };
    CollectVolumes(aws).apply(&volumes, &mut world.context()).unwrap();
    let plan = attach.plan(&input, &mut world.context()).unwrap();
    assert_eq!(plan.changes.len(), 2);
    // An answer that was lost after the volume was made, and a second start.
    lab.boto("post('faults', [{'match': 'ec2[.]CreateVolume', 'kind': 'after-commit', 'times': 1}])");
    let first = attach.apply(&input, &mut world.context()).unwrap();
    let second = attach.apply(&input, &mut world.context()).unwrap();
    assert_eq!((first.volumes.len(), &first.volumes), (2, &second.volumes));
    assert!(attach.verify(&input, &second, &mut world.context()).unwrap().holds);
    let seen = "out = sorted([v['Attachments'][0]['InstanceId'], v['SnapshotId'] != ''] for v in \
        client('ec2').describe_volumes(Filters=[{'Name':'tag:bbsec-ir:attach-to','Values':['*']}])['Volumes'])";
    assert_eq!(lab.boto(seen), json!([[forensic, true], [forensic, true]]));
    assert!(second.next[0].starts_with("bbsec-ir collect home --home /mnt/vol-"));
    let undone = attach.undo(&input, &mut world.context()).unwrap();
    assert!(undone.holds, "{:?}", undone.violated);
    assert_eq!(lab.boto(seen), json!([]));
    let snapshots = "out = len(client('ec2').describe_snapshots(Filters=[{'Name':'tag:bbsec-ir:case','Values':['case-1']}])['Snapshots'])";
    assert_eq!(lab.boto(snapshots), json!(2), "the snapshots stay");
}
