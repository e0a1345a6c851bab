//! What a Jira request did, and to which issue, project or attachment.

#![allow(
    clippy::match_same_arms,
    clippy::unnecessary_wraps,
    reason = "the tables have one row per form of address, and every row gives the same type"
)]

use bbsec_core::{Target, TargetKind, Verb};

use crate::logs::uri::Path;

type What = (Verb, Option<Target>);

/// Reads a request.
pub(crate) fn what(method: &str, uri: &str) -> What {
    let path = Path::of(uri);
    for skip in 0..=1 {
        if let Some(found) = at(method, &path, skip) {
            return found;
        }
    }
    (Verb::Other, None)
}

fn instance() -> Option<Target> {
    Some(Target::new(TargetKind::Instance, "instance"))
}

fn export(name: &str) -> Option<Target> {
    Some(Target::new(TargetKind::Export, name))
}

/// An issue key `KEY-1`, or a numeric issue id.
fn issue(key: &str) -> Option<Target> {
    let (project, number) = key.split_once('-').unwrap_or(("", key));
    let numeric = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let named = key.contains('-')
        && project.starts_with(|c: char| c.is_ascii_alphabetic())
        && project.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (numeric && (named || !key.contains('-')))
        .then(|| Target::new(TargetKind::Issue, key.to_ascii_uppercase()))
}

fn project(key: &str) -> Option<Target> {
    let fits = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    fits.then(|| Target::new(TargetKind::Project, key.to_ascii_uppercase()))
}

/// A board has no kind of its own: it shows the issues of projects.
fn board(id: &str) -> Option<Target> {
    (!id.is_empty()).then(|| Target::new(TargetKind::Project, format!("board:{id}")))
}

fn at(method: &str, path: &Path<'_>, skip: usize) -> Option<What> {
    let part = |at: usize| path.part(skip + at);
    Some(match (part(0), part(1)) {
        ("browse", key) if !key.is_empty() => (Verb::View, issue(key).or_else(|| project(key))),
        ("projects", key) if !key.is_empty() => match part(2) {
            "issues" if !part(3).is_empty() => (Verb::View, issue(part(3))),
            _ => (Verb::View, project(key)),
        },
        ("issues", _) => (Verb::Search, path.query("jql").map_or_else(instance, |_| instance())),
        ("si", view) if !view.is_empty() => (Verb::Export, issue(part(2))),
        ("sr", view) if !view.is_empty() => (Verb::Export, export(view.rsplit(':').next().unwrap_or(view))),
        ("secure", name) => secure(name, path, skip)?,
        ("rest", _) => rest(method, path, skip + 1)?,
        ("servicedesk", "customer") => {
            (Verb::View, Some((4..6).find_map(|at| issue(part(at)).filter(|_| part(at).contains('-')))?))
        }
        ("plugins", "servlet") => match part(2) {
            "upm" | "applinks" | "troubleshooting" | "embedded-crowd" | "oauth" => (Verb::Admin, instance()),
            _ => (Verb::Other, None),
        },
        ("login.jsp" | "logout" | "logoutconfirm.jsp", _) => (Verb::Login, None),
        _ => return None,
    })
}

/// `/secure/…`
fn secure(name: &str, path: &Path<'_>, skip: usize) -> Option<What> {
    let part = |at: usize| path.part(skip + at);
    Some(match name {
        "attachment" | "thumbnail" | "temporaryattachment" => {
            let id = part(2);
            let target = (!id.is_empty()).then(|| Target {
                kind: TargetKind::Attachment,
                id: id.to_owned(),
                name: Some(path.text(skip + 3)).filter(|name| !name.is_empty()),
            });
            (Verb::Attachment, target)
        }
        "attachmentzip" => {
            let issue_id = part(2).trim_end_matches(".zip");
            let issue_id = if issue_id == "unzip" { part(3) } else { issue_id };
            (Verb::Attachment, issue(issue_id))
        }
        "admin" if part(2).to_ascii_lowercase().contains("xmlbackup") => (Verb::Export, export("site")),
        "admin" | "project" => (Verb::Admin, instance()),
        "RapidBoard.jspa" => {
            (Verb::View, path.query("rapidView").and_then(|id| board(&id)).or_else(instance))
        }
        "IssueNavigator.jspa" | "QuickSearch.jspa" => (Verb::Search, instance()),
        _ if name.contains(".jspa") => {
            let key = path.query("issueKey").or_else(|| path.query("key"));
            let target = key.or_else(|| path.query("id")).and_then(|key| issue(&key))?;
            let changes =
                ["Edit", "Create", "Delete", "Assign", "Comment", "Link", "Clone", "Move", "Attach"];
            let verb = if changes.iter().any(|word| name.contains(word)) { Verb::Edit } else { Verb::View };
            (verb, Some(target))
        }
        _ => return None,
    })
}

