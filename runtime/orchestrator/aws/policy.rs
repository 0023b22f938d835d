//! IAM policies: the permissions of functions, and those of the person who deploys and runs them.

use ltc_config::profile::LambdaSettings;
use ltc_config::secret_reference::{SecretReference, Store};
use serde_json::{Value, json};

use super::names::Names;
use super::signed::partition;

/// The policy that lets Lambda assume the role.
pub(super) fn trust(region: &str) -> String {
    let service = if partition(region) == "aws-cn" { "lambda.amazonaws.com.cn" } else { "lambda.amazonaws.com" };
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }],
    })
    .to_string()
}

/// The permissions of a function: to write its log, to read the control channel, and to keep its results.
pub(super) fn of_function(names: &Names, account: &str, vpc: bool) -> Value {
    let part = names.partition();
    let mut statements = vec![
        json!({
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": format!("arn:{part}:logs:*:{account}:log-group:/aws/lambda/{}*", names.function),
        }),
        // Without the permission to list, S3 reports a missing object as a forbidden one.
        json!({ "Effect": "Allow", "Action": "s3:ListBucket", "Resource": format!("arn:{part}:s3:::{}", names.bucket(account)) }),
        json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:{part}:s3:::{}/*", names.bucket(account)) }),
        // Functions keep results for `collect`.
        json!({ "Effect": "Allow", "Action": "s3:PutObject", "Resource": format!("arn:{part}:s3:::{}/runs/*/kept/*", names.bucket(account)) }),
    ];
    if vpc {
        statements.push(json!({
            "Effect": "Allow",
            "Action": ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface"],
            "Resource": "*",
        }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The minimal policy for `deploy`, `status`, `run` and `destroy` together. It contains no permission to change a role or a bucket of
/// somebody else.
pub(super) fn of_deployer(names: &Names, account: &str, settings: &LambdaSettings, references: &[SecretReference]) -> Value {
    let part = names.partition();
    let function = format!("arn:{part}:lambda:*:{account}:function:{}", names.function);
    let role = names.role_arn(account);
    let bucket = format!("arn:{part}:s3:::{}", names.bucket(account));
    // Lambda requires `PassRole` to create a function and to change its role.
    let mut role_actions = vec!["iam:PassRole"];
    match &names.own_role {
        Some(arn) if arn.starts_with("arn:") => {}
        Some(_) => role_actions.push("iam:GetRole"),
        None => role_actions.extend([
            "iam:GetRole",
            "iam:CreateRole",
            "iam:TagRole",
            "iam:PutRolePolicy",
            "iam:DeleteRolePolicy",
            "iam:DeleteRole",
        ]),
    }
    let mut bucket_actions = vec!["s3:ListBucket"];
    if names.own_bucket.is_none() {
        bucket_actions.extend(["s3:CreateBucket", "s3:DeleteBucket"]);
    }
    let mut function_actions = vec![
        "lambda:GetFunction",
        "lambda:GetFunctionConfiguration",
        "lambda:CreateFunction",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
        "lambda:PublishVersion",
        "lambda:ListVersionsByFunction",
        "lambda:DeleteFunction",
        "lambda:GetAlias",
        "lambda:CreateAlias",
        "lambda:UpdateAlias",
        "lambda:DeleteAlias",
        "lambda:TagResource",
        "lambda:ListTags",
        "lambda:InvokeFunction",
    ];
    if settings.reserved_concurrency.is_some() {
        function_actions.push("lambda:PutFunctionConcurrency");
    }
    let mut log_actions = vec!["logs:DeleteLogGroup"];
    if settings.log_retention_days.is_some() {
        log_actions.extend(["logs:CreateLogGroup", "logs:PutRetentionPolicy"]);
    }
    let mut statements = vec![
        json!({ "Effect": "Allow", "Action": function_actions, "Resource": [&function, &format!("{function}:*")] }),
        json!({ "Effect": "Allow", "Action": "lambda:GetAccountSettings", "Resource": "*" }),
        json!({ "Effect": "Allow", "Action": role_actions, "Resource": role }),
        json!({ "Effect": "Allow", "Action": bucket_actions, "Resource": bucket }),
        json!({ "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "Resource": format!("{bucket}/*") }),
        json!({
            "Effect": "Allow",
            "Action": log_actions,
            "Resource": format!("arn:{part}:logs:*:{account}:log-group:/aws/lambda/{}*", names.function),
        }),
    ];
    for (action, store) in [("secretsmanager:GetSecretValue", Store::SecretsManager), ("ssm:GetParameter", Store::ParameterStore)] {
        let mut arns: Vec<String> =
            references.iter().filter(|reference| reference.store == store).map(|reference| arn(reference, part, account)).collect();
        arns.dedup();
        if !arns.is_empty() {
            statements.push(json!({ "Effect": "Allow", "Action": action, "Resource": arns }));
        }
    }
    // A list of log groups is asked for by their beginning, so the right to one of them does not suffice.
    if settings.log_retention_days.is_some() {
        let groups = format!("arn:{part}:logs:*:{account}:log-group:*");
        statements.push(json!({ "Effect": "Allow", "Action": "logs:DescribeLogGroups", "Resource": groups }));
    }
    // Lambda encrypts the variables for the function's role with the rights of the one who deploys.
    if let Some(key) = &settings.kms_key {
        statements.push(json!({ "Effect": "Allow", "Action": ["kms:CreateGrant", "kms:Encrypt", "kms:Decrypt"], "Resource": key }));
    }
    // Lambda asks for the first three when a function gets subnets, and `deploy` checks the network with the others, too.
    if !settings.subnets.is_empty() {
        statements.push(json!({
            "Effect": "Allow",
            "Action": [
                "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "ec2:DescribeRouteTables",
                "ec2:DescribeVpcEndpoints", "ec2:DescribeNatGateways",
            ],
            "Resource": "*",
        }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The ARN of a secret. Secrets Manager adds six characters to the name.
fn arn(reference: &SecretReference, partition: &str, account: &str) -> String {
    let id = &reference.id;
    match reference.store {
        _ if id.starts_with("arn:") => id.clone(),
        Store::SecretsManager => format!("arn:{partition}:secretsmanager:*:{account}:secret:{id}-??????"),
        Store::ParameterStore => {
            let name = id.split(':').next().unwrap_or_default().trim_start_matches('/');
            format!("arn:{partition}:ssm:*:{account}:parameter/{name}")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(role: Option<&str>, bucket: Option<&str>) -> Names {
        let settings = LambdaSettings { bucket: bucket.map(str::to_owned), ..LambdaSettings::default() };
        Names::new("shop", None, role.map(str::to_owned), &settings, vec!["eu-central-1".into()]).unwrap()
    }

    fn actions(policy: &Value) -> BTreeSet<String> {
        let of = |statement: &Value| match &statement["Action"] {
            Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            one => vec![one.as_str().unwrap().to_owned()],
        };
        policy["Statement"].as_array().unwrap().iter().flat_map(of).collect()
    }

    fn references() -> Vec<SecretReference> {
        let of = |store, id: &str| SecretReference { store, id: id.into(), member: None, stage: None, version: None };
        vec![of(Store::SecretsManager, "shop/login"), of(Store::ParameterStore, "/shop/token:3")]
    }

    /// The texts after a pattern, up to the next quote.
    fn after<'s>(source: &'s str, pattern: &str) -> Vec<&'s str> {
        source.split(pattern).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    /// The settings for which `deploy` makes every call that it can make.
    fn all_settings() -> LambdaSettings {
        LambdaSettings {
            subnets: vec!["subnet-1".into()],
            kms_key: Some("arn:aws:kms:eu-central-1:1:key/k".into()),
            reserved_concurrency: Some(40),
            log_retention_days: Some(14),
            ..LambdaSettings::default()
        }
    }

    fn deployer(names: &Names, settings: &LambdaSettings) -> Value {
        of_deployer(names, "1", settings, &references())
    }

    #[test]
    fn minimal_policies_contain_every_call_in_the_code() {
        let (function, storage, iam) = (include_str!("function.rs"), include_str!("storage.rs"), include_str!("iam.rs"));
        let mut calls: BTreeSet<String> = BTreeSet::new();
        calls.extend(after(function, "call!(self, \"").iter().map(|action| format!("lambda:{action}")));
        for method in ["HEAD", "PUT", "GET", "DELETE"] {
            let pattern = format!("self.s3(bucket, Method::{method}, \"");
            calls.extend(after(storage, &pattern).iter().map(|action| format!("s3:{action}")));
        }
        calls.extend(after(iam, "query(\"iam\", region, \"").iter().map(|action| format!("iam:{action}")));
        for action in ["iam:DeleteRole", "iam:DeleteRolePolicy"] {
            assert!(iam.contains(action.split(':').nth(1).unwrap()), "{action} is called in another way");
            calls.insert(action.to_owned());
        }
        calls.extend(after(include_str!("logs.rs"), "self.logs(region, \"").iter().map(|action| format!("logs:{action}")));
        calls.extend(after(include_str!("network.rs"), "self.ec2(region, \"").iter().map(|action| format!("ec2:{action}")));
        for action in after(include_str!("secrets.rs"), "=> \"").into_iter().filter(|action| action.contains(":Get")) {
            calls.insert(action.to_owned());
        }
        // Permissions that AWS requires in addition to the calls: for invocations, and for tags, roles, networks and keys in calls.
        calls.extend(["lambda:InvokeFunction", "iam:PassRole", "iam:TagRole", "ec2:DescribeVpcs"].map(str::to_owned));
        calls.extend(["kms:CreateGrant", "kms:Encrypt", "kms:Decrypt"].map(str::to_owned));
        assert!(calls.len() > 38, "the code is written in another way: {calls:?}");
        let allowed = actions(&deployer(&names(None, None), &all_settings()));
        let missing: Vec<&String> = calls.difference(&allowed).collect();
        assert_eq!(missing, Vec::<&String>::new());
        // Deleting a function also requires `DeleteAlias`.
        let unused: Vec<&String> = allowed.difference(&calls).filter(|action| *action != "lambda:DeleteAlias").collect();
        assert_eq!(unused, Vec::<&String>::new());
        // A function reads the control channel with the permissions of its role.
        assert!(storage.contains("call(Method::GET, \"GetObject\"") && storage.contains("call(Method::PUT, \"PutObject\""));
        let of_role = actions(&of_function(&names(None, None), "1", false));
        assert!(of_role.contains("s3:GetObject") && of_role.contains("s3:PutObject"));
    }

    #[test]
    fn rights_for_what_the_profile_does_not_ask_for_are_left_out() {
        let plain = actions(&of_deployer(&names(None, None), "1", &LambdaSettings::default(), &[]));
        let more = actions(&deployer(&names(None, None), &all_settings()));
        assert!(plain.is_subset(&more) && plain.len() + 15 == more.len(), "{:?}", more.difference(&plain).collect::<Vec<_>>());
        assert!(!plain.iter().any(|action| action.starts_with("ec2:") || action.starts_with("kms:") || action.starts_with("ssm:")));
        let secrets = deployer(&names(None, None), &LambdaSettings::default()).to_string();
        assert!(secrets.contains(r#""arn:aws:secretsmanager:*:1:secret:shop/login-??????""#), "{secrets}");
        assert!(secrets.contains(r#""arn:aws:ssm:*:1:parameter/shop/token""#), "{secrets}");
    }

    #[test]
    fn role_and_bucket_of_an_administrator_need_no_right_to_create_them() {
        let own = names(Some("arn:aws:iam::1:role/team/load"), Some("team-load"));
        let allowed = actions(&of_deployer(&own, "1", &LambdaSettings::default(), &[]));
        let iam: Vec<&String> = allowed.iter().filter(|action| action.starts_with("iam:")).collect();
        assert_eq!(iam, ["iam:PassRole"]);
        assert!(allowed.contains("s3:ListBucket") && !allowed.contains("s3:CreateBucket"), "{allowed:?}");
        assert!(actions(&of_deployer(&names(Some("load"), None), "1", &LambdaSettings::default(), &[])).contains("iam:GetRole"));
    }
}
