//! CloudTrail: what the actor did with a committed key and with the node's role, among ordinary calls.
//!
//! Written twice: as trail files in the layout of a trail's bucket, and as one list of management events for the lab's
//! LookupEvents, in which the node's instance id is `{{node1}}` because the lab gives out its own.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::{
    credentials::{Secret, aws_key_id},
    placement::gzip,
    rng::{BASE32, HEX, Rng},
    spec::Spec,
    truth::KeyUse,
};

const INSTANCE: &str = "{{node1}}";

struct Caller {
    identity: Value,
    key: String,
    address: String,
    agent: &'static str,
}

struct Call<'a> {
    at: DateTime<Utc>,
    service: &'a str,
    name: &'a str,
    parameters: Value,
    response: Value,
    error: Option<&'a str>,
}

struct Trail<'a> {
    spec: &'a Spec,
    rng: Rng,
    events: Vec<(DateTime<Utc>, Value)>,
}

const CLI: &str = "aws-cli/2.15.30 md/Botocore#1.34.69 ua/2.0 os/linux#6.1.0 md/arch#x86_64 lang/python#3.11.8 md/pyimpl#CPython";
const BOTO: &str =
    "Boto3/1.34.69 md/Botocore#1.34.69 ua/2.0 os/linux#6.1.0 md/arch#x86_64 lang/python#3.11.8";
const JAVA: &str =
    "aws-sdk-java/2.20.162 Linux/5.15.0-1051-aws OpenJDK_64-Bit_Server_VM/11.0.16.1+1 Java/11.0.16.1";

/// Writes both forms and says what the actor did.
pub fn write(spec: &Spec, out: &Path, secrets: &BTreeMap<String, Secret>) -> Result<Vec<KeyUse>> {
    let mut trail = Trail { spec, rng: Rng::new(spec.seed, "cloudtrail"), events: Vec::new() };
    trail.ordinary()?;
    let mut uses = Vec::new();
    for credential in spec.credential.iter().filter(|credential| credential.used) {
        let Some(secret) = secrets.get(&credential.name) else { continue };
        if let ("aws", Some(id)) = (secret.provider, &secret.public_id) {
            uses.push(trail.stolen_key(&credential.name, id));
        }
    }
    uses.push(trail.stolen_role()?);
    trail.events.sort_by_key(|(at, _)| *at);
    save(spec, out, &trail.events)?;
    Ok(uses)
}

fn save(spec: &Spec, out: &Path, events: &[(DateTime<Utc>, Value)]) -> Result<()> {
    // LookupEvents never answers with data events.
    let management = |event: &&Value| event.get("managementEvent") == Some(&Value::Bool(true));
    let list: Vec<&Value> = events.iter().map(|(_, event)| event).filter(management).collect();
    std::fs::write(out.join("cloudtrail-events.json"), serde_json::to_string_pretty(&list)? + "\n")?;
    let mut rng = Rng::new(spec.seed, "trail files");
    let mut files: BTreeMap<(String, String), Vec<&Value>> = BTreeMap::new();
    for (at, event) in events {
        let region = event.get("awsRegion").and_then(Value::as_str).unwrap_or_default().to_owned();
        files.entry((region, at.format("%Y/%m/%d %H").to_string())).or_default().push(event);
    }
    let account = &spec.aws.account;
    for ((region, hour), records) in files {
        let (day, hour) = hour.split_once(' ').context("a time has a day and an hour")?;
        let folder = out.join(format!("cloudtrail/AWSLogs/{account}/CloudTrail/{region}/{day}"));
        std::fs::create_dir_all(&folder)?;
        let stamp = format!("{}T{hour}55Z", day.replace('/', ""));
        let name =
            format!("{account}_CloudTrail_{region}_{stamp}_{}.json.gz", rng.text(super::rng::BASE62, 16));
        let text = serde_json::to_string(&json!({"Records": records}))?.replace(INSTANCE, &spec.aws.instance);
        std::fs::write(folder.join(name), gzip(text.as_bytes())?)?;
    }
    Ok(())
}

