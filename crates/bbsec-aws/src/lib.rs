//! AWS: contain a compromised node, preserve its volumes, fetch CloudTrail, and keep evidence in a vault.
//!
//! The only crate that talks to AWS. It owns the tokio runtime and blocks at its edge, so that everything above stays
//! synchronous. Every change is journalled through [`bbsec_core::ChangeLog`] before it is sent.

mod attach;
mod client;
mod cloudtrail;
mod collect_instance;
mod credentials_use;
mod error;
mod facts;
mod isolate;
mod journal;
mod policy;
mod restore_points;
mod silence;
mod snapshots;
mod tape;
mod traffic;
mod vault;

pub use attach::{AttachInput, AttachOutput, Attached, CollectAttach};
pub use client::{Aws, AwsSettings, Identity};
pub use cloudtrail::{
    CloudtrailInput, CloudtrailOutput, CollectCloudtrail, Completeness, Missing, TrailLogs,
};
pub use collect_instance::{CollectInstance, InstanceInput, InstanceOutput};
pub use credentials_use::{
    AccessKey, CollectCredentialsUse, CredentialsUseInput, CredentialsUseOutput, RoleUse,
};
pub use error::{Answer, AwsError, Kind};
pub use facts::{
    Acl, AclEntry, Classic, Device, Interface, MetadataOptions, NodeFacts, Peer, Permission, Route, Scaling,
    SecurityGroup, Target, Volume,
};
pub use isolate::{Isolate, IsolateInput, Isolation, Limit, NodeVerdict, Path, Setting, State};
pub use policy::policy;
pub use restore_points::RestorePoint;
pub use snapshots::{CollectVolumes, LockMode, Snapshot, VolumeSet, VolumesInput, VolumesOutput};
pub use traffic::{CollectTraffic, TrafficInput, TrafficOutput};
pub use vault::{Check, Vault, VaultInput, VaultMode, VaultOutput};
