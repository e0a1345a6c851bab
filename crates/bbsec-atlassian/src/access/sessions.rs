//! Session ids that were seen with more than one ident. Remembered in two generations of bounded size, since git
//! makes a session per request.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use bbsec_core::Place;

const GENERATION: usize = 250_000;
/// How many ties between idents are kept.
const MOST_TIES: usize = 100_000;

/// A session that two idents have in common.
#[derive(Debug, Clone)]
pub(super) struct Tie {
    pub session: String,
    pub one: u32,
    pub other: u32,
    pub at: Place,
}

/// Which ident had which session last.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    hash: RandomState,
    young: HashMap<u64, u32>,
    old: HashMap<u64, u32>,
    pub ties: HashMap<(u32, u32), Tie>,
}

impl Sessions {
    pub(super) fn saw(&mut self, session: &str, ident: u32, at: &Place) {
        let hash = self.hash.hash_one(session);
        let before = self.young.get(&hash).or_else(|| self.old.get(&hash)).copied();
        if before == Some(ident) {
            return;
        }
        if let Some(before) = before {
            let pair = (before.min(ident), before.max(ident));
            if self.ties.len() < MOST_TIES {
                self.ties.entry(pair).or_insert_with(|| Tie {
                    session: session.to_owned(),
                    one: before,
                    other: ident,
                    at: Place { file: Arc::clone(&at.file), ..at.clone() },
                });
            }
        }
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(hash, ident);
    }
}
