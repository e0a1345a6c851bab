//! Expressions: `${{ … }}` in values, bare in `when`. Strict, fuelled, without access to anything but the run.

use minijinja::{Environment, UndefinedBehavior, filters, syntax::SyntaxConfig, tests as is, value::Serde};
use serde_json::Value;

/// Steps of the expression engine before it gives up: far more than any playbook needs.
const FUEL: u64 = 20_000;

/// Why an expression has no value.
#[derive(Debug, thiserror::Error)]
#[error("the expression `{expression}` has no value")]
pub(crate) struct BadExpression {
    /// The expression.
    pub(crate) expression: String,
    /// The engine's reason.
    #[source]
    pub(crate) source: minijinja::Error,
}

/// The longest expression, and the longest text that one makes.
const MAX_EXPRESSION: usize = 4096;
const MAX_TEXT: usize = 256 * 1024;

/// What an expression can do is listed here: nothing that reads a file, asks the clock, or makes much out of little.
fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    if let Ok(syntax) = SyntaxConfig::builder()
        .variable_delimiters("${{", "}}")
        .block_delimiters("${%", "%}")
        .comment_delimiters("${#", "#}")
        .build()
    {
        environment.set_syntax(syntax);
    }
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_filter("length", filters::length);
    environment.add_filter("count", filters::length);
    environment.add_filter("default", filters::default);
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("int", filters::int);
    environment.add_filter("string", filters::string);
    environment.add_filter("list", filters::list);
    environment.add_filter("sort", filters::sort);
    environment.add_filter("unique", filters::unique);
    environment.add_filter("join", join);
    environment.add_test("defined", is::is_defined);
    environment.add_test("undefined", is::is_undefined);
    environment.add_test("none", is::is_none);
    environment.add_test("startingwith", is::is_startingwith);
    environment.add_test("endingwith", is::is_endingwith);
    environment
}

/// `join`, bounded.
fn join(items: minijinja::Value, divider: Option<String>) -> Result<String, minijinja::Error> {
    let divider = divider.unwrap_or_default();
    let mut text = String::new();
    for (index, item) in items.try_iter()?.enumerate() {
        if index > 0 {
            text.push_str(&divider);
        }
        text.push_str(item.as_str().map_or_else(|| item.to_string(), str::to_owned).as_str());
        if text.len() > MAX_TEXT {
            let why = "the text is too long";
            return Err(minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, why));
        }
    }
    Ok(text)
}

/// What is refused before the engine sees it.
fn refused(expression: &str) -> Option<&'static str> {
    if expression.len() > MAX_EXPRESSION {
        return Some("the expression is too long");
    }
    // `*` repeats texts and lists, which costs no fuel.
    let mut quote = None;
    for c in expression.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '*' => return Some("playbooks do not multiply"),
            None if matches!(c, '"' | '\'') => quote = Some(c),
            _ => {}
        }
    }
    None
}

/// The inside of a text that is exactly one `${{ … }}`.
pub(crate) fn whole(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("${{")?.strip_suffix("}}")?;
    (!inner.contains("${{")).then_some(inner.trim())
}

/// Every expression in a text.
pub(crate) fn all(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${{") {
        let Some((inner, tail)) = after.split_once("}}") else { break };
        found.push(inner.trim());
        rest = tail;
    }
    found
}

/// The value of a bare expression.
pub(crate) fn evaluate(expression: &str, scope: &Value) -> Result<Value, BadExpression> {
    let bad = |source| BadExpression { expression: expression.chars().take(200).collect(), source };
    if let Some(why) = refused(expression) {
        return Err(bad(minijinja::Error::new(minijinja::ErrorKind::SyntaxError, why)));
    }
    let environment = environment();
    let compiled = environment.compile_expression(expression).map_err(bad)?;
    let value = compiled.eval(Serde(scope)).map_err(bad)?;
    if value.is_undefined() {
        return Err(bad(minijinja::Error::new(
            minijinja::ErrorKind::UndefinedError,
            "nothing has this name",
        )));
    }
    serde_json::to_value(&value).map_err(|error| {
        bad(minijinja::Error::new(minijinja::ErrorKind::BadSerialization, error.to_string()))
    })
}

/// Whether a condition is true: neither false, nothing, 0, an empty text nor an empty list.
pub(crate) fn holds(expression: &str, scope: &Value) -> Result<bool, BadExpression> {
    let value = evaluate(whole(expression).unwrap_or(expression), scope)?;
    Ok(match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    })
}

