//! What is asked of each product. Paths are those of the products' clients (`atlassian-python-api`, Atlassian's
//! dc-app-performance-toolkit) unless marked.

use super::pages::Paging;
use crate::home::Product;

/// Names that one answer gives and other questions need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Names {
    /// Login names or slugs.
    Users,
    /// Names of groups.
    Groups,
    /// Keys of projects.
    Projects,
    /// `KEY/slug`.
    Repositories,
}

/// One question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Folder below the host's.
    pub(super) name: &'static str,
    /// `{}` stands for a name of [`Endpoint::each`]; of a repository, `{project}` and `{repository}`.
    pub(super) path: &'static str,
    pub(super) paging: Paging,
    /// Asked once for each of these.
    pub(super) each: Option<Names>,
    /// What its answers name, and by which fields.
    pub(super) gives: Option<(Names, &'static [&'static str])>,
    /// One that an administrator may always ask: that it is refused is a gap. Others exist in some versions only.
    pub(super) needed: bool,
}

const fn ask(name: &'static str, path: &'static str, paging: Paging) -> Endpoint {
    Endpoint { name, path, paging, each: None, gives: None, needed: false }
}

impl Endpoint {
    const fn needed(mut self) -> Self {
        self.needed = true;
        self
    }
    const fn each(mut self, names: Names) -> Self {
        self.each = Some(names);
        self
    }
    const fn gives(mut self, names: Names, fields: &'static [&'static str]) -> Self {
        self.gives = Some((names, fields));
        self
    }

    /// What is asked for in `Accept`.
    pub(super) fn accept(&self) -> &'static str {
        if self.name == "plugins" {
            "application/vnd.atl.plugins.installed+json, application/json"
        } else {
            "application/json"
        }
    }
}

use Names::{Groups, Projects, Repositories, Users};
use Paging::{Cursor, Link, One, Start, StartAt};

const BITBUCKET: [Endpoint; 26] = [
    // What rotates away first.
    ask("audit-events", "/rest/audit/latest/events", Cursor).needed(),
    ask("application-properties", "/rest/api/latest/application-properties", One).needed(),
    ask("users", "/rest/api/latest/admin/users", Start).needed().gives(Users, &["slug"]),
    ask("groups", "/rest/api/latest/admin/groups", Start).needed().gives(Groups, &["name"]),
    ask("permissions-users", "/rest/api/latest/admin/permissions/users", Start).needed(),
    ask("permissions-groups", "/rest/api/latest/admin/permissions/groups", Start).needed(),
    ask("projects", "/rest/api/latest/projects", Start).needed().gives(Projects, &["key"]),
    ask("repos", "/rest/api/latest/repos", Start).needed().gives(Repositories, &["project.key", "slug"]),
    ask("plugins", "/rest/plugins/1.0/?os_authType=basic", One).needed(),
    ask("cluster", "/rest/api/latest/admin/cluster", One),
    ask("license", "/rest/api/latest/admin/license", One),
    ask("ssh-settings", "/rest/ssh/1.0/settings", One),
    ask("hook-scripts", "/rest/api/latest/hook-scripts", Start),
    ask("mesh-nodes", "/rest/api/latest/admin/git/mesh/nodes", One),
    ask("applinks", "/rest/applinks/3.0/applinks", One),
    ask("group-members", "/rest/api/latest/admin/groups/more-members?context={}", Start).each(Groups),
    ask("access-tokens-users", "/rest/access-tokens/latest/users/{}", Start).each(Users),
    ask("ssh-keys-users", "/rest/ssh/1.0/keys?user={}", Start).each(Users),
    ask("project-permissions-users", "/rest/api/latest/projects/{}/permissions/users", Start).each(Projects),
    ask("project-permissions-groups", "/rest/api/latest/projects/{}/permissions/groups", Start)
        .each(Projects),
    ask("access-keys-projects", "/rest/keys/1.0/projects/{}/ssh", Start).each(Projects),
    ask("access-tokens-projects", "/rest/access-tokens/latest/projects/{}", Start).each(Projects),
    ask("access-keys-repos", "/rest/keys/1.0/projects/{project}/repos/{repository}/ssh", Start)
        .each(Repositories),
    ask("access-tokens-repos", "/rest/access-tokens/latest/projects/{project}/repos/{repository}", Start)
        .each(Repositories),
    ask("webhooks-repos", "/rest/api/latest/projects/{project}/repos/{repository}/webhooks", Start)
        .each(Repositories),
    ask("hooks-repos", "/rest/api/latest/projects/{project}/repos/{repository}/settings/hooks", Start)
        .each(Repositories),
];

const JIRA: [Endpoint; 13] = [
    ask("audit-events", "/rest/audit/latest/events", Cursor),
    ask("server-info", "/rest/api/2/serverInfo", One).needed(),
    ask("users", "/rest/api/2/user/search?username=.&includeInactive=true", StartAt).needed(),
    ask("groups", "/rest/api/2/groups/picker?maxResults=10000", One).needed().gives(Groups, &["name"]),
    ask("projects", "/rest/api/2/project", One).needed().gives(Projects, &["key"]),
    ask("application-properties", "/rest/api/2/application-properties", One),
    ask("cluster", "/rest/api/2/cluster/nodes", One),
    ask("permission-schemes", "/rest/api/2/permissionscheme?expand=permissions", One),
    ask("plugins", "/rest/plugins/1.0/?os_authType=basic", One).needed(),
    ask("webhooks", "/rest/webhooks/1.0/webhook", One),
    ask("applinks", "/rest/applinks/3.0/applinks", One),
    ask("group-members", "/rest/api/2/group/member?includeInactiveUsers=true&groupname={}", StartAt)
        .each(Groups),
    ask("project-roles", "/rest/api/2/project/{}/role", One).each(Projects),
];

const CONFLUENCE: [Endpoint; 9] = [
    ask("audit-events", "/rest/audit/latest/events", Cursor),
    ask("audit", "/rest/api/audit", Link),
    ask("manifest", "/rest/applinks/1.0/manifest", One).needed(),
    ask("groups", "/rest/api/group", Link).needed().gives(Groups, &["name"]),
    ask("spaces", "/rest/api/space", Link).needed(),
    ask("plugins", "/rest/plugins/1.0/?os_authType=basic", One).needed(),
    ask("license", "/rest/license/1.0/license/details", One),
    ask("applinks", "/rest/applinks/3.0/applinks", One),
    ask("group-members", "/rest/api/group/{}/member", Link).each(Groups),
];

/// The questions for a product, in the order in which they are asked.
pub(super) fn of(product: Product) -> &'static [Endpoint] {
    match product {
        Product::Bitbucket | Product::Stash => &BITBUCKET,
        Product::Jira => &JIRA,
        Product::Confluence => &CONFLUENCE,
    }
}

/// Which product answers is told by the first of these that does.
pub(super) const PROBES: [(Product, &str, &str); 3] = [
    (Product::Bitbucket, "/rest/api/latest/application-properties", "/version"),
    (Product::Jira, "/rest/api/2/serverInfo", "/version"),
    (Product::Confluence, "/rest/applinks/1.0/manifest", "/version"),
];
