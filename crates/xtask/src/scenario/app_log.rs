//! `log/atlassian-bitbucket.log`: start-up with the version, ordinary messages, stack traces; the exploit's traces.

use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Duration, NaiveTime, Utc};

use super::{access_log::Marks, people::Person, placement::gzip, rng::Rng, spec::Spec};

fn stamp(spec: &Spec, at: DateTime<Utc>) -> String {
    (at + Duration::hours(spec.logs.utc_offset_hours)).format("%Y-%m-%d %H:%M:%S,%3f").to_string()
}

/// Writes the log, one file a day; ordinary messages and the traces of marked requests.
pub fn write(spec: &Spec, home: &Path, people: &[Person], marks: &Marks) -> Result<usize> {
    let mut rng = Rng::new(spec.seed, "application log");
    let mut entries = Vec::new();
    startup(spec, &mut entries, spec.logs.from.and_time(NaiveTime::MIN).and_utc(), &spec.previous_version);
    let upgraded = spec.logs.upgraded.and_time(NaiveTime::MIN).and_utc();
    startup(spec, &mut entries, upgraded + Duration::seconds(2), &spec.product_version);
    for number in 0..u64::from(spec.logs.days) * 200 {
        entries.push(ordinary(spec, people, &mut rng, number));
    }
    for (mark, (id, at)) in marks {
        entries.extend(traces(spec, mark, id, *at));
    }
    entries.sort();
    let count = entries.len();
    let folder = home.join("log");
    let last = spec.logs.from + chrono::Days::new(u64::from(spec.logs.days).saturating_sub(1));
    let mut day = spec.logs.from;
    while day <= last {
        let text: String =
            entries.iter().filter(|(at, _)| at.date_naive() == day).map(|(_, text)| text.as_str()).collect();
        if day == last {
            std::fs::write(folder.join("atlassian-bitbucket.log"), text)?;
        } else {
            let path = folder.join(format!("atlassian-bitbucket-{day}.0.log.gz"));
            std::fs::write(path, gzip(text.as_bytes())?)?;
        }
        day = day + chrono::Days::new(1);
    }
    Ok(count)
}

type Entry = (DateTime<Utc>, String);

fn startup(spec: &Spec, out: &mut Vec<Entry>, at: DateTime<Utc>, version: &str) {
    let logger = "com.atlassian.bitbucket.internal.boot.log.BuildInfoLogger";
    let build = "7a91c03 built on Mon Aug 15 02:11:09 UTC 2022";
    for (second, text) in [
        (0, format!("INFO [main] {logger} Starting Bitbucket {version} ({build})")),
        (1, format!("INFO [main] {logger} JVM: Eclipse Adoptium OpenJDK 64-Bit Server VM 11.0.16.1+1")),
        (
            34,
            "INFO [spring-startup] c.a.s.internal.home.HomeLockAcquirer Successfully acquired lock on home directory /var/atlassian/application-data/bitbucket".into(),
        ),
        (91, "INFO [spring-startup] c.a.b.i.b.StartupUtils Bitbucket has started".into()),
    ] {
        let at = at + Duration::seconds(second);
        out.push((at, format!("{} {text}\n", stamp(spec, at))));
    }
}

fn ordinary(spec: &Spec, people: &[Person], rng: &mut Rng, number: u64) -> Entry {
    let day = spec.logs.from + chrono::Days::new(rng.below(u64::from(spec.logs.days)));
    let start = day.and_time(NaiveTime::MIN).and_utc();
    let at = start + Duration::milliseconds(rng.between(120_000, 86_400_000) as i64);
    let person = rng.pick(people);
    let text = match rng.below(5) {
        0 => format!(
            "WARN [http-nio-7990-exec-{}] {} @8QK2M9x{}x{number}x1 {} {} \"POST /scm/pay/ledger.git/git-upload-pack HTTP/1.1\" c.a.s.i.s.g.p.h.HttpScmRequestHandler The client closed the connection",
            rng.below(40),
            person.user,
            rng.below(1440),
            person.session,
            person.address
        ),
        1 => "INFO [Caesium-1-3] c.a.s.i.c.DefaultAttachmentCleaner Removed 0 orphaned attachments".into(),
        2 => format!(
            "WARN [git:gc:thread-{}] c.a.s.i.r.DefaultRepositorySizeCache Size calculation failed",
            rng.below(4)
        ),
        3 => format!(
            "ERROR [AtlassianEvent::thread-{}] c.a.s.i.p.h.RepositoryHookService A hook failed\ncom.atlassian.bitbucket.hook.HookException: timed out\n\tat com.atlassian.bitbucket.internal.hook.Runner.run(Runner.java:{})\n\tat java.base/java.lang.Thread.run(Thread.java:829)",
            rng.below(6),
            rng.between(50, 400)
        ),
        _ => "INFO [threadpool:thread-7] c.a.b.i.m.MirrorSynchronizer All mirrors are in step".into(),
    };
    (at, format!("{} {text}\n", stamp(spec, at)))
}

/// What the exploit and the upload left here.
fn traces(spec: &Spec, mark: &str, id: &str, at: DateTime<Utc>) -> Vec<Entry> {
    let later = at + Duration::milliseconds(35);
    if mark == "upload" {
        let admin = &spec.attack.stolen_admin;
        let text = format!(
            "INFO [UpmAsynchronousTaskManager:thread-1] {admin} @{id} {} \"POST /rest/plugins/1.0/ HTTP/1.1\" c.a.upm.core.install.PluginInstaller Installed plugin {}",
            spec.attack.main_address,
            super::plugins::PLANTED_KEY
        );
        return vec![(later, format!("{} {text}\n", stamp(spec, later)))];
    }
    if !mark.starts_with("exploit") || mark == "exploit-hang" {
        return Vec::new();
    }
    let text = format!(
        "ERROR [http-nio-7990-exec-9] @{id} {} \"GET /rest/api/latest/projects/WEB/repos/website/archive HTTP/1.1\" c.a.s.i.web.ErrorPageController There was an unhandled exception loading [/rest/api/latest/projects/WEB/repos/website/archive]\ncom.atlassian.bitbucket.scm.CommandFailedException: '/usr/bin/git archive --format=zip --prefix=ax' exited with code 128 saying: fatal: the remote end hung up unexpectedly\n\tat com.atlassian.bitbucket.scm.DefaultCommandExitHandler.onError(DefaultCommandExitHandler.java:46)\n\tat com.atlassian.stash.internal.scm.git.command.GitCommandExitHandler.onError(GitCommandExitHandler.java:197)\n\t... 17 common frames omitted",
        spec.attack.scout_address
    );
    vec![(later, format!("{} {text}\n", stamp(spec, later)))]
}