/// Replaces the expressions in a value: typed where a text is one expression, as text otherwise.
pub(crate) fn interpolate(value: &Value, scope: &Value) -> Result<Value, BadExpression> {
    Ok(match value {
        Value::String(text) => match whole(text) {
            Some(expression) => evaluate(expression, scope)?,
            None if text.contains("${{") => Value::String(text_of(text, scope)?),
            None => value.clone(),
        },
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| interpolate(item, scope)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, item)| Ok((key.clone(), interpolate(item, scope)?)))
                .collect::<Result<_, _>>()?,
        ),
        _ => value.clone(),
    })
}

/// A text with its expressions replaced.
pub(crate) fn text_of(text: &str, scope: &Value) -> Result<String, BadExpression> {
    if let Some((expression, why)) = all(text).into_iter().find_map(|inner| Some((inner, refused(inner)?))) {
        let source = minijinja::Error::new(minijinja::ErrorKind::SyntaxError, why);
        return Err(BadExpression { expression: expression.chars().take(200).collect(), source });
    }
    environment()
        .render_str(text, Serde(scope))
        .map_err(|source| BadExpression { expression: text.chars().take(200).collect(), source })
}

/// The dotted names that an expression uses, or why it is none.
pub(crate) fn names(expression: &str) -> Result<Vec<String>, String> {
    if let Some(why) = refused(expression) {
        return Err(why.into());
    }
    let environment = environment();
    let compiled = environment.compile_expression(expression).map_err(|error| {
        // "syntax error: … (in <expression>:1)": the place is ours to name.
        let text = error.to_string();
        text.split(" (in ").next().unwrap_or(&text).to_owned()
    })?;
    let mut names: Vec<String> = compiled.undeclared_variables(true).into_iter().collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_expression_keeps_its_type_and_a_mixture_is_text() {
        let scope = json!({"inputs": {"ids": ["a", "b"], "n": 3}});
        assert_eq!(interpolate(&json!("${{ inputs.ids }}"), &scope).unwrap(), json!(["a", "b"]));
        assert_eq!(interpolate(&json!("n=${{ inputs.n }}!"), &scope).unwrap(), json!("n=3!"));
        assert_eq!(evaluate("inputs.ids | length > 1", &scope).unwrap(), json!(true));
    }

    #[test]
    fn unknown_names_and_endless_loops_are_errors() {
        let scope = json!({"inputs": {}});
        assert!(evaluate("inputs.nope", &scope).is_err());
        assert!(evaluate("'x' * 100000000", &scope).is_err());
        assert!(evaluate("[1] * 100000000", &scope).is_err());
        assert!(evaluate("range(100000000)", &scope).is_err());
        assert_eq!(evaluate("'*' ~ 'x'", &scope).unwrap(), json!("*x"));
        let long = "y".repeat(900);
        let bomb = format!("'{long}' | join('{long}') | join('{long}') | length");
        assert!(evaluate(&bomb, &scope).is_err());
        assert!(evaluate(&"(".repeat(4000), &scope).is_err());
        assert!(text_of("${% for i in range(100000) %}x${% endfor %}", &scope).is_err());
        assert_eq!(names("inputs.a and steps.b.outputs.c").unwrap(), ["inputs.a", "steps.b.outputs.c"]);
    }
}
