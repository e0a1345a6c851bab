//! Every path of an object, each with the first commit that has it there.

use crate::{
    ByteString,
    history::{Fast, History, PathAt, graph::NONE, pass::Mask},
};

/// Paths as a tree of names; number 0 is the root.
pub(crate) struct Paths {
    /// The folder, and the name in it.
    parts: Vec<(u32, u32)>,
    ids: Fast<(u32, u32), u32>,
    /// For each node: path and first commit.
    at: Vec<Vec<(u32, u32)>>,
}

/// Computes the paths of all nodes, at most one more than `most` for each.
pub(crate) fn paths(history: &History, mask: &Mask, most: usize) -> Paths {
    let mut paths =
        Paths { parts: vec![(NONE, NONE)], ids: Fast::default(), at: vec![Vec::new(); history.oids.len()] };
    for (at, commit) in history.commits.iter().enumerate() {
        if mask.has(at as u32)
            && let Some(list) = paths.at.get_mut(commit.tree as usize)
            && list.is_empty()
        {
            list.push((0, at as u32));
        }
    }
    for node in 0..history.oids.len() as u32 {
        let mut own = paths.at.get_mut(node as usize).map(std::mem::take).unwrap_or_default();
        // Holders that follow each other mostly have one path, and the same.
        let mut memo = (NONE, NONE, NONE);
        for &(tree, name) in history.holders_of(node) {
            for k in 0.. {
                let Some(&(folder, first)) = paths.at.get(tree as usize).and_then(|list| list.get(k)) else {
                    break;
                };
                if memo.0 != folder || memo.1 != name {
                    memo = (folder, name, paths.id(folder, name));
                }
                if let Some((_, earliest)) = own.iter_mut().find(|(path, _)| *path == memo.2) {
                    *earliest = first.min(*earliest);
                } else if own.len() <= most {
                    own.push((memo.2, first));
                }
            }
        }
        if let Some(place) = paths.at.get_mut(node as usize) {
            *place = own;
        }
    }
    paths
}

impl Paths {
    fn id(&mut self, folder: u32, name: u32) -> u32 {
        let next = self.parts.len() as u32;
        let id = *self.ids.entry((folder, name)).or_insert(next);
        if id == next {
            self.parts.push((folder, name));
        }
        id
    }

    /// The paths of a node, the earliest first, and whether there are more.
    pub(crate) fn of(&self, history: &History, node: u32, most: usize) -> (Vec<PathAt>, bool) {
        let Some(list) = self.at.get(node as usize) else { return (Vec::new(), false) };
        let mut list = list.clone();
        list.sort_by_key(|&(path, first)| (first, path));
        let more = list.len() > most;
        list.truncate(most);
        let told = list.into_iter().filter_map(|(path, first)| {
            let commit = history.commits.get(first as usize)?.oid;
            Some(PathAt { path: self.text(history, path), commit })
        });
        (told.collect(), more)
    }

    fn text(&self, history: &History, mut path: u32) -> ByteString {
        let mut names: Vec<&[u8]> = Vec::new();
        while let Some(&(folder, name)) = self.parts.get(path as usize).filter(|_| path != 0) {
            names.push(history.names.get(name as usize).map(Vec::as_slice).unwrap_or_default());
            path = folder;
        }
        names.reverse();
        ByteString(names.join(&b'/'))
    }
}
