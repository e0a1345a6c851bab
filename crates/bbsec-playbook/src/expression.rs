//! Expressions: `${{ … }}` in values, bare in `when`. Strict, fuelled, without access to anything but the run.

use minijinja::{Environment, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};
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

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
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
    environment
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
    environment()
        .render_str(text, Serde(scope))
        .map_err(|source| BadExpression { expression: text.chars().take(200).collect(), source })
}

/// The dotted names that an expression uses, or why it is none.
pub(crate) fn names(expression: &str) -> Result<Vec<String>, String> {
    let environment = environment();
    let compiled = environment.compile_expression(expression).map_err(|error| error.to_string())?;
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
        assert!(text_of("${% for i in range(100000) %}x${% endfor %}", &scope).is_err());
        assert_eq!(names("inputs.a and steps.b.outputs.c").unwrap(), ["inputs.a", "steps.b.outputs.c"]);
    }
}
