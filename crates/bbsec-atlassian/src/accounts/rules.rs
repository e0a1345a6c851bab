//! Which audit actions say what. Keys go first, since texts are in the server's language; the class names of the audit
//! log before 7.0 and English texts are the fallback.

/// What kind of thing an action changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    UserCreated,
    UserRenamed,
    UserUpdated,
    UserDeleted,
    CredentialChanged,
    GlobalGrant,
    LocalGrant,
    GroupMember,
    GroupCreated,
    Directory,
    TokenCreated,
    TokenModified,
    SshKeyCreated,
    GpgKeyCreated,
    AppLink,
    OAuthClient,
    Webhook,
    HookScript,
    AuditConfig,
    Plugin,
}

/// A rule: its id, what a person reads, the weight from 0 (context) to 4 (act now), and what the subject is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) kind: Kind,
    pub(super) id: &'static str,
    pub(super) what: &'static str,
    pub(super) weight: u8,
    pub(super) subject: &'static str,
    /// Every alternative is a set of words that all stand in the action.
    words: &'static [&'static [&'static str]],
}

macro_rules! rule {
    ($kind:ident, $id:literal, $what:literal, $weight:literal, $subject:literal, $words:expr) => {
        Rule { kind: Kind::$kind, id: $id, what: $what, weight: $weight, subject: $subject, words: $words }
    };
}

/// In the order in which they are asked: the special before the general.
pub(super) const RULES: [Rule; 20] = [
    rule!(
        AuditConfig,
        "accounts.audit-changed",
        "The audit log's configuration was changed",
        1,
        "configuration",
        &[&["audit.config.updated"], &["audit log config"], &["audit", "denylist"]]
    ),
    rule!(
        TokenCreated,
        "accounts.token-created",
        "An access token was created",
        1,
        "token",
        &[
            &["accesstokencreated"],
            &["token.created"],
            &["access token created"],
            &["accesstokencreatedevent"]
        ]
    ),
    rule!(
        TokenModified,
        "accounts.token-modified",
        "An access token was changed",
        1,
        "token",
        &[&["accesstokenmodified"]]
    ),
    rule!(
        SshKeyCreated,
        "accounts.ssh-key-created",
        "An SSH key was added",
        1,
        "ssh-key",
        &[&["sshkeycreated"], &["sshaccesskeygranted"], &["ssh key created"]]
    ),
    rule!(
        GpgKeyCreated,
        "accounts.gpg-key-created",
        "A GPG key was added",
        0,
        "gpg-key",
        &[&["gpgevent.created"]]
    ),
    rule!(
        GlobalGrant,
        "accounts.privilege-granted",
        "A global permission was granted",
        2,
        "user",
        &[
            &["globalpermissiongranted"],
            &["globalpermissiongrantedevent"],
            &["global.permission.added"],
            &["global permission granted"]
        ]
    ),
    rule!(
        LocalGrant,
        "accounts.permission-granted",
        "A permission on a project or repository was granted",
        1,
        "user",
        &[
            &["projectpermissiongranted"],
            &["repositorypermissiongranted"],
            &["space.permission.added"],
            &["permission.scheme", "added"]
        ]
    ),
    rule!(
        GroupMember,
        "accounts.group-member-added",
        "An account was put into a group",
        1,
        "user",
        &[
            &["groupmembershipscreated"],
            &["groupmembershipcreated"],
            &["user.added.to.group"],
            &["group.membership.added"],
            &["group.added.to.group"]
        ]
    ),
    rule!(
        GroupCreated,
        "accounts.group-created",
        "A group was created",
        1,
        "group",
        &[&["groupcreated"], &["group.created"]]
    ),
    rule!(
        Directory,
        "accounts.directory-changed",
        "A user directory was added or changed",
        2,
        "directory",
        &[&["directory.added"], &["directory.updated"], &["directorycreated"], &["directoryupdated"]]
    ),
    rule!(
        CredentialChanged,
        "accounts.password-changed",
        "A password was changed",
        1,
        "user",
        &[&["usercredentialupdated"], &["user.password.changed"], &["passwordupdated"]]
    ),
    rule!(
        UserCreated,
        "accounts.user-created",
        "An account was created",
        1,
        "user",
        &[&["usercreated"], &["user.created"], &["user created"]]
    ),
    rule!(
        UserRenamed,
        "accounts.user-renamed",
        "An account was renamed",
        1,
        "user",
        &[&["userrenamed"], &["user.renamed"]]
    ),
    rule!(
        UserUpdated,
        "accounts.user-enabled",
        "An account was switched on again",
        1,
        "user",
        &[&["user.updated"], &["userupdated"], &["userenabled"], &["user.activated"], &["useractivated"]]
    ),
    rule!(
        UserDeleted,
        "accounts.user-deleted",
        "An account was deleted",
        1,
        "user",
        &[&["userdeleted"], &["user.deleted"]]
    ),
    rule!(
        HookScript,
        "accounts.hook-script",
        "A hook or hook script was created or switched on",
        2,
        "hook",
        &[&["hookscript"], &["hook.script"], &["hookenabled"], &["hook.enabled"]]
    ),
    rule!(
        Webhook,
        "accounts.webhook",
        "A webhook was created or changed",
        1,
        "webhook",
        &[&["webhook", "created"], &["webhook", "modified"], &["webhook", "updated"]]
    ),
    rule!(
        AppLink,
        "accounts.application-link",
        "An application link was added or changed",
        2,
        "application-link",
        &[&["applink", "added"], &["applink", "created"], &["applicationlink"], &["application.link"]]
    ),
    rule!(
        OAuthClient,
        "accounts.oauth-client",
        "An OAuth client or consumer was added or changed",
        2,
        "oauth-client",
        &[&["oauth", "created"], &["oauth", "added"], &["oauth", "updated"], &["consumer", "added"]]
    ),
    rule!(
        Plugin,
        "accounts.plugin-changed",
        "A plugin was installed, switched or removed",
        1,
        "plugin",
        &[
            &["plugininstalled"],
            &["pluginenabled"],
            &["plugin.enabled"],
            &["plugindisabled"],
            &["plugin.disabled"],
            &["pluginuninstalled"],
            &["plugin.uninstalled"],
            &["pluginupgraded"],
            &["plugin.installed"]
        ]
    ),
];

/// The rule for an action; requests that only ask for a change (`…requested`) are not the change.
pub(super) fn of(action: &str) -> Option<&'static Rule> {
    let action = action.to_ascii_lowercase();
    if action.ends_with("requested") {
        return None;
    }
    RULES.iter().find(|rule| rule.words.iter().any(|all| all.iter().all(|word| action.contains(word))))
}

/// Whether a text names a permission that opens everything.
pub(super) fn is_admin_permission(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|word| {
        matches!(
            word.to_ascii_uppercase().as_str(),
            "SYS_ADMIN"
                | "ADMIN"
                | "ADMINISTER"
                | "SYSTEM_ADMIN"
                | "SYSADMIN"
                | "SYSTEMADMINISTRATOR"
                | "ADMINISTRATOR"
        )
    })
}

/// Whether a group's members administer the product.
pub(super) fn is_admin_group(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("administrators")
        || name.contains("sysadmin")
        || name.contains("system-admin")
        || name.ends_with("-admins")
}
