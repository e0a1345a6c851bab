//! The types of inputs: `string`, `list<cidr>`, `enum[low, high]`.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

/// One value's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// Text.
    String,
    /// A whole number.
    Int,
    /// `true` or `false`.
    Bool,
    /// A length of time: `90s`, `15m`, `2h`, `1d`.
    Duration,
    /// An RFC 3339 time or date.
    Timestamp,
    /// A file or folder on this machine.
    Path,
    /// Where a secret is kept, `env:NAME` or `file:PATH`; never the secret itself.
    SecretRef,
    /// A regular expression.
    Regex,
    /// An IPv4 or IPv6 network, `203.0.113.0/24`.
    Cidr,
    /// `eu-central-1`.
    AwsRegion,
    /// `i-` and hexadecimal digits.
    InstanceId,
    /// `vol-` and hexadecimal digits.
    VolumeId,
    /// `arn:aws:…`.
    Arn,
    /// A DNS name.
    Hostname,
    /// A UUID in its usual spelling.
    Uuid,
    /// `KIND:VALUE`, as in `ip:203.0.113.7`.
    Indicator,
}

impl Scalar {
    /// Every type, by its name in a playbook.
    pub const ALL: [(&'static str, Self); 16] = [
        ("string", Self::String),
        ("int", Self::Int),
        ("bool", Self::Bool),
        ("duration", Self::Duration),
        ("timestamp", Self::Timestamp),
        ("path", Self::Path),
        ("secret-ref", Self::SecretRef),
        ("regex", Self::Regex),
        ("cidr", Self::Cidr),
        ("aws-region", Self::AwsRegion),
        ("ec2-instance-id", Self::InstanceId),
        ("ebs-volume-id", Self::VolumeId),
        ("arn", Self::Arn),
        ("hostname", Self::Hostname),
        ("uuid", Self::Uuid),
        ("indicator", Self::Indicator),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, scalar)| *scalar == self).map_or("string", |(name, _)| name)
    }
}

/// The type of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputType {
    /// The type of the value, or of each item.
    pub item: Scalar,
    /// Whether it is a list; on the command line divided by commas.
    pub list: bool,
    /// The values of an `enum[…]`.
    pub choices: Vec<String>,
}

impl FromStr for InputType {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        if let Some(item) = text.strip_prefix("list<").and_then(|rest| rest.strip_suffix('>')) {
            let inner: Self = item.parse()?;
            return if inner.list { Err(()) } else { Ok(Self { list: true, ..inner }) };
        }
        if let Some(choices) = text.strip_prefix("enum[").and_then(|rest| rest.strip_suffix(']')) {
            let choices: Vec<String> = choices.split(',').map(|choice| choice.trim().to_owned()).collect();
            let empty = choices.iter().any(String::is_empty);
            return if empty { Err(()) } else { Ok(Self { item: Scalar::String, list: false, choices }) };
        }
        let known = Scalar::ALL.iter().find(|(name, _)| *name == text);
        known.map(|(_, item)| Self { item: *item, list: false, choices: Vec::new() }).ok_or(())
    }
}

impl fmt::Display for InputType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let item = if self.choices.is_empty() {
            self.item.name().to_owned()
        } else {
            format!("enum[{}]", self.choices.join(", "))
        };
        if self.list { write!(f, "list<{item}>") } else { f.write_str(&item) }
    }
}

impl Serialize for InputType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for InputType {
    fn schema_name() -> Cow<'static, str> {
        "InputType".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Scalar::ALL.iter().map(|(name, _)| *name).collect();
        let lists: Vec<String> = names.iter().map(|name| format!("list<{name}>")).collect();
        json_schema!({
            "description": "The type of an input; list<T> is divided by commas on the command line.",
            "anyOf": [
                {"type": "string", "enum": names},
                {"type": "string", "enum": lists},
                {"type": "string", "pattern": "^(list<)?enum\\[[^\\]]+\\]>?$"},
            ],
        })
    }
}
