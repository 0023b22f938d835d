//! IAM policies: what functions may do, and what who deploys and runs them must be allowed to.

use serde_json::{Value, json};

use super::names::Names;
use super::signed::partition;

/// Lambda may take the role on.
pub(super) fn trust(region: &str) -> String {
    let service = if partition(region) == "aws-cn" { "lambda.amazonaws.com.cn" } else { "lambda.amazonaws.com" };
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }],
    })
    .to_string()
}

/// What a function may do: write its log, and look whether it is to stop.
pub(super) fn of_function(names: &Names, account: &str, vpc: bool) -> Value {
    let part = names.partition();
    let mut statements = vec![
        json!({
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": format!("arn:{part}:logs:*:{account}:log-group:/aws/lambda/{}*", names.function),
        }),
        // Without the right to list, an object that isn't there is told as a forbidden one.
        json!({ "Effect": "Allow", "Action": "s3:ListBucket", "Resource": format!("arn:{part}:s3:::{}", names.bucket(account)) }),
        json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:{part}:s3:::{}/*", names.bucket(account)) }),
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

/// The least that `deploy`, `status`, `run` and `destroy` need together.
pub(super) fn of_deployer(names: &Names, account: &str, makes_role: bool, vpc: bool) -> Value {
    let part = names.partition();
    let function = format!("arn:{part}:lambda:*:{account}:function:{}", names.function);
    let role = names.role_arn(account);
    let bucket = format!("arn:{part}:s3:::{}", names.bucket(account));
    let mut role_actions = vec!["iam:PassRole", "iam:GetRole"];
    if makes_role {
        role_actions.extend(["iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:DeleteRole"]);
    }
    let mut statements = vec![
        json!({
            "Effect": "Allow",
            "Action": [
                "lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:CreateFunction", "lambda:UpdateFunctionCode",
                "lambda:UpdateFunctionConfiguration", "lambda:PublishVersion", "lambda:ListVersionsByFunction", "lambda:DeleteFunction",
                "lambda:GetAlias", "lambda:CreateAlias", "lambda:UpdateAlias", "lambda:DeleteAlias", "lambda:TagResource",
                "lambda:ListTags", "lambda:InvokeFunction",
            ],
            "Resource": [&function, &format!("{function}:*")],
        }),
        json!({ "Effect": "Allow", "Action": "lambda:GetAccountSettings", "Resource": "*" }),
        json!({ "Effect": "Allow", "Action": role_actions, "Resource": role }),
        json!({ "Effect": "Allow", "Action": ["s3:CreateBucket", "s3:DeleteBucket", "s3:ListBucket"], "Resource": bucket }),
        json!({ "Effect": "Allow", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": format!("{bucket}/*") }),
        json!({
            "Effect": "Allow",
            "Action": "logs:DeleteLogGroup",
            "Resource": format!("arn:{part}:logs:*:{account}:log-group:/aws/lambda/{}*", names.function),
        }),
    ];
    if vpc {
        statements.push(json!({
            "Effect": "Allow",
            "Action": ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"],
            "Resource": "*",
        }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}
