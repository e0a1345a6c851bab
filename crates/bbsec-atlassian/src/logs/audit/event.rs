//! An audit record as an event. Keys go before texts, since texts are in the server's language.

use std::{borrow::Cow, collections::BTreeMap};

use bbsec_core::{Event, Place, Target, TargetKind, Verb};

use super::shape::{Object, Record};
use crate::logs::{format::Product, parser::addresses};

const DATA_TYPE: &str = "bbsec:atlassian:audit";

/// The event, and the product that its key names.
pub(crate) fn event(
    record: &Record<'_>,
    known: Option<Product>,
    at: Place,
) -> Option<(Event, Option<Product>)> {
    let time = record.time()?;
    let kind = record.audit_type.as_ref();
    let field = |value: Option<&Option<Cow<'_, str>>>| {
        value.and_then(Option::as_deref).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let key = field(kind.map(|kind| &kind.action_i18n_key));
    let text = field(kind.map(|kind| &kind.action));
    let product = key.as_deref().and_then(product_of).or(known);
    let action = key.clone().or_else(|| text.clone()).unwrap_or_default();
    let mut event = Event::new(time, source(product), DATA_TYPE, verb(&action), action, at);
    let mut put = |name: String, value: Option<String>| {
        if let Some(value) = value {
            event.extra.insert(name, value);
        }
    };
    put("text".into(), text.filter(|_| key.is_some()));
    put("area".into(), field(kind.map(|kind| &kind.area)));
    put("level".into(), field(kind.map(|kind| &kind.level)));
    let category =
        field(kind.map(|kind| &kind.category_i18n_key)).or_else(|| field(kind.map(|kind| &kind.category)));
    put("category".into(), category);
    // Rules of others compare the words.
    put("category_text".into(), field(kind.map(|kind| &kind.category)).filter(|_| key.is_some()));
    put("method".into(), field(Some(&record.method)));
    put("node".into(), field(Some(&record.node)));
    put("system".into(), field(Some(&record.system)));
    let id = record.author.as_ref().and_then(|author| field(Some(&author.id)));
    put("author_id".into(), id.clone());
    let name = record.author.as_ref().and_then(|author| field(Some(&author.name)));
    event.user = match id.as_deref() {
        // Anonymous and the system itself are no users.
        Some("-2" | "-1") => {
            event.extra.insert("author".into(), name.unwrap_or_default());
            None
        }
        _ => name,
    };
    event.ips = record.source.as_deref().map(|source| addresses(source.as_bytes())).unwrap_or_default();
    lists(record, &mut event.extra);
    event.target = target(record, product);
    Some((event, product))
}

/// Objects, changes and attributes, each under its own name.
fn lists(record: &Record<'_>, extra: &mut BTreeMap<String, String>) {
    let mut add = |name: String, value: String| {
        extra
            .entry(name)
            .and_modify(|before| {
                before.push_str("; ");
                before.push_str(&value);
            })
            .or_insert(value);
    };
    for object in record.affected_objects.iter().flatten() {
        let name = object.name.as_deref().unwrap_or_default();
        let value = match object.id.as_deref().filter(|id| !id.is_empty()) {
            Some(id) => format!("{name} ({id})"),
            None => name.to_owned(),
        };
        add(format!("object:{}", object.kind.as_deref().unwrap_or("?")), value);
    }
    for change in record.changed_values.iter().flatten() {
        let (from, to) = (change.from.as_deref().unwrap_or(""), change.to.as_deref().unwrap_or(""));
        add(format!("change:{}", change.key.as_deref().unwrap_or("?")), format!("{from} → {to}"));
    }
    for attribute in record.extra_attributes.iter().flatten() {
        // Names are in the server's language; the id of what was made must be found in any.
        if let Some(id) = attribute.value.as_deref()
            && attribute.name_i18n_key.as_deref().is_some_and(|key| key.rsplit('.').next() == Some("id"))
        {
            add("attribute_id".to_owned(), id.to_owned());
        }
        let name = attribute.name.as_deref().or(attribute.name_i18n_key.as_deref()).unwrap_or("?");
        add(format!("attribute:{name}"), attribute.value.as_deref().unwrap_or_default().to_owned());
    }
}

fn product_of(key: &str) -> Option<Product> {
    [
        ("bitbucket.", Product::Bitbucket),
        ("jira.", Product::Jira),
        ("audit.logging.", Product::Confluence),
        ("confluence.", Product::Confluence),
    ]
    .into_iter()
    .find(|(prefix, _)| key.starts_with(prefix))
    .map(|(_, product)| product)
}

fn source(product: Option<Product>) -> &'static str {
    match product {
        Some(Product::Bitbucket) => "bitbucket.audit",
        Some(Product::Jira) => "jira.audit",
        Some(Product::Confluence) => "confluence.audit",
        None => "atlassian.audit",
    }
}

fn verb(action: &str) -> Verb {
    let action = action.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| action.contains(word));
    if has(&["authentication", "login", "logged.in", "logged.out", "logout", "websudo"]) {
        Verb::Login
    } else if has(&["repositoryaccessed", "repository accessed"]) {
        Verb::Browse
    } else if has(&["export"]) {
        Verb::Export
    } else if has(&["page.viewed", "content.viewed", "issue.viewed", "page.view"]) {
        Verb::View
    } else if has(&["audit.search", "search.performed"]) {
        Verb::Search
    } else {
        Verb::Admin
    }
}

/// What was affected. For a repository the name in the old style tells project and slug.
fn target(record: &Record<'_>, product: Option<Product>) -> Option<Target> {
    let objects = record.affected_objects.as_deref().unwrap_or_default();
    let of = |kind: &str| {
        objects
            .iter()
            .find(|object| object.kind.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(kind)))
    };
    let name =
        |object: &Object<'_>| object.name.as_deref().filter(|name| !name.is_empty()).map(str::to_owned);
    let id = |object: &Object<'_>| object.id.as_deref().filter(|id| !id.is_empty()).map(str::to_owned);
    if let Some(object) = of("REPOSITORY") {
        let legacy = record.extra_attributes.iter().flatten().find_map(|attribute| {
            let value = attribute.value.as_deref()?;
            let key = attribute.name_i18n_key.as_deref().or(attribute.name.as_deref())?;
            (key.ends_with("target") && value.split('/').count() == 2).then(|| value.split_once('/'))?
        });
        if let Some((project, slug)) = legacy {
            return Some(super::super::bitbucket::repository(project, slug));
        }
        let slug = name(object)?;
        return Some(match of("PROJECT").and_then(name) {
            Some(project) => super::super::bitbucket::repository(&project, &slug),
            None => Target { kind: TargetKind::Repository, id: id(object)?, name: Some(slug) },
        });
    }
    if let Some(page) = of("Page").or_else(|| of("BlogPost")) {
        return Some(Target {
            kind: TargetKind::Page,
            id: id(page).or_else(|| name(page))?,
            name: name(page),
        });
    }
    if let Some(issue) = of("ISSUE") {
        return Some(Target::new(TargetKind::Issue, name(issue).or_else(|| id(issue))?));
    }
    if let Some(space) = of("Space") {
        return Some(Target {
            kind: TargetKind::Space,
            id: id(space).or_else(|| name(space))?,
            name: name(space),
        });
    }
    let project = of("PROJECT")?;
    let key = name(project).or_else(|| id(project))?;
    let key = if product == Some(Product::Bitbucket) { key.to_uppercase() } else { key };
    Some(Target::new(TargetKind::Project, key))
}
