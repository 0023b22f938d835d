//! The permissions that a request needs on AWS, so that the rig can enforce a policy.

use std::collections::BTreeSet;

use super::wire::Head;

/// What two principals may do: the person who deploys and runs, and the function's role.
#[derive(Clone, Debug, Default)]
pub(crate) struct Permissions {
    pub(crate) person: BTreeSet<String>,
    pub(crate) function: BTreeSet<String>,
}

impl Permissions {
    /// The first permission that a request lacks. `text` is the beginning of the request.
    pub(super) fn lacks(&self, head: &Head, text: &str) -> Option<String> {
        // Functions sign with the temporary keys of their role.
        let own = if head.header("x-amz-security-token").is_some() { &self.function } else { &self.person };
        needed(head, text).into_iter().find(|action| !own.contains(action))
    }
}

/// The actions that a policy of this request must allow.
fn needed(head: &Head, text: &str) -> Vec<String> {
    let service = head.header("authorization").and_then(|value| value.split('/').nth(3)).unwrap_or_default();
    let form = || text.split("Action=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default().to_owned();
    let target = || head.header("x-amz-target").and_then(|target| target.rsplit('.').next()).unwrap_or_default().to_owned();
    let actions: Vec<String> = match service {
        // Anybody may ask who they are.
        "sts" => Vec::new(),
        "lambda" => of_lambda(head).iter().map(|action| (*action).to_owned()).collect(),
        "s3" => vec![of_s3(head).to_owned()],
        "iam" if form() == "CreateRole" => ["CreateRole", "TagRole"].map(str::to_owned).into(),
        "iam" | "ec2" => vec![form()],
        _ => vec![target()],
    };
    let qualified = |action: String| if action.contains(':') { action } else { format!("{service}:{action}") };
    actions.into_iter().map(qualified).collect()
}

fn of_lambda(head: &Head) -> &'static [&'static str] {
    let path = head.path.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.trim_matches('/').split('/').skip(1).collect();
    match (head.method.as_str(), &segments[..]) {
        ("GET", ["account-settings"]) => &["GetAccountSettings"],
        ("GET", ["tags", ..]) => &["ListTags"],
        ("POST", ["tags", ..]) => &["TagResource"],
        // The function gets a role and tags.
        ("POST", ["functions"]) => &["CreateFunction", "TagResource", "iam:PassRole"],
        ("GET", ["functions", _]) => &["GetFunction"],
        ("DELETE", ["functions", _]) => &["DeleteFunction"],
        ("GET", [_, _, "configuration"]) => &["GetFunctionConfiguration"],
        ("PUT", [_, _, "configuration"]) => &["UpdateFunctionConfiguration"],
        ("PUT", [_, _, "code"]) => &["UpdateFunctionCode"],
        ("GET", [_, _, "versions"]) => &["ListVersionsByFunction"],
        ("POST", [_, _, "versions"]) => &["PublishVersion"],
        ("GET", [_, _, "aliases", _]) => &["GetAlias"],
        ("POST", [_, _, "aliases"]) => &["CreateAlias"],
        ("PUT", [_, _, "aliases", _]) => &["UpdateAlias"],
        ("PUT", [_, _, "concurrency"]) => &["PutFunctionConcurrency"],
        ("POST", [_, _, "invocations" | "response-streaming-invocations"]) => &["InvokeFunction"],
        _ => &["UnknownToTheRig"],
    }
}

fn of_s3(head: &Head) -> &'static str {
    let path = head.path.split('?').next().unwrap_or_default();
    let is_object = path.trim_start_matches('/').split_once('/').is_some_and(|(_, key)| !key.is_empty());
    match (head.method.as_str(), is_object) {
        ("GET", true) => "GetObject",
        ("PUT", true) => "PutObject",
        ("DELETE", true) => "DeleteObject",
        ("PUT", false) => "CreateBucket",
        ("DELETE", false) => "DeleteBucket",
        _ => "ListBucket",
    }
}
