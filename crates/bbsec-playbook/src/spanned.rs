//! A value together with the place in the YAML where it stands, for messages that point at it.

use std::{borrow::Cow, ops::Deref};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_saphyr::{Location, Spanned};

/// A value with its place. In JSON Schema it is the value alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Sp<T>(Spanned<T>);

impl<T> Sp<T> {
    /// A value that comes from no file.
    pub fn unplaced(value: T) -> Self {
        Self(Spanned::new(value, Location::UNKNOWN, Location::UNKNOWN))
    }

    /// The value.
    pub fn value(&self) -> &T {
        &self.0.value
    }

    /// Byte offset and length in the file, when it comes from one.
    pub fn span(&self) -> Option<(usize, usize)> {
        let span = self.0.referenced.span();
        let offset = usize::try_from(span.byte_offset()?).ok()?;
        let length = usize::try_from(span.byte_len().unwrap_or(1)).ok()?;
        Some((offset, length.max(1)))
    }
}

impl<T> Deref for Sp<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.value()
    }
}

impl<T: Serialize> Serialize for Sp<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Sp<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
    fn inline_schema() -> bool {
        T::inline_schema()
    }
}
