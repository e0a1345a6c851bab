//! Which rows are the same credential: those with the same bytes, and those with the same public id.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bbsec_core::{Actor, ExposedSecret, Touch, finding::stable_id};

use super::{item::is_products_own, uses::Uses};
use crate::CaseData;

/// All that the case holds about one credential.
#[derive(Debug, Default)]
pub(super) struct Credential<'a> {
    /// The rows that are this credential.
    pub rows: Vec<&'a ExposedSecret>,
    /// Public ids, best first.
    pub public_ids: BTreeSet<String>,
    /// Fingerprints.
    pub fingerprints: BTreeSet<String>,
    /// Set for what a suspect logged in with and no row holds: a token, key or account of the product.
    pub login: Option<Login<'a>>,
}

/// What a suspect worked with.
#[derive(Debug, Clone)]
pub(super) struct Login<'a> {
    /// `token`, `ssh-key` or `account` of the product; `aws` for a key or session that no row holds.
    pub kind: &'static str,
    /// Its id, or the user name.
    pub id: String,
    /// Whose it is.
    pub user: Option<String>,
    /// The suspect's rows.
    pub touches: Vec<&'a Touch>,
}

/// The id by which a rotation is ticked off: of the public id where there is one, else of the smallest fingerprint.
pub fn rotation_id(key: &str) -> String {
    let id = stable_id(&["rotation", key]);
    format!("R-{}", id.get(..10).unwrap_or(&id))
}

impl Credential<'_> {
    /// The rotation id.
    pub(super) fn id(&self) -> String {
        self.keys().next().map_or_else(|| rotation_id(""), |key| rotation_id(&key))
    }

    /// Every key that this credential may have been ticked off under, the present one first.
    pub(super) fn keys(&self) -> impl Iterator<Item = String> {
        let login = self.login.as_ref().map(|login| format!("{}:{}", login.kind, login.id));
        self.public_ids.iter().chain(&self.fingerprints).cloned().chain(login)
    }
}

/// A public id that names one credential over all providers; a bare number does not.
fn scoped(provider: &str, public_id: &str) -> String {
    if public_id.bytes().all(|b| b.is_ascii_digit()) {
        format!("{provider}\u{0}{public_id}")
    } else {
        public_id.to_owned()
    }
}

/// Joins rows into credentials, and adds what suspects logged in with, to the product and to AWS.
pub(super) fn credentials<'a>(data: &'a CaseData, uses: &Uses) -> Vec<Credential<'a>> {
    let mut sets = Sets::default();
    let mut by_fingerprint: HashMap<&str, usize> = HashMap::new();
    let mut by_public_id: HashMap<String, usize> = HashMap::new();
    for (index, row) in data.secrets.iter().enumerate() {
        sets.add(index);
        let first = *by_fingerprint.entry(row.fingerprint.0.as_str()).or_insert(index);
        sets.join(first, index);
        if let Some(id) = row.public_id.as_deref().filter(|id| !id.is_empty()) {
            let first = *by_public_id.entry(scoped(&row.provider, id)).or_insert(index);
            sets.join(first, index);
        }
    }
    let mut joined: BTreeMap<usize, Credential<'_>> = BTreeMap::new();
    for (index, row) in data.secrets.iter().enumerate() {
        let credential = joined.entry(sets.root(index)).or_default();
        credential.rows.push(row);
        credential.fingerprints.insert(row.fingerprint.0.clone());
        credential.public_ids.extend(row.public_id.iter().filter(|id| !id.is_empty()).cloned());
    }
    let mut all: Vec<Credential<'_>> = joined.into_values().collect();
    let known: BTreeSet<&str> = data
        .secrets
        .iter()
        .filter_map(|row| row.public_id.as_deref().map(|id| (row, id)))
        .filter(|(row, id)| id.starts_with("SHA256:") || is_products_own(&row.provider))
        .map(|(_, id)| id)
        .collect();
    let mut logins: Vec<_> = logins(data).into_iter().filter(|l| !known.contains(l.id.as_str())).collect();
    logins.extend(aws_logins(data, uses));
    all.extend(logins.into_iter().map(|login| Credential { login: Some(login), ..Credential::default() }));
    all
}

/// What suspects worked with: their tokens, their keys, and where neither is known their accounts.
fn logins(data: &CaseData) -> Vec<Login<'_>> {
    let mut found: BTreeMap<(&'static str, String), Login<'_>> = BTreeMap::new();
    for touch in data.touches.iter().filter(|touch| touch.suspect) {
        for (kind, id) in login_ids(&touch.actor) {
            found
                .entry((kind, id.clone()))
                .or_insert_with(|| Login { kind, id, user: touch.actor.user.clone(), touches: Vec::new() })
                .touches
                .push(touch);
        }
    }
    found.into_values().collect()
}

/// AWS keys and sessions that the actor used and that stand in no row: taken from the host, or from elsewhere.
fn aws_logins<'a>(data: &'a CaseData, uses: &Uses) -> Vec<Login<'a>> {
    let known: BTreeSet<&str> = data.secrets.iter().filter_map(|row| row.public_id.as_deref()).collect();
    let mut found: Vec<Login<'a>> = uses
        .of_the_actor()
        .filter(|(id, _)| !known.contains(id.as_str()))
        .map(|(id, uses)| Login {
            kind: "aws",
            id: id.clone(),
            user: uses.iter().find_map(|used| used.principal.clone()),
            touches: Vec::new(),
        })
        .collect();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

fn login_ids(actor: &Actor) -> Vec<(&'static str, String)> {
    let mut ids: Vec<_> = actor.tokens.iter().map(|id| ("token", id.clone())).collect();
    ids.extend(actor.ssh_keys.iter().map(|id| ("ssh-key", id.clone())));
    if ids.is_empty() {
        ids.extend(actor.user.iter().map(|user| ("account", user.clone())));
    }
    ids
}

/// Disjoint sets of rows.
#[derive(Debug, Default)]
struct Sets {
    parent: Vec<usize>,
}

impl Sets {
    fn add(&mut self, index: usize) {
        self.parent.push(index);
    }

    fn root(&self, mut index: usize) -> usize {
        while let Some(&parent) = self.parent.get(index) {
            if parent == index {
                break;
            }
            index = parent;
        }
        index
    }

    /// Joins two sets; the smaller index stays the root, and the path is shortened.
    fn join(&mut self, a: usize, b: usize) {
        let (a_root, b_root) = (self.root(a), self.root(b));
        let (low, high) = (a_root.min(b_root), a_root.max(b_root));
        for index in [high, a, b] {
            if let Some(parent) = self.parent.get_mut(index) {
                *parent = low;
            }
        }
    }
}
