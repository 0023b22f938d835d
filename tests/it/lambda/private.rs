//! What companies set: an administrator's role, function and bucket, variables, keys, reserved concurrency, retention of logs, a VPC.

use super::Account;
use crate::tools::needs;

/// A profile with these settings of `lambda`.
fn profile(account: &Account, lambda: &str) -> &'static str {
    account.profile(&format!(
        "test_header: {{env: cs1, location: us-west-2}}\nprofile: {{runner: {{clients: 2, duration: 2s}}, lambda: {{{lambda}}}}}\n"
    ))
}

#[test]
fn settings_of_the_profile_are_deployed_shown_and_updated() {
    needs!("ministack");
    let account = Account::new();
    let key = format!("arn:aws:kms:us-west-2:{}:key/0a1b", account.key);
    let settings = format!("environment: {{GREETING: hello}}, kms_key: \"{key}\", reserved_concurrency: 4, log_retention_days: 14");
    let own = ["--profile", profile(&account, &settings)];
    let run = |word: &'static str| account.run(&[&[word][..], &own].concat());
    run("deploy").exits(0).prints(&["us-west-2: created, version 1"]);
    run("status").exits(0).prints(&["variables GREETING", &format!("key {key}"), "4 functions reserved", "its log is kept 14 days"]);
    account.front.requests();
    run("deploy").exits(0).prints(&["us-west-2: unchanged, version 1"]);
    let requests = account.front.requests();
    assert!(!requests.iter().any(|request| request.contains("/concurrency") || request.starts_with("PUT /2015")), "{requests:?}");
    profile(&account, "reserved_concurrency: 5");
    run("deploy").exits(0).prints(&["us-west-2: reconfigured"]);
    run("status").exits(0).prints(&["5 functions reserved"]).omits(&["GREETING", "key arn:"]);
    profile(&account, &settings.replace("us-west-2", "eu-central-1"));
    run("deploy").exits(3).prints(&["profile.lambda.kms_key is a key of eu-central-1, and the function is in us-west-2"]);
    account.run(&["destroy", "--yes"]).exits(0).prints(&["log group /aws/lambda/ltc-tpdata in us-west-2: removed"]);
}

#[test]
fn role_function_and_bucket_of_an_administrator_need_no_iam_right() {
    needs!("ministack");
    let account = Account::deployed();
    let (front, key) = (&account.front, &account.key);
    front.untag(key, &format!("arn:aws:lambda:us-west-2:{key}:function:ltc-tpdata"), "ltc-made");
    let settings = |bucket: &str| {
        let role = format!("arn:aws:iam::{key}:role/ltc-tpdata-role");
        profile(&account, &format!("role: \"{role}\", function: ltc-tpdata, bucket: {bucket}, memory_mb: 512"))
    };
    let own = settings(&format!("ltc-tpdata-{key}-us-west-2"));
    // The version of IAM's API, which all of its calls contain.
    front.deny(Some("Version=2010-05-08"));
    front.requests();
    account.run(&["deploy", "--profile", own]).exits(0).prints(&["us-west-2: reconfigured, version 2, 512 MB"]);
    account.load(&["--profile", own, "--duration", "2s"]).exits(0);
    account.run(&["destroy", "--yes", "--profile", own]).exits(0).prints(&["kept, because `deploy` did not create it"]);
    let requests = front.requests();
    assert!(!requests.iter().any(|request| request.contains("Version=2010-05-08") || request.contains("iam")), "{requests:?}");
    settings("no-such-bucket");
    for word in ["deploy", "run"] {
        let yes: &[&str] = if word == "run" { &["--yes"] } else { &[] };
        let missing = account.run(&[&[word, "--profile", own], yes].concat()).exits(3);
        missing.prints(&["bucket no-such-bucket not found: create it, or remove profile.lambda.bucket"]);
    }
    // A function that the administrator has yet to make.
    front.deny(Some("POST /2015-03-31/functions "));
    profile(&account, &format!("role: \"arn:aws:iam::{key}:role/x\", function: other, bucket: ltc-tpdata-{key}-us-west-2"));
    account.run(&["deploy", "--profile", own]).exits(3).prints(&["function other not found in us-west-2", "lambda:CreateFunction"]);
}

#[test]
fn network_of_functions_in_a_vpc_is_checked_before_the_deployment() {
    needs!("ministack");
    let account = Account::new();
    let (front, key) = (&account.front, &account.key);
    let subnets = front.ec2(key, "us-west-2", "Action=DescribeSubnets");
    let text = |xml: &str, name: &str| xml.split(&format!("<{name}>")).nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned();
    let (subnet, vpc) = (text(&subnets, "subnetId"), text(&subnets, "vpcId"));
    let own = ["deploy", "--profile", profile(&account, &format!("subnets: [{subnet}]"))];
    let cut_off = account.run(&own).exits(0);
    cut_off
        .prints(&[&format!("functions in {subnet} of us-west-2 cannot reach S3"), "add a gateway endpoint for com.amazonaws.us-west-2.s3"]);
    front.ec2(
        key,
        "us-west-2",
        &format!("Action=CreateVpcEndpoint&VpcId={vpc}&VpcEndpointType=Interface&ServiceName=com.amazonaws.us-west-2.s3"),
    );
    account.run(&own).exits(0).omits(&["cannot reach S3"]);
    front.deny(Some("Action=DescribeSubnets"));
    account.run(&own).exits(0).prints(&["warning: the network of us-west-2 is not checked: ec2:DescribeSubnets in us-west-2 was refused"]);
    front.deny(None);
    // A NAT gateway leads everywhere, and servers see its address.
    let nat = text(&front.ec2(key, "us-west-2", &format!("Action=CreateNatGateway&SubnetId={subnet}")), "natGatewayId");
    let tables = front.ec2(key, "us-west-2", &format!("Action=DescribeRouteTables&Filter.1.Name=vpc-id&Filter.1.Value.1={vpc}"));
    let route = format!("Action=CreateRoute&DestinationCidrBlock=0.0.0.0%2F0&NatGatewayId={nat}");
    front.ec2(key, "us-west-2", &format!("{route}&RouteTableId={}", text(&tables, "routeTableId")));
    // ministack gives its gateways no addresses.
    let addresses = "<natGatewayAddressSet><item><publicIp>203.0.113.7</publicIp></item></natGatewayAddressSet>";
    let gateways = format!("<natGatewaySet><item><natGatewayId>{nat}</natGatewayId>{addresses}</item></natGatewaySet>");
    front.rights().answer("Action=DescribeNatGateways", &format!("<DescribeNatGatewaysResponse>{gateways}</DescribeNatGatewaysResponse>"));
    account.run(&own).exits(0).prints(&["requests to the internet from us-west-2 come from 203.0.113.7"]).omits(&["warning"]);
    profile(&account, "subnets: [subnet-0missing]");
    account.run(&own).exits(3).prints(&["subnet-0missing"]);
    account.run(&[&own[..], &["--dry-run"]].concat()).exits(0).prints(&["ec2:DescribeSubnets", "ec2:DescribeRouteTables"]);
}
