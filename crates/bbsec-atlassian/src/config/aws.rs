//! P-IMDS2, P-NET-SUBNET, P-SG-OPEN, P-SG-FEW, P-TRAIL, on facts that were collected from AWS. Facts are looked for by
//! name wherever they stand, as the API and the tools around it nest and spell them differently.

use bbsec_core::{Place, Severity, escape};
use serde_json::Value;

use super::Out;

const MAX_DEPTH: usize = 64;

/// A member's name without regard to capitals and separators.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// A member of an object by its plain name.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object()?.iter().find(|(key, _)| plain(key) == name).map(|(_, value)| value)
}

/// Every value of that name, with the object that it stands in.
fn every<'a>(value: &'a Value, name: &str, depth: usize, found: &mut Vec<(&'a Value, &'a Value)>) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Object(members) => {
            for (key, inner) in members {
                if plain(key) == name {
                    found.push((value, inner));
                }
                every(inner, name, depth + 1, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| every(item, name, depth + 1, found)),
        _ => {}
    }
}

fn all<'a>(facts: &'a Value, name: &str) -> Vec<(&'a Value, &'a Value)> {
    let mut found = Vec::new();
    every(facts, name, 0, &mut found);
    found
}

fn text<'a>(value: &'a Value, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| member(value, name)?.as_str())
}

pub(super) fn check(facts: &Value, out: &mut Out) {
    let instance = text(facts, &["instance", "instanceid"])
        .map(str::to_owned)
        .or_else(|| all(facts, "instanceid").first().and_then(|(_, id)| id.as_str().map(str::to_owned)))
        .unwrap_or_else(|| "INSTANCE".into());
    let at = || Place::file("AWS facts");
    let word = escape::shell_word(&instance);
    let tokens = all(facts, "httptokens");
    if !tokens.is_empty() {
        out.answer("P-IMDS2");
    }
    if tokens.iter().any(|(_, value)| value.as_str().is_some_and(|value| value != "required")) {
        let fix = format!(
            "aws ec2 modify-instance-metadata-options --instance-id {word} --http-tokens required --http-put-response-hop-limit 1"
        );
        out.fail(
            "P-IMDS2",
            "The instance's credentials can be read without a session token",
            Severity::High,
            &instance,
            at(),
            fix,
            &["a request that the server is tricked into reads the role's credentials".into()],
        );
    }
    subnet(facts, &instance, out);
    groups(facts, &instance, out);
    trails(facts, out);
}

/// An address of its own that the world can reach.
fn subnet(facts: &Value, instance: &str, out: &mut Out) {
    let routes = all(facts, "routes");
    let public: Vec<&str> = all(facts, "public")
        .into_iter()
        .chain(all(facts, "publicip"))
        .chain(all(facts, "publicipaddress"))
        .flat_map(|(_, value)| match value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            other => other.as_str().into_iter().collect::<Vec<_>>(),
        })
        .collect();
    if routes.is_empty() && public.is_empty() {
        return;
    }
    out.answer("P-NET-SUBNET");
    let gateway = all(facts, "target").into_iter().chain(all(facts, "gatewayid")).find(|(route, target)| {
        let to = text(route, &["destination", "destinationcidrblock"]).unwrap_or_default();
        target.as_str().is_some_and(|target| target.starts_with("igw-")) && matches!(to, "0.0.0.0/0" | "::/0")
    });
    if let (Some(address), true) = (public.first(), gateway.is_some() || routes.is_empty()) {
        let why = [format!("the public address {address}"), "a route to an internet gateway".to_owned()];
        let fix =
            "move the node into a private subnet behind the load balancer; reach it through Session Manager";
        out.fail(
            "P-NET-SUBNET",
            "The node stands in a public subnet",
            Severity::High,
            instance,
            Place::file("AWS facts"),
            fix,
            &why,
        );
    }
}

/// Groups that let the world in, and how many groups there are.
fn groups(facts: &Value, instance: &str, out: &mut Out) {
    for (group, permissions) in all(facts, "ippermissions") {
        out.answer("P-SG-OPEN");
        let id = text(group, &["groupid", "id"]).unwrap_or("GROUP");
        for permission in permissions.as_array().into_iter().flatten() {
            let mut ranges = all(permission, "cidrip");
            ranges.extend(all(permission, "cidripv6"));
            let Some(range) = ranges
                .iter()
                .find_map(|(_, range)| range.as_str().filter(|r| matches!(*r, "0.0.0.0/0" | "::/0")))
            else {
                continue;
            };
            let port = |name: &str| member(permission, name).and_then(Value::as_i64);
            let (from, to) = (port("fromport"), port("toport"));
            if from == Some(443) && to == Some(443) {
                continue;
            }
            let protocol = text(permission, &["ipprotocol"]).unwrap_or("-1");
            let ports = match (from, to) {
                (Some(from), Some(to)) if from == to => format!("{from}"),
                (Some(from), Some(to)) => format!("{from}-{to}"),
                _ => "all ports".into(),
            };
            let number =
                from.filter(|_| from == to).map(|port| format!(" --port {port}")).unwrap_or_default();
            let fix = format!(
                "aws ec2 revoke-security-group-ingress --group-id {} --protocol {} --cidr {range}{number}",
                escape::shell_word(id),
                escape::shell_word(protocol)
            );
            let title = format!("{id} lets the world in ({protocol}, {ports})");
            let subject = format!("{id}:{protocol}:{ports}");
            out.fail(
                "P-SG-OPEN",
                title,
                Severity::High,
                &subject,
                Place::file("AWS facts"),
                fix,
                &[format!("inbound from {range}")],
            );
        }
    }
    let mut of_interfaces: Vec<&str> = all(facts, "groups")
        .into_iter()
        .filter_map(|(_, groups)| groups.as_array())
        .flatten()
        .filter_map(|group| group.as_str().or_else(|| text(group, &["groupid", "id"])))
        .collect();
    of_interfaces.sort_unstable();
    of_interfaces.dedup();
    if of_interfaces.is_empty() {
        return;
    }
    out.answer("P-SG-FEW");
    if of_interfaces.len() > 5 {
        let title = format!(
            "{} security groups apply to the node: nobody sees what they allow together",
            of_interfaces.len()
        );
        let fix = "join their rules into one or two groups with the fewest rules that work";
        out.fail(
            "P-SG-FEW",
            title,
            Severity::Low,
            instance,
            Place::file("AWS facts"),
            fix,
            &[of_interfaces.join(", ")],
        );
    }
}

fn trails(facts: &Value, out: &mut Out) {
    for (trail, every_region) in all(facts, "ismultiregiontrail") {
        out.answer("P-TRAIL");
        let name = text(trail, &["name", "trailarn"]).unwrap_or("TRAIL");
        let word = escape::shell_word(name);
        if every_region == &Value::Bool(false) {
            let fix = format!("aws cloudtrail update-trail --name {word} --is-multi-region-trail");
            out.fail(
                "P-TRAIL",
                format!("The trail {name} records one region only"),
                Severity::Medium,
                name,
                Place::file("AWS facts"),
                fix,
                &[],
            );
        }
        if member(trail, "logfilevalidationenabled") == Some(&Value::Bool(false)) {
            let fix = format!("aws cloudtrail update-trail --name {word} --enable-log-file-validation");
            let subject = format!("{name}:validation");
            out.fail(
                "P-TRAIL",
                format!("Logs of the trail {name} can be changed unseen"),
                Severity::Medium,
                &subject,
                Place::file("AWS facts"),
                fix,
                &[],
            );
        }
    }
}
