//! YAML to a tree whose every key and value knows its place, within a budget: alias bombs, endless files and deep
//! nesting end in a message.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use serde_saphyr::{DuplicateKeyPolicy, Location, Options, Spanned, budget, options};

use crate::{Diagnostic, Sp, spanned::Span};

/// No playbook that a person wrote is larger.
const MAX_BYTES: usize = 1024 * 1024;

fn strict() -> Options {
    options! {
        budget: budget! {
            max_events: 50_000,
            max_nodes: 25_000,
            max_depth: 40,
            max_documents: 1,
            max_aliases: 200,
            max_anchors: 200,
            max_total_scalar_bytes: 2 * 1024 * 1024,
        },
        strict_booleans: true,
        with_snippet: false,
        // Reported by the decoder, all of them at once, each with its place.
        duplicate_keys: DuplicateKeyPolicy::LastWins,
    }
}

/// A value of the file.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<At>),
    Map(Vec<(Sp<String>, At)>),
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct At {
    pub(crate) node: Node,
    pub(crate) span: Option<Span>,
}

impl At {
    /// The value without places.
    pub(crate) fn value(&self) -> Value {
        match &self.node {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(*value),
            Node::Int(value) => Value::from(*value),
            Node::Float(value) => Value::from(*value),
            Node::Text(text) => Value::String(text.clone()),
            Node::List(items) => Value::Array(items.iter().map(Self::value).collect()),
            Node::Map(fields) => Value::Object(
                fields.iter().map(|(key, item)| (key.value().clone(), item.value())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// What it is, for a message.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.node {
            Node::Null => "nothing",
            Node::Bool(_) => "true or false",
            Node::Int(_) | Node::Float(_) => "a number",
            Node::Text(_) => "text",
            Node::List(_) => "a list",
            Node::Map(_) => "keys and values",
        }
    }
}

fn span(location: Location) -> Option<Span> {
    let span = location.span();
    let offset = usize::try_from(span.byte_offset()?).ok()?;
    Some((offset, usize::try_from(span.byte_len().unwrap_or(1)).ok()?.max(1)))
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let placed = Spanned::<Node>::deserialize(deserializer)?;
        Ok(Self { span: span(placed.referenced), node: placed.value })
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }
    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Int(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(i64::try_from(value).map_or_else(|_| Node::Text(value.to_string()), Node::Int))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Float(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = fields.next_entry::<Spanned<String>, At>()? {
            map.push((Sp::new(key.value, span(key.referenced)), value));
        }
        Ok(Node::Map(map))
    }
}

/// Reads the tree. A file that is no YAML at all ends here, with the first place where that shows.
pub(crate) fn read(text: &str) -> Result<At, Diagnostic> {
    if text.len() > MAX_BYTES {
        return Err(Diagnostic::error(
            "PB001",
            format!("the playbook is {} bytes long; at most {MAX_BYTES} are read", text.len()),
            Some((0, 1)),
        ));
    }
    serde_saphyr::from_str_with_options(text, strict()).map_err(|error| {
        let place = error.location().and_then(|location| span(location).or_else(|| counted(text, location)));
        let line = error.location().map(|location| location.line());
        let mut diagnostic =
            Diagnostic::error("PB002", words(&error.without_snippet().to_string()), place.or(Some((0, 1))));
        if let Some(help) = line.and_then(|line| likely_cause(text, line)) {
            diagnostic = diagnostic.help(help);
        }
        diagnostic
    })
}

/// The place of a location that knows its line and column (both from 1) alone.
fn counted(text: &str, location: Location) -> Option<Span> {
    let line = usize::try_from(location.line()).ok()?.checked_sub(1)?;
    let column = usize::try_from(location.column()).ok()?.checked_sub(1)?;
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let within = text.get(before..)?.char_indices().nth(column).map_or(0, |(offset, _)| offset);
    Some((before.saturating_add(within), 1))
}

/// The parser's message, without the place that is shown beside it.
fn words(message: &str) -> String {
    let message = message.lines().next().unwrap_or_default();
    if message.starts_with("budget breached") {
        let what = message.split(['{', '}']).nth(1).unwrap_or_default().trim();
        return format!("this is more than a playbook may hold ({what}); do aliases multiply?");
    }
    let at = ["at line ", " at line "].iter().find_map(|word| message.find(word));
    at.and_then(|at| message.get(..at)).map_or(message, str::trim_end).to_owned()
}

/// What the parser's message does not say.
fn likely_cause(text: &str, line: u64) -> Option<&'static str> {
    let index = usize::try_from(line).ok()?.saturating_sub(1);
    // The parser may notice a line later, or point at the line before.
    let near = || text.lines().skip(index.saturating_sub(1)).take(3);
    let in_flow = |line: &str| {
        line.find("${{").is_some_and(|at| line.get(..at).is_some_and(|before| before.contains(['{', '['])))
    };
    if near().any(in_flow) {
        return Some(
            "inside { } and [ ] write \"${{ … }}\" in quotes, or put the value on a line of its own",
        );
    }
    let tab = |line: &str| line.trim_start_matches(' ').starts_with('\t');
    near().any(tab).then_some("YAML is indented with spaces, not with tabs")
}
