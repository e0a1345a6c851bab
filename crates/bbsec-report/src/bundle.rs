//! What may leave the house: a zip that is a BagIt bag of the redacted documents, the hash list of the evidence, and
//! the journal's head with its signature. No evidence is in it.

use std::io::{Cursor, Write as _};

use bbsec_core::Fingerprinter;
use chrono::{Datelike as _, Timelike as _};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use crate::{
    Audience, CaseData, Error, Redactor, Report, export, handover, html, json, markdown, scrub, tables,
};

/// The bundle for a case. `signature` is an SSHSIG over the journal's head, in its armour.
pub fn bundle(data: &CaseData, report: &Report, signature: Option<&str>) -> Result<Vec<u8>, Error> {
    let payload = payload(data, report)?;
    let mut members: Vec<(String, Vec<u8>)> = Vec::new();
    let mut manifest = String::new();
    let mut octets = 0_usize;
    for (path, bytes) in payload {
        manifest.push_str(&format!("{}  data/{path}\n", sha256(&bytes)));
        octets += bytes.len();
        members.push((format!("data/{path}"), bytes));
    }
    let count = members.len();
    let mut tags: Vec<(String, Vec<u8>)> = vec![
        ("bagit.txt".into(), b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".to_vec()),
        ("bag-info.txt".into(), info(report, octets, count).into_bytes()),
        ("manifest-sha256.txt".into(), manifest.into_bytes()),
    ];
    if let Some(signature) = signature.filter(|text| is_signature(text)) {
        tags.push(("journal-head.sig".into(), signature.as_bytes().to_vec()));
    }
    let mut tag_manifest = String::new();
    for (path, bytes) in &tags {
        tag_manifest.push_str(&format!("{}  {path}\n", sha256(bytes)));
    }
    tags.push(("tagmanifest-sha256.txt".into(), tag_manifest.into_bytes()));
    tags.extend(members);
    pack(report, tags)
}

/// Documents, tables, texts and exports.
fn payload(data: &CaseData, report: &Report) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let clean = scrub::clean(data);
    let redactor = Redactor::new(data.fingerprinter.clone(), &data.secrets);
    let mut files: Vec<(String, Vec<u8>)> = vec![
        ("report.html".into(), html(report)?.into_bytes()),
        ("report.md".into(), markdown(report)?.into_bytes()),
        ("report.json".into(), json(report)?.into_bytes()),
    ];
    for (name, table) in tables(report)? {
        files.push((format!("tables/{name}"), table.into_bytes()));
    }
    for (audience, name) in Audience::ALL {
        // What we say among ourselves stays here.
        if audience != Audience::Internal {
            files.push((format!("handover/{name}.md"), handover(report, audience)?.into_bytes()));
        }
    }
    let mut events = Vec::new();
    export::timesketch(&clean.timeline, &redactor, &mut events)?;
    files.push(("timeline.jsonl".into(), events));
    let sarif = export::sarif(&clean.secrets, &[], &report.case.tool_version, &redactor)?;
    files.push(("secrets.sarif".into(), sarif.into_bytes()));
    let mut list = String::new();
    for item in &clean.evidence {
        list.push_str(&format!("{}  {}\n", item.sha256, bbsec_core::escape::terminal(&item.path)));
    }
    files.push(("evidence-sha256.txt".into(), list.into_bytes()));
    let head = report.case.journal_head.clone().unwrap_or_else(|| "not known".into());
    files
        .push(("journal-head.txt".into(), format!("{}\n", bbsec_core::escape::terminal(&head)).into_bytes()));
    Ok(files)
}

fn info(report: &Report, octets: usize, count: usize) -> String {
    let one = |text: &str| bbsec_core::escape::terminal(text).into_owned();
    format!(
        "Source-Organization: {}\nBagging-Date: {}\nExternal-Identifier: {}\nExternal-Description: {}\nPayload-Oxum: {octets}.{count}\nBag-Software-Agent: {}\n",
        one(report.case.responder.as_deref().unwrap_or("not known")),
        report.case.rendered_at.date(),
        one(&report.case.id),
        one(&report.case.title),
        one(&report.case.tool_version),
    )
}

/// Nothing else than a signature's armour is packed as one.
fn is_signature(text: &str) -> bool {
    let text = text.trim();
    text.len() < 16 << 10
        && text.starts_with("-----BEGIN SSH SIGNATURE-----")
        && text.ends_with("-----END SSH SIGNATURE-----")
        && text.matches("-----BEGIN").count() == 1
}

fn sha256(bytes: &[u8]) -> String {
    Fingerprinter::unkeyed().of(bytes).0
}

fn pack(report: &Report, members: Vec<(String, Vec<u8>)>) -> Result<Vec<u8>, Error> {
    let folder = format!("handover-{}", bbsec_core::escape::path_component(&report.case.id));
    let time = report.case.rendered_at.to_chrono();
    // The zip's own times reach from 1980 to 2107; the same case gives the same bytes.
    let stamp = DateTime::from_date_and_time(
        u16::try_from(time.year()).unwrap_or(1980),
        time.month() as u8,
        time.day() as u8,
        time.hour() as u8,
        time.minute() as u8,
        time.second() as u8,
    )
    .unwrap_or_default();
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(stamp)
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in members {
        let failed = |source| Error::Zip { member: path.clone(), source };
        zip.start_file(format!("{folder}/{path}"), options).map_err(failed)?;
        zip.write_all(&bytes).map_err(|source| failed(source.into()))?;
    }
    let done = zip.finish().map_err(|source| Error::Zip { member: "the end".into(), source })?;
    Ok(done.into_inner())
}

#[cfg(test)]
mod tests;