impl Trail<'_> {
    fn push(&mut self, caller: &Caller, call: &Call<'_>) {
        let global = matches!(call.service, "iam" | "sts");
        let region = if global { "us-east-1" } else { self.spec.aws.region.as_str() };
        // S3 counts listing a bucket's objects among its data events.
        let data = call.service == "s3" && call.name.contains("Object");
        let write =
            ["Create", "Attach", "Put", "Delete", "Stop"].iter().any(|word| call.name.starts_with(word));
        let mut event = json!({
            "eventVersion": "1.09",
            "userIdentity": caller.identity,
            "eventTime": call.at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "eventSource": format!("{}.amazonaws.com", call.service),
            "eventName": call.name,
            "awsRegion": region,
            "sourceIPAddress": caller.address,
            "userAgent": caller.agent,
            "requestParameters": call.parameters,
            "responseElements": call.response,
            "requestID": self.rng.uuid(),
            "eventID": self.rng.uuid(),
            "readOnly": !write,
            "eventType": "AwsApiCall",
            "managementEvent": !data,
            "recipientAccountId": self.spec.aws.account,
            "eventCategory": if data { "Data" } else { "Management" },
            "tlsDetails": {
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": format!("{}.{region}.amazonaws.com", call.service),
            },
        });
        if let (Some(error), Some(object)) = (call.error, event.as_object_mut()) {
            object.insert("errorCode".into(), json!(error));
            object.insert("errorMessage".into(), json!("User is not authorized to perform this operation"));
        }
        self.events.push((call.at, event));
    }

    fn user(&mut self, name: &str, key: &str, address: &str, agent: &'static str) -> Caller {
        let account = &self.spec.aws.account;
        let identity = json!({
            "type": "IAMUser",
            "principalId": format!("AIDA{}", self.rng.text(BASE32, 17)),
            "arn": format!("arn:aws:iam::{account}:user/{name}"),
            "accountId": account,
            "accessKeyId": key,
            "userName": name,
        });
        Caller { identity, key: key.into(), address: address.into(), agent }
    }

    fn role(&mut self, key: &str, address: &str, agent: &'static str, at: DateTime<Utc>) -> Caller {
        let (account, role) = (&self.spec.aws.account, &self.spec.aws.instance_role);
        // The role's id is the same in every session.
        let id = format!("AROA{}", Rng::new(self.spec.seed, "role id").text(BASE32, 17));
        let identity = json!({
            "type": "AssumedRole",
            "principalId": format!("{id}:{INSTANCE}"),
            "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/{INSTANCE}"),
            "accountId": account,
            "accessKeyId": key,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": id,
                    "arn": format!("arn:aws:iam::{account}:role/apps/{role}"),
                    "accountId": account,
                    "userName": role,
                },
                "webIdFederationData": {},
                "attributes": {
                    "creationDate": at.format("%Y-%m-%dT%H:00:00Z").to_string(),
                    "mfaAuthenticated": "false",
                },
                "ec2RoleDelivery": "2.0",
            },
        });
        Caller { identity, key: key.into(), address: address.into(), agent }
    }

    fn account(&self) -> Result<u64> {
        self.spec.aws.account.parse().context("the AWS account is no number")
    }

    /// The node reads its secret and its bucket, a deployment describes things: from their usual addresses.
    fn ordinary(&mut self) -> Result<()> {
        let account = self.account()?;
        let deploy_key = aws_key_id(&mut self.rng, "AKIA", account);
        let deploy = self.user("ci-deploy", &deploy_key, "10.30.90.5", BOTO);
        for day in 0..i64::from(self.spec.logs.days) {
            let start = self.spec.logs.from.and_time(chrono::NaiveTime::MIN).and_utc() + Duration::days(day);
            let key = aws_key_id(&mut self.rng, "ASIA", account);
            let address = self.spec.aws.node_address.clone();
            let node = self.role(&key, &address, JAVA, start);
            for hour in [0, 6, 12, 18] {
                let at = start + Duration::hours(hour) + Duration::seconds(self.rng.between(0, 3000) as i64);
                self.push(&node, &secret_value(self.spec, at, "bitbucket/database"));
                let at = at + Duration::seconds(4);
                self.push(&node, &plain(at, "ec2", "DescribeInstances", json!({})));
            }
            for _ in 0..12 {
                let at = start + Duration::seconds(self.rng.between(6 * 3600, 19 * 3600) as i64);
                let (service, name) = *self.rng.pick(&[
                    ("sts", "GetCallerIdentity"),
                    ("ec2", "DescribeInstances"),
                    ("ec2", "DescribeSecurityGroups"),
                    ("s3", "ListBuckets"),
                ]);
                self.push(&deploy, &plain(at, service, name, Value::Null));
            }
        }
        Ok(())
    }

    /// The committed key: who am I, what is there, take it, stay.
    fn stolen_key(&mut self, name: &str, id: &str) -> KeyUse {
        let (account, bucket) = (self.spec.aws.account.clone(), self.spec.aws.bucket.clone());
        let address = self.spec.attack.late_address.clone();
        let thief = self.user(&name.replace('-', "_"), id, &address, CLI);
        let start = self.spec.attack.second_night + Duration::minutes(34);
        let first = self.events.len();
        let after = |seconds: i64| start + Duration::seconds(seconds);
        self.push(&thief, &plain(after(0), "sts", "GetCallerIdentity", Value::Null));
        self.push(&thief, &plain(after(11), "s3", "ListBuckets", json!({"Host": "s3.amazonaws.com"})));
        self.push(
            &thief,
            &plain(after(30), "s3", "ListObjects", json!({"bucketName": bucket, "prefix": ""})),
        );
        for number in 0..24 {
            let key = format!("exports/2026/{:02}/ledger-{}.parquet", number % 10 + 1, self.rng.text(HEX, 8));
            let parameters =
                json!({"bucketName": bucket, "key": key, "Host": format!("{bucket}.s3.amazonaws.com")});
            self.push(&thief, &plain(after(60 + number * 3), "s3", "GetObject", parameters));
        }
        for (second, service, call) in [
            (150, "iam", "ListUsers"),
            (153, "secretsmanager", "ListSecrets"),
            (156, "ec2", "DescribeInstances"),
        ] {
            let call =
                Call { error: Some("AccessDenied"), ..plain(after(second), service, call, Value::Null) };
            self.push(&thief, &call);
        }
        let user = "svc-metrics";
        let arn = format!("arn:aws:iam::{account}:user/{user}");
        let response = json!({"user": {"path": "/", "userName": user, "arn": arn}});
        self.push(
            &thief,
            &Call { response, ..plain(after(170), "iam", "CreateUser", json!({"userName": user})) },
        );
        let policy = json!({"userName": user, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"});
        self.push(&thief, &plain(after(178), "iam", "AttachUserPolicy", policy));
        let made = aws_key_id(&mut self.rng, "AKIA", account.parse().unwrap_or_default());
        let response = json!({"accessKey": {"userName": user, "accessKeyId": made, "status": "Active"}});
        self.push(
            &thief,
            &Call { response, ..plain(after(186), "iam", "CreateAccessKey", json!({"userName": user})) },
        );
        self.used(&thief, name, first, vec![format!("arn:aws:s3:::{bucket}"), arn, made])
    }

    /// Credentials of the node's role, taken through the web shell and used from outside.
    fn stolen_role(&mut self) -> Result<KeyUse> {
        let account = self.account()?;
        let key = aws_key_id(&mut self.rng, "ASIA", account);
        let start = self.spec.attack.second_night + Duration::minutes(21);
        let node_address = self.spec.aws.node_address.clone();
        let home = self.role(&key, &node_address, JAVA, start);
        self.push(&home, &plain(start - Duration::minutes(8), "ec2", "DescribeInstances", json!({})));
        let address = self.spec.attack.late_address.clone();
        let thief = self.role(&key, &address, CLI, start);
        let first = self.events.len();
        self.push(&thief, &plain(start, "sts", "GetCallerIdentity", Value::Null));
        self.push(&thief, &secret_value(self.spec, start + Duration::seconds(40), "bitbucket/database"));
        self.push(&thief, &secret_value(self.spec, start + Duration::seconds(44), "bitbucket/search"));
        let denied = plain(start + Duration::seconds(60), "secretsmanager", "ListSecrets", Value::Null);
        self.push(&thief, &Call { error: Some("AccessDenied"), ..denied });
        let resources = vec!["bitbucket/database".to_owned(), "bitbucket/search".to_owned()];
        let name = format!("role {}", self.spec.aws.instance_role);
        Ok(self.used(&thief, &name, first, resources))
    }

    fn used(&self, caller: &Caller, name: &str, first: usize, resources: Vec<String>) -> KeyUse {
        let mut events: BTreeMap<String, u64> = BTreeMap::new();
        for (_, event) in self.events.iter().skip(first) {
            let call = event.get("eventName").and_then(Value::as_str).unwrap_or_default();
            *events.entry(call.to_owned()).or_default() += 1;
        }
        KeyUse {
            access_key_id: caller.key.clone(),
            name: name.to_owned(),
            ips: vec![caller.address.clone()],
            events,
            resources,
        }
    }
}

fn plain<'a>(at: DateTime<Utc>, service: &'a str, name: &'a str, parameters: Value) -> Call<'a> {
    Call { at, service, name, parameters, response: Value::Null, error: None }
}

fn secret_value<'a>(spec: &Spec, at: DateTime<Utc>, name: &str) -> Call<'a> {
    let arn = format!("arn:aws:secretsmanager:{}:{}:secret:{name}-Xa9Qp1", spec.aws.region, spec.aws.account);
    plain(at, "secretsmanager", "GetSecretValue", json!({"secretId": arn}))
}