/// `/rest/<module>/<version>/…`
fn rest(method: &str, path: &Path<'_>, at: usize) -> Option<What> {
    let part = |skip: usize| path.part(at + skip);
    let reads = matches!(method, "GET" | "HEAD");
    let touches = if reads { Verb::View } else { Verb::Edit };
    Some(match (part(0), part(2)) {
        ("api", "issue") => match (part(3), part(4)) {
            (key, "attachments") if !key.is_empty() => (Verb::Attachment, issue(key)),
            ("" | "bulk" | "createmeta" | "picker", _) => {
                (if reads { Verb::Api } else { Verb::Edit }, instance())
            }
            (key, _) => (touches, issue(key)),
        },
        ("api", "search" | "jql" | "filter" | "issuepicker") => (Verb::Search, instance()),
        ("api", "attachment") => {
            let id = if part(3) == "content" || part(3) == "thumbnail" { part(4) } else { part(3) };
            (Verb::Attachment, (!id.is_empty()).then(|| Target::new(TargetKind::Attachment, id)))
        }
        ("api", "project") if !part(3).is_empty() => (touches, project(part(3)).or_else(instance)),
        (
            "api",
            "user" | "group" | "groups" | "groupuserpicker" | "permissions" | "permissionscheme" | "role",
        ) => (Verb::Admin, instance()),
        ("projects", "project") => (Verb::View, project(part(3))),
        ("issueNav", _) => (Verb::Search, instance()),
        ("greenhopper", "xboard") => {
            (Verb::View, path.query("rapidViewId").and_then(|id| board(&id)).or_else(instance))
        }
        ("agile", "board") => (touches, board(part(3)).or_else(instance)),
        ("agile", "issue") => (touches, issue(part(3))),
        ("servicedeskapi", _) if part(1) == "request" => (touches, issue(part(2))),
        ("auth" | "gadget", "session" | "login") => (Verb::Login, None),
        ("plugins" | "applinks" | "audit" | "auditing", _) => (Verb::Admin, instance()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_issue_address_is_known() {
        for (method, uri, expected) in [
            ("GET", "/browse/SEC-12?x=1", "view issue SEC-12"),
            ("GET", "/jira/browse/sec-12", "view issue SEC-12"),
            ("GET", "/browse/SEC", "view project SEC"),
            ("GET", "/projects/SEC/issues/SEC-12", "view issue SEC-12"),
            ("GET", "/rest/api/2/issue/SEC-12", "view issue SEC-12"),
            ("GET", "/rest/api/latest/issue/10023/comment", "view issue 10023"),
            ("DELETE", "/rest/api/2/issue/PROJ-2", "edit issue PROJ-2"),
            ("POST", "/rest/api/2/issue/SEC-12/attachments", "attachment issue SEC-12"),
            ("POST", "/rest/api/2/search", "search instance instance"),
            ("GET", "/issues/?jql=text~password", "search instance instance"),
            ("POST", "/rest/issueNav/1/issueTable", "search instance instance"),
            ("GET", "/secure/attachment/10100/keys.zip", "attachment attachment 10100"),
            ("GET", "/secure/attachmentzip/10023.zip", "attachment issue 10023"),
            ("GET", "/rest/api/2/attachment/content/10100", "attachment attachment 10100"),
            ("GET", "/si/jira.issueviews:issue-xml/SEC-12/SEC-12.xml", "export issue SEC-12"),
            (
                "GET",
                "/sr/jira.issueviews:searchrequest-csv-all-fields/temp/SearchRequest.csv?jqlQuery=",
                "export export searchrequest-csv-all-fields",
            ),
            ("GET", "/secure/AjaxIssueAction!default.jspa?issueKey=SEC-12", "view issue SEC-12"),
            (
                "GET",
                "/secure/AjaxIssueEditAction!default.jspa?issueId=1&issueKey=SEC-12",
                "edit issue SEC-12",
            ),
            ("GET", "/rest/greenhopper/1.0/xboard/work/allData.json?rapidViewId=7", "view project board:7"),
            ("GET", "/rest/agile/1.0/board/7/issue", "view project board:7"),
            ("GET", "/rest/servicedeskapi/request/HELP-3", "view issue HELP-3"),
            ("GET", "/servicedesk/customer/portal/14/CSP-298273", "view issue CSP-298273"),
            ("GET", "/rest/projects/1.0/project/SEC/lastVisited", "view project SEC"),
            ("GET", "/rest/api/2/user/search?username=.", "admin instance instance"),
            ("POST", "/secure/admin/XmlBackup.jspa", "export export site"),
            ("GET", "/secure/admin/ViewSystemInfo.jspa", "admin instance instance"),
            ("POST", "/rest/auth/1/session", "login - -"),
            ("GET", "/secure/Dashboard.jspa", "other - -"),
            ("GET", "/s/abc/_/download/batch.js", "other - -"),
        ] {
            let (verb, target) = what(method, uri);
            let target =
                target.map_or("- -".into(), |target| format!("{} {}", target.kind.name(), target.id));
            assert_eq!(format!("{} {target}", verb.name()), expected, "{method} {uri}");
        }
    }
}
