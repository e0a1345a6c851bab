//! A value together with the place in the YAML where it stands, for messages that point at it.

use std::{borrow::Cow, ops::Deref};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

/// Byte offset and length within the file.
pub type Span = (usize, usize);

/// A value with its place. In JSON and in JSON Schema it is the value alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sp<T> {
    value: T,
    span: Option<Span>,
}

impl<T> Sp<T> {
    /// A value with its place.
    pub fn new(value: T, span: Option<Span>) -> Self {
        Self { value, span }
    }

    /// A value that comes from no file.
    pub fn unplaced(value: T) -> Self {
        Self { value, span: None }
    }

    /// The value.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Byte offset and length in the file, when it comes from one.
    pub fn span(&self) -> Option<Span> {
        self.span
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
