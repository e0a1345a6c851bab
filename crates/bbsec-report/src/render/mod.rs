//! Rendering: templates with every value escaped for the document that it goes into.

mod html;
mod markdown;
mod table;

use std::borrow::Cow;

use bbsec_core::{Time, escape};
use minijinja::{
    AutoEscape, Environment, Error as TemplateError, UndefinedBehavior, Value, context, syntax::SyntaxConfig,
};

pub(crate) use html::CARDS;
pub use html::html;
pub use markdown::markdown;

use crate::{Error, Report, Rotation, words};

/// The report as JSON, `bbsec-ir.report/v1`.
pub fn json(report: &Report) -> Result<String, Error> {
    serde_json::to_string_pretty(report).map_err(|source| Error::Json { what: "the report", source })
}

/// The templates. What is printed is escaped by the one escaping module, by the template's ending.
pub(crate) fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        env.set_syntax(syntax);
    }
    env.set_auto_escape_callback(|name| {
        if name == "report.html" { AutoEscape::Html } else { AutoEscape::Custom("markdown".into()) }
    });
    env.set_formatter(|out, state, value| {
        if value.is_safe() {
            return out.write_str(value.as_str().unwrap_or_default()).map_err(TemplateError::from);
        }
        if value.is_undefined() {
            return Err(TemplateError::new(minijinja::ErrorKind::UndefinedError, "a name is not defined"));
        }
        let text = match value.as_str() {
            Some(text) => Cow::Borrowed(text),
            None if value.is_none() => Cow::Borrowed(""),
            None => Cow::Owned(value.to_string()),
        };
        let escaped = match state.auto_escape() {
            AutoEscape::Html => escape::html(&text),
            _ => escape::markdown(&text),
        };
        out.write_str(&escaped).map_err(TemplateError::from)
    });
    filters(&mut env);
    env
}

fn filters(env: &mut Environment<'static>) {
    env.add_filter("when", |time: &str| time.parse::<Time>().map_or_else(|_| time.to_owned(), words::when));
    env.add_filter("short", |time: &str| time.parse::<Time>().map_or_else(|_| time.to_owned(), Time::short));
    env.add_filter("bytes", words::bytes);
    env.add_filter("count", words::count);
    env.add_filter("took", words::duration);
    env.add_filter("verbs", |verbs: Value| -> Result<String, TemplateError> {
        let pairs = verbs.try_iter()?.filter_map(|verb| {
            let n = u64::try_from(verbs.get_item(&verb).ok()?).ok()?;
            Some((verb.as_str()?.to_owned(), n))
        });
        Ok(words::verbs(&pairs.collect()))
    });
    env.add_filter("code", |text: Value| {
        let text = text.as_str().map_or_else(|| text.to_string(), str::to_owned);
        Value::from_safe_string(escape::markdown_code(&text))
    });
    // A line of a fenced code block: nothing but a line's end could end it.
    env.add_filter("plain", |text: &str| Value::from_safe_string(escape::terminal(text).into_owned()));
    // A line of advice: what begins with `$ ` is a command.
    env.add_test("is_command", |line: &str| line.starts_with("$ "));
    env.add_filter("class_title", |name: &str| {
        crate::Class::ALL.into_iter().find(|class| class.name() == name).map_or("", crate::Class::title)
    });
    env.add_filter("command", |line: &str| line.strip_prefix("$ ").unwrap_or(line).to_owned());
}

/// A value as templates see it.
pub(crate) fn of<T: serde::Serialize>(value: &T) -> Value {
    Value::from(minijinja::value::Serde(value))
}

/// The rotation list with as many items as the document writes out.
fn rotation_context(rotation: &Rotation, most: usize) -> Value {
    let items = rotation.items.get(..most).unwrap_or(&rotation.items);
    context! {
        items => of(&items),
        more => rotation.items.len() - items.len(),
        open => rotation.open,
        done => rotation.done,
        dismissed => rotation.dismissed,
        classes => of(&rotation.classes),
    }
}

#[cfg(test)]
mod browser;
#[cfg(test)]
mod tests;

/// Renders one built-in template.
pub(crate) fn render(
    name: &'static str,
    source: &'static str,
    context: minijinja::Value,
) -> Result<String, Error> {
    let failed = |source| Error::Template { name, source };
    let mut env = environment();
    env.add_template(name, source).map_err(failed)?;
    env.get_template(name).and_then(|template| template.render(context)).map_err(failed)
}
