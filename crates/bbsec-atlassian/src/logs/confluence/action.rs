//! What a Confluence request did, and to which page, space or attachment, by every form of address.

#![allow(
    clippy::match_same_arms,
    clippy::unnecessary_wraps,
    reason = "the tables have one row per form of address, and every row gives the same type"
)]

use bbsec_core::{Target, TargetKind, Verb};

use crate::logs::uri::{Path, decode};

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

fn page(id: impl Into<String>) -> Option<Target> {
    Some(Target::new(TargetKind::Page, id))
}

fn space(key: &str) -> Option<Target> {
    (!key.is_empty()).then(|| Target::new(TargetKind::Space, key))
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn at(method: &str, path: &Path<'_>, skip: usize) -> Option<What> {
    let reads = matches!(method, "GET" | "HEAD");
    let part = |at: usize| path.part(skip + at);
    Some(match (part(0), part(1)) {
        ("display", key) if !key.is_empty() => display(path, skip),
        ("spaces", "flyingpdf" | "exportword") => (Verb::Export, page_or_space(path)),
        ("spaces", name) if name.ends_with(".action") => space_action(name, path),
        ("spaces", key) if !key.is_empty() => match (part(2), part(3)) {
            ("pages", id) if is_id(id) => {
                let name = Some(decode(part(4))).filter(|name| !name.is_empty());
                (Verb::View, Some(Target { kind: TargetKind::Page, id: id.into(), name }))
            }
            ("blog", _) => (Verb::View, (5..8).map(part).find(|id| is_id(id)).and_then(page)),
            _ => (Verb::View, space(key)),
        },
        ("x", tiny) if !tiny.is_empty() => (Verb::View, tiny_page(tiny).and_then(|id| page(id.to_string()))),
        ("pages", name) if name.ends_with(".action") => page_action(name, path),
        ("exportword", _) => (Verb::Export, page_or_space(path)),
        ("download", kind) => download(kind, path, skip)?,
        ("rest", _) => rest(method, reads, path, skip + 1)?,
        ("admin", name) if name.contains("backup") || name.contains("export") => {
            (Verb::Export, Some(Target::new(TargetKind::Export, "site")))
        }
        ("admin" | "setup", _) => (Verb::Admin, instance()),
        ("plugins", "servlet") => match part(2) {
            "upm" | "applinks" | "troubleshooting" | "embedded-crowd" => (Verb::Admin, instance()),
            _ => (Verb::Other, None),
        },
        ("plugins", "drag-and-drop") => (Verb::Attachment, page_or_space(path)),
        ("plugins", _) => (Verb::View, Some(page_or_space(path)?)),
        ("dosearchsite.action" | "search" | "searchsite.action", _) => (Verb::Search, instance()),
        ("login.action" | "dologin.action" | "logout.action" | "login", _) => (Verb::Login, None),
        _ => return None,
    })
}

/// `/display/SPACE`, `/display/SPACE/Title`, `/display/SPACE/2026/01/31/Title`
fn display(path: &Path<'_>, skip: usize) -> What {
    let key = path.text(skip + 1);
    let date = (2..5).all(|at| path.part(skip + at).parse::<u16>().is_ok());
    let title = if date { path.part(skip + 5) } else { path.part(skip + 2) };
    if title.is_empty() {
        return (Verb::View, space(&key));
    }
    let title = title.replace('+', " ");
    (Verb::View, page(format!("{key}:{title}")))
}

/// A page by id, or by space and title; else the space.
fn page_or_space(path: &Path<'_>) -> Option<Target> {
    for name in ["pageId", "contentId", "entityId", "draftId"] {
        if let Some(id) = path.query(name).filter(|id| is_id(id)) {
            return page(id);
        }
    }
    let key = path.query("spaceKey").or_else(|| path.query("key")).filter(|key| !key.is_empty())?;
    match path.query("title").filter(|title| !title.is_empty()) {
        Some(title) => page(format!("{key}:{title}")),
        None => space(&key),
    }
}

fn space_action(name: &str, path: &Path<'_>) -> What {
    let verb = if name.contains("export") {
        Verb::Export
    } else if name.contains("permission") || name.contains("edit") || name.contains("remove") {
        Verb::Admin
    } else {
        Verb::View
    };
    (verb, page_or_space(path))
}

/// `/pages/<what>.action?pageId=…`
fn page_action(name: &str, path: &Path<'_>) -> What {
    let changes =
        ["edit", "create", "doenter", "remove", "delete", "move", "copy", "restore", "revert", "attachfile"];
    let verb = if name.starts_with("downloadallattachments") {
        Verb::Attachment
    } else if name.contains("export") {
        Verb::Export
    } else if changes.iter().any(|word| name.contains(word)) {
        Verb::Edit
    } else {
        Verb::View
    };
    (verb, page_or_space(path))
}

/// `/download/attachments/<page>/<file>`, `/download/export/…`
fn download(kind: &str, path: &Path<'_>, skip: usize) -> Option<What> {
    match kind {
        "attachments" | "thumbnails" => {
            let (id, file) = (path.part(skip + 2), path.part(skip + 3));
            let target = is_id(id).then(|| Target {
                kind: TargetKind::Attachment,
                id: format!("{id}/{}", file.replace('+', " ")),
                name: None,
            });
            Some((Verb::Attachment, target))
        }
        "export" | "temp" => {
            let file = (2..12).map(|at| path.part(skip + at)).take_while(|part| !part.is_empty()).last()?;
            Some((Verb::Export, Some(Target::new(TargetKind::Export, file))))
        }
        // Style sheets and scripts of plugins.
        _ => None,
    }
}

/// `/rest/<module>/<version>/…`
fn rest(method: &str, reads: bool, path: &Path<'_>, at: usize) -> Option<What> {
    let part = |skip: usize| path.part(at + skip);
    let touches = if reads { Verb::View } else { Verb::Edit };
    Some(match (part(0), part(1)) {
        ("api", "search") => (Verb::Search, instance()),
        ("api", "content") => match part(2) {
            "search" => (Verb::Search, instance()),
            id if is_id(id) => {
                let attachments = part(3) == "child" && part(4) == "attachment" && !reads;
                (if attachments { Verb::Attachment } else { touches }, page(id))
            }
            _ => (touches, Some(page_or_space(path)?)),
        },
        ("api", "space") => (if reads { Verb::View } else { Verb::Admin }, space(part(2)).or_else(instance)),
        ("api", "backup-restore") => (Verb::Export, Some(Target::new(TargetKind::Export, "site"))),
        ("api", "user" | "group" | "admin" | "audit") => (Verb::Admin, instance()),
        ("plugins" | "license" | "audit" | "applinks", _) => (Verb::Admin, instance()),
        ("quickreload", _) if is_id(part(2)) => (Verb::View, page(part(2))),
        ("tinymce" | "likes" | "inlinecomments" | "ui" | "content", _)
            if part(2) == "content" && is_id(part(3)) =>
        {
            (if part(0) == "tinymce" && method != "GET" { Verb::Edit } else { Verb::View }, page(part(3)))
        }
        ("searchv3" | "quicksearch", _) => (Verb::Search, instance()),
        _ => (if reads { Verb::View } else { Verb::Api }, Some(page_or_space(path)?)),
    })
}

/// The page behind `/x/…`: its id, least significant byte first, in base 64 with two letters changed and the zero
/// bytes at the end left out.
fn tiny_page(tiny: &str) -> Option<u64> {
    if tiny.len() > 11 {
        return None;
    }
    let mut id = 0_u64;
    for (at, c) in (0_u32..).zip(tiny.bytes()) {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'_' | b'+' => 62,
            b'-' | b'/' => 63,
            _ => return None,
        };
        // Six bits at a time, from the top of each byte.
        for bit in 0..6 {
            let position = at * 6 + bit;
            let (byte, inside) = (position / 8, 7 - position % 8);
            if six >> (5 - bit) & 1 == 1 {
                id |= 1_u64.checked_shl(byte * 8 + inside).filter(|_| byte < 8)?;
            }
        }
    }
    (id > 0).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_page_address_is_known() {
        for (method, uri, expected) in [
            ("GET", "/pages/viewpage.action?pageId=2129924", "view page 2129924"),
            ("GET", "/wiki/pages/viewpage.action?pageId=2129924&x=1", "view page 2129924"),
            ("GET", "/pages/viewpage.action?spaceKey=HR&title=Pay+2026%21", "view page HR:Pay 2026!"),
            ("GET", "/display/HR/Pay+2026", "view page HR:Pay 2026"),
            ("GET", "/display/~ann/Notes", "view page ~ann:Notes"),
            ("GET", "/display/HR/2026/01/31/News", "view page HR:News"),
            ("GET", "/display/HR", "view space HR"),
            ("GET", "/spaces/HR/pages/1354500679/Pay+2026", "view page 1354500679"),
            ("GET", "/spaces/HR/overview", "view space HR"),
            ("GET", "/x/BIAgAA", "view page 2129924"),
            ("GET", "/x/BIAg", "view page 2129924"),
            ("GET", "/rest/api/content/77?expand=body", "view page 77"),
            ("PUT", "/rest/api/content/77", "edit page 77"),
            ("POST", "/rest/api/content/77/child/attachment", "attachment page 77"),
            ("GET", "/rest/api/content/search?cql=text~password", "search instance instance"),
            ("GET", "/rest/api/search?cql=x", "search instance instance"),
            ("GET", "/rest/quickreload/latest/2129924?since=1", "view page 2129924"),
            ("GET", "/rest/likes/1.0/content/77/likes", "view page 77"),
            ("GET", "/plugins/viewsource/viewpagesrc.action?pageId=77", "view page 77"),
            ("GET", "/pages/diffpagesbyversion.action?pageId=77&x", "view page 77"),
            ("POST", "/pages/doeditpage.action?pageId=77", "edit page 77"),
            ("GET", "/pages/downloadallattachments.action?pageId=77", "attachment page 77"),
            (
                "GET",
                "/download/attachments/77/pay%20roll.xlsx?version=1",
                "attachment attachment 77/pay roll.xlsx",
            ),
            (
                "GET",
                "/download/export/Confluence-space-export-1.zip",
                "export export Confluence-space-export-1.zip",
            ),
            ("GET", "/spaces/flyingpdf/pdfpageexport.action?pageId=77", "export page 77"),
            ("GET", "/exportword?pageId=77", "export page 77"),
            ("POST", "/spaces/doexportspace.action?key=HR", "export space HR"),
            ("POST", "/admin/dobackup.action", "export export site"),
            ("GET", "/dosearchsite.action?queryString=x", "search instance instance"),
            ("GET", "/admin/users/browseusers.action", "admin instance instance"),
            ("POST", "/setup/setupadministrator.action", "admin instance instance"),
            ("POST", "/dologin.action", "login - -"),
            ("GET", "/index.action", "other - -"),
            ("GET", "/images/icons/profilepics/default.svg", "other - -"),
        ] {
            let (verb, target) = what(method, uri);
            let target =
                target.map_or("- -".into(), |target| format!("{} {}", target.kind.name(), target.id));
            assert_eq!(format!("{} {target}", verb.name()), expected, "{method} {uri}");
        }
    }
}
