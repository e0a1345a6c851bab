use bbsec_core::Silent;
use proptest::prelude::*;

use super::*;

pub(crate) const DUMP: &str = r#"--
-- PostgreSQL database dump
--
COPY public."AO_FB71B4_SSH_PUBLIC_KEY" ("ENTITY_ID", "USER_ID", "KEY_TEXT", "LABEL", "CREATED_DATE") FROM stdin;
7031	990	ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPeE7Xbu9EwEGSAaIdCaPi1bGWvN/F4/kaEXgiBcOjbN root	root\tbox	2026-11-14 03:33:00.5
\.
COPY public."AO_E5A814_ACCESS_TOKEN" ("TOKEN_ID", "NAME", "USER_ID", "HASHED_TOKEN", "CREATED_DATE", "LAST_AUTHENTICATED") FROM stdin;
255541461578	backup	990	xxx	2026-11-14 03:33:06.411	\N
\.
COPY public.cwd_user (id, user_name, lower_user_name, is_active, created_date, updated_date) FROM stdin;
5	tadmin	tadmin	T	2020-01-01 00:00:00	2020-01-01 00:00:00
6	svc-backup2	svc-backup2	T	2026-11-14 03:32:31.411+00	2026-11-14 03:32:31.411+00
\.
COPY public.cwd_user_attribute (id, user_id, attribute_name, attribute_value) FROM stdin;
1	6	lastAuthenticationTimestamp	1794627300000
\.
COPY public.sta_normal_user (user_id, name, slug) FROM stdin;
101	tadmin	tadmin
990	svc-backup2	svc-backup2
\.
COPY public.sta_global_permission (id, perm_id, group_name, user_id) FROM stdin;
1	7	stash-users	\N
2	7	\N	990
\.
COPY public.cwd_membership (id, parent_name, child_name) FROM stdin;
1	stash-users	tadmin
\.
COPY public.project (id, project_key) FROM stdin;
3	pay
\.
COPY public.repository (id, slug, project_id, hierarchy_id, is_public, store_id) FROM stdin;
10	ledger	3	aa	t	2
x	y
\.
COPY public.repository_access (user_id, repository_id, last_accessed) FROM stdin;
990	10	1794627400000
\.
COPY public.bb_data_store (id, ds_path) FROM stdin;
2	/mnt/more
\.
COPY public.app_property (prop_key, prop_value) FROM stdin;
instance.url	https://b
license	SECRET
\.
COPY public.something_else (a) FROM stdin;
\N
\.
-- PostgreSQL database dump complete
"#;

fn dump(text: &str) -> Result<Database, DumpError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dump.sql");
    std::fs::write(&path, text).unwrap();
    read_dump(&path, &Silent)
}

#[test]
fn tables_are_read_joined_and_placed() {
    let read = dump(DUMP).unwrap();
    let user = read.users.iter().find(|user| user.name == "svc-backup2").unwrap();
    assert_eq!((user.id.as_deref(), user.active), (Some("990"), Some(true)));
    assert_eq!(user.created.unwrap().to_string(), "2026-11-14T03:32:31.411000Z");
    assert_eq!(user.last_login.unwrap().micros(), 1_794_627_300_000_000);
    assert_eq!((read.ssh_keys[0].label.as_str(), read.tokens[0].id.as_str()), ("root\tbox", "255541461578"));
    let repository = &read.repositories[0];
    assert_eq!(
        (repository.project.as_deref(), repository.slug.as_str(), repository.public),
        (Some("PAY"), "ledger", true)
    );
    assert_eq!(read.repository_access[0].last.micros(), 1_794_627_400_000_000);
    assert!(read.properties.contains_key("instance.url") && !read.properties.contains_key("license"));
    let at = &read.tokens[0].at;
    let bytes = &DUMP.as_bytes()[at.offset as usize..][..at.length as usize];
    assert!(bytes.starts_with(b"255541461578\tbackup"));
    let gaps: Vec<_> =
        read.gaps.iter().map(|gap| (gap.kind.as_str(), gap.subject.as_str(), gap.count)).collect();
    assert_eq!(gaps, [("repository store", "/mnt/more", 1), ("database rows", "repository", 1)]);
}

#[test]
fn what_is_cut_off_or_of_another_kind_says_so() {
    let cut = &DUMP[..DUMP.find("svc-backup2").unwrap()];
    let gaps = dump(cut).unwrap().gaps;
    assert!(gaps.iter().any(|gap| gap.why.contains("ends within this table")), "{gaps:?}");
    assert!(gaps.iter().any(|gap| gap.why.contains("cut off")));
    assert!(matches!(dump("PGDMP\u{1}"), Err(DumpError::Archive { .. })));
    assert!(matches!(dump("SELECT 1;"), Err(DumpError::Nothing { .. })));
    let inserts = dump("INSERT INTO public.repository VALUES (1);\n").unwrap();
    assert!(inserts.gaps.iter().any(|gap| gap.why.contains("--inserts")));
}

proptest! {
    #[test]
    fn unescaping_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _ = super::super::copy::unescape(&bytes);
        let _ = super::super::table::time(&String::from_utf8_lossy(&bytes));
    }
}
