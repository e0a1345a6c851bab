//! Passwords and tokens on their way to the product: never in an input, since inputs are journalled.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, OnceLock, PoisonError},
};

use bbsec_core::{Exit, Failure, SecretBytes};

/// What a secret opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Login {
    /// The product's database.
    Database,
    /// The product's REST interface.
    Rest,
}

impl Login {
    /// The environment variable that is looked at when nothing else gives it.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Database => "PGPASSWORD",
            Self::Rest => "BBSEC_IR_REST_TOKEN",
        }
    }
}

fn held() -> &'static Mutex<BTreeMap<Login, SecretBytes>> {
    static HELD: OnceLock<Mutex<BTreeMap<Login, SecretBytes>>> = OnceLock::new();
    HELD.get_or_init(Mutex::default)
}

/// Takes what a person typed, for as long as this process lives.
pub fn hold(login: Login, secret: SecretBytes) {
    held().lock().unwrap_or_else(PoisonError::into_inner).insert(login, secret);
}

/// The secret: from a file, from what a person typed, or from the environment.
pub fn secret(login: Login, file: Option<&Path>) -> Result<Option<SecretBytes>, Failure> {
    if let Some(file) = file {
        let mut bytes = std::fs::read(file).map_err(|error| {
            Failure::because(format!("cannot read the secret in {}", file.display()), error).exit(Exit::Usage)
        })?;
        while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            bytes.pop();
        }
        if bytes.is_empty() || bytes.contains(&b'\n') || bytes.contains(&0) {
            return Err(Failure::new(Exit::Usage, format!("{} does not hold one secret", file.display()))
                .help("write the password or token alone, on one line"));
        }
        return Ok(Some(SecretBytes::new(bytes)));
    }
    if let Some(secret) = held().lock().unwrap_or_else(PoisonError::into_inner).get(&login) {
        return Ok(Some(secret.clone()));
    }
    let given = std::env::var_os(login.variable()).filter(|value| !value.is_empty());
    Ok(given.map(|value| SecretBytes::new(value.into_encoded_bytes())))
}
