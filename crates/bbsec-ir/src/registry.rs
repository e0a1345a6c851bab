//! Which actions and analyses exist: the only list of them.

use std::{sync::Arc, time::Duration};

use bbsec_aws::{Aws, AwsSettings};
use bbsec_core::Failure;
use bbsec_playbook::Registry;

use crate::{actions, analyses, cli::AwsFlags};

/// AWS as the flags say; nobody is contacted.
pub(crate) fn aws(aws: &AwsFlags, case_id: &str) -> Result<Arc<Aws>, Failure> {
    let settings = AwsSettings::default();
    let aws = Aws::new(AwsSettings {
        profile: aws.profile.clone(),
        region: aws.region.clone(),
        vault_profile: aws.vault_profile.clone(),
        vault_role_arn: aws.vault_role_arn.clone(),
        case_id: case_id.to_owned(),
        attempt_timeout: aws.aws_timeout.map_or(settings.attempt_timeout, |s| Duration::from_secs(s.into())),
        ..settings
    })?;
    Ok(Arc::new(aws))
}

/// Everything that a step can use.
pub(crate) fn all(aws: &AwsFlags, case_id: &str) -> Result<Registry, Failure> {
    let aws = self::aws(aws, case_id)?;
    let mut registry = Registry::default();
    registry
        .action(bbsec_aws::Isolate(Arc::clone(&aws)))
        .action(bbsec_aws::CollectInstance(Arc::clone(&aws)))
        .action(bbsec_aws::CollectVolumes(Arc::clone(&aws)))
        .action(bbsec_aws::CollectAttach(Arc::clone(&aws)))
        .action(actions::collect_cloudtrail::Collect(bbsec_aws::CollectCloudtrail(Arc::clone(&aws))))
        .action(bbsec_aws::CollectTraffic(Arc::clone(&aws)))
        .action(bbsec_aws::CollectCredentialsUse(Arc::clone(&aws)))
        .action(bbsec_aws::Vault(aws))
        .action(bbsec_atlassian::collect::CollectHome)
        .action(bbsec_atlassian::collect::CollectDatabase)
        .action(bbsec_atlassian::collect::CollectRest)
        .action(actions::report::Report)
        .analysis(analyses::scan_access::ScanAccess)
        .analysis(analyses::scan_accounts::ScanAccounts)
        .analysis(analyses::scan_plugins::ScanPlugins)
        .analysis(analyses::scan_config::ScanConfig)
        .analysis(analyses::scan_commits::ScanCommits)
        .analysis(analyses::scan_cloudtrail::ScanCloudtrail)
        .analysis(analyses::scan_secrets::ScanSecrets);
    Ok(registry)
}
