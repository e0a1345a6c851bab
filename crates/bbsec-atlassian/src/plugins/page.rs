//! A page with Java in it.

use std::path::Path;

use super::{jar::Jar, score::Score, signs};
use crate::home::{Tree, TreeError, name_of};

/// The largest page that is read; the products' own are below 100 KiB.
const MAX_PAGE: u64 = 8 << 20;

/// The page's signs, as those of an archive with one page.
pub(super) fn read(tree: &Tree, path: &Path) -> Result<Jar, TreeError> {
    let bytes = tree.read(path, MAX_PAGE)?;
    let found = signs::of_page(&String::from_utf8_lossy(&bytes));
    Ok(Jar { pages: vec![(name_of(path), found)], ..Jar::default() })
}

/// The reasons that lie in where a page is.
pub(super) fn place(path: &Path, score: &mut Score) {
    let text = format!("/{}", path.to_string_lossy());
    let webapp = ["/app/", "/atlassian-jira/", "/confluence/", "/atlassian-stash/", "/webapps/"];
    if !webapp.iter().any(|folder| text.contains(folder)) {
        score.add(25, "a page with code outside of the web application");
    }
}
