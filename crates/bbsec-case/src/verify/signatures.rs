//! Signatures over journal lines: each is checked against the line that it names, and against who may sign.

use bbsec_core::escape;
use ssh_key::{HashAlg, PublicKey, SshSig};

use super::{Check, Signed, inside};
use crate::{
    CaseError, Entry, files,
    journal::scan::raw_line,
    layout,
    sign::{NAMESPACE, SignatureInfo, allowed::AllowedSigners},
};

const LIMIT: u64 = 64 * 1024;

impl Check<'_> {
    pub(super) fn signatures(&mut self, entries: &[Entry]) -> Result<(), CaseError> {
        let allowed = self.allowed_signers()?;
        let mut known = std::collections::HashSet::new();
        for entry in entries.iter().filter(|entry| entry.kind == "signature") {
            let Ok(info) = serde_json::from_value::<SignatureInfo>(entry.body.clone()) else {
                self.problem(
                    "signature",
                    layout::JOURNAL,
                    format!("line {} describes no signature", entry.seq),
                );
                continue;
            };
            self.report.checked.signatures += 1;
            known.insert(info.file.clone());
            if let Err(why) = self.signature(&info, entries, allowed.as_ref()) {
                self.problem("signature", info.file, why);
            }
        }
        for file in std::fs::read_dir(self.root.join(layout::SIGNATURES)).into_iter().flatten().flatten() {
            let name = format!("{}/{}", layout::SIGNATURES, file.file_name().to_string_lossy());
            if !known.contains(&name) {
                self.note(
                    "signature",
                    name,
                    "no journal line names it: its writer was stopped; it is not checked",
                );
            }
        }
        Ok(())
    }

    fn allowed_signers(&mut self) -> Result<Option<AllowedSigners>, CaseError> {
        let Some(path) = &self.options.allowed_signers else { return Ok(None) };
        let text = files::read_limited(path, 4 * 1024 * 1024)?;
        let allowed = AllowedSigners::parse(&String::from_utf8_lossy(&text));
        let file = path.display().to_string();
        for line in &allowed.ignored {
            self.note("signature", file.clone(), format!("line {line} is not understood and allows nobody"));
        }
        Ok(Some(allowed))
    }

    fn signature(
        &mut self,
        info: &SignatureInfo,
        entries: &[Entry],
        allowed: Option<&AllowedSigners>,
    ) -> Result<(), String> {
        let path = inside(self.root, &info.file);
        let pem = files::read_limited(&path, LIMIT).map_err(|error| match error {
            CaseError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                "it is missing".into()
            }
            error => error.to_string(),
        })?;
        if files::sha256(&pem) != info.sha256 {
            return Err("its SHA-256 is not the one in the journal".into());
        }
        let line = entries
            .iter()
            .find(|entry| entry.seq == info.seq)
            .ok_or_else(|| format!("it signs line {}, which is not there", info.seq))?;
        let signature = SshSig::from_pem(&pem).map_err(|error| format!("it is no SSH signature: {error}"))?;
        let message = raw_line(self.root, info.seq)
            .map_err(|error| error.to_string())?
            .ok_or_else(|| format!("it signs line {}, which is not there", info.seq))?;
        let key = PublicKey::new(signature.public_key().clone(), "");
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        if fingerprint != info.fingerprint {
            return Err(format!("it is by {fingerprint}, the journal says {}", info.fingerprint));
        }
        match key.verify(NAMESPACE, &message, &signature) {
            Ok(()) => {}
            Err(ssh_key::Error::AlgorithmUnsupported { .. }) => {
                let why = format!(
                    "signatures of this kind of key ({}) are checked by ssh-keygen, not here",
                    key.algorithm()
                );
                self.note("signature", info.file.clone(), why);
                return Ok(());
            }
            Err(_) => return Err(format!("it does not fit line {} of the journal", info.seq)),
        }
        let by = match allowed.map(|allowed| allowed.principals(key.key_data(), NAMESPACE, line.time)) {
            Some(None) => {
                return Err(format!(
                    "the key {fingerprint} may not sign this, says the list of allowed signers"
                ));
            }
            Some(Some(principals)) => Some(escape::terminal(principals).into_owned()),
            None => None,
        };
        self.report.signed.push(Signed { line: info.seq, file: info.file.clone(), fingerprint, by });
        Ok(())
    }
}
