//! The tools of the server.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use ltc_config::Profile;
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::tool::ToolCallContext;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest, CustomResult, ErrorCode as RpcError,
    Implementation, ListResourcesResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult,
    ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, tool, tool_handler, tool_router};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::super::build::ConfigurationArgs;
use super::super::{explain, messages};
use super::caps::{Caps, Plan};
use super::process::{self, Output};
use super::{arguments, hosts, resources};
use crate::pipeline::{self, Target};
use crate::project::{self, Problem};

/// The time limit of a build; the first one compiles the runtime.
const BUILD: Duration = Duration::from_secs(30 * 60);
/// The time limit of all other commands that send no load.
const SHORT: Duration = Duration::from_secs(10 * 60);
/// The time that a run may take besides its load: health checks, `before test`, users that finish their iteration.
const OVERHEAD_LIMIT: Duration = Duration::from_secs(5 * 60);

/// The methods of the protocol that have parameters.
const METHODS: [&str; 5] = ["initialize", "tools/call", "tools/list", "resources/read", "resources/list"];

const INSTRUCTIONS: &str = "\
ltc compiles load tests written in .lt specs. Read ltc://docs/language before you write a spec: the language is its own. Write the spec to \
specs/NAME.lt, call `check` until it has no errors (each error has a location and a fix; `explain` tells more), then `debug`, which runs \
every scenario once with one user and shows each exchange. Only then call `run`: it generates load, within the limits that the user has set.";

/// The server of a project.
#[derive(Debug)]
pub(super) struct Server {
    root: PathBuf,
    caps: Caps,
    tools: ToolRouter<Self>,
}

/// A test, and the environment for it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct Test {
    /// Path of a spec, such as specs/shop.lt, or the name of a registered test; without it, the registry's current test
    spec: Option<String>,
    /// The environment: `local` is config/local.yml; by default the profile's
    env: Option<String>,
}

/// A code of a diagnostic.
#[derive(Debug, Deserialize, JsonSchema)]
struct CodeOf {
    /// The code, such as LT0101
    code: String,
}

/// A run for debugging.
#[derive(Debug, Deserialize, JsonSchema)]
struct Debug {
    #[serde(flatten)]
    test: Test,
    /// Run only this scenario or user class
    only: Option<String>,
    /// Show only the steps that fail
    #[serde(default)]
    failures_only: bool,
}

/// A load.
#[derive(Debug, Deserialize, JsonSchema)]
struct Load {
    #[serde(flatten)]
    test: Test,
    /// The number of virtual users; either this or `rate`
    clients: Option<u64>,
    /// The arrival rate, such as 50/s: iterations started per second; either this or `clients`
    rate: Option<String>,
    /// The duration, such as 30s or 2m
    duration: String,
}

impl Load {
    /// The options of a run. The user who started the server has allowed these hosts, and the binary does not ask again: it could not, because
    /// nobody is at a terminal.
    fn args(&self, env: Option<&str>, caps: &Caps) -> Result<Vec<String>, String> {
        // Each value is joined to its option, so that it cannot be another option.
        let amount = match (self.clients, &self.rate) {
            (Some(clients), None) => format!("--clients={clients}"),
            (None, Some(rate)) => format!("--rate={rate}"),
            _ => return Err("expected either `clients` or `rate`".to_owned()),
        };
        let mut args = vec!["--embedded".to_owned(), format!("--duration={}", self.duration), amount];
        args.extend(env.map(|env| format!("--env={env}")));
        args.extend(caps.only_hosts());
        Ok(args)
    }
}

/// A report of an earlier run.
#[derive(Debug, Deserialize, JsonSchema)]
struct File {
    /// The JSON report, or the directory of a run, within the project
    file: String,
}

/// Two reports of earlier runs.
#[derive(Debug, Deserialize, JsonSchema)]
struct Files {
    /// The JSON report of the earlier run, within the project
    base: String,
    /// The JSON report of the newer run, within the project
    new: String,
    /// By how much a figure may be worse, such as 10%; 5% by default
    tolerance: Option<String>,
}

/// A built test that may send requests.
struct Ready {
    binary: PathBuf,
    env: Option<String>,
}

#[tool_router(router = tools)]
impl Server {
    #[tool(description = "Check a spec with its profile, environment and data, without building it. Gives all errors and warnings, each \
                          with its code, location and fix, as JSON.")]
    async fn check(&self, Parameters(test): Parameters<Test>) -> CallToolResult {
        tool_result(self.target(&test).and_then(|target| pipeline::check(&target)).map(|checked| {
            let found = messages::messages(&checked);
            let errors = checked.diagnostics.errors() + checked.config.len();
            json!({ "ok": !checked.has_errors(), "errors": errors, "warnings": found.len() - errors, "messages": found }).to_string()
        }))
    }

    #[tool(description = "Explain the code of an error or a warning, with an example that fails and one that passes.")]
    async fn explain(&self, Parameters(code): Parameters<CodeOf>) -> CallToolResult {
        let found = explain::find(&code.code).map(|code| code.page().to_owned());
        tool_result(found.map_err(|help| format!("unknown error code `{}` ({help})", code.code)))
    }

    #[tool(description = "Build a spec to one native binary in the project's folder. Gives its path, or all errors of the spec.")]
    async fn build(&self, Parameters(test): Parameters<Test>) -> CallToolResult {
        tool_result(self.built(&test).await.map(|(_, output)| output))
    }

    #[tool(description = "Build a spec and run every scenario once with one user. Shows each exchange with its request, response, \
                          expectations and captured values. Secrets are masked.")]
    async fn debug(&self, Parameters(debug): Parameters<Debug>) -> CallToolResult {
        let run = async {
            let ready = self.ready(&debug.test).await?;
            let mut args = vec![if debug.failures_only { "--failures" } else { "--debug" }.to_owned(), "--embedded".to_owned()];
            // Each value is joined to its option, so that it cannot be another option.
            args.extend(debug.only.iter().map(|only| format!("--only={only}")));
            args.extend(ready.env.iter().map(|env| format!("--env={env}")));
            args.extend(self.caps.only_hosts());
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            ended(process::run(&ready.binary, &self.root, &args, SHORT).await?)
        };
        tool_result(run.await)
    }

    #[tool(description = "Build a spec and generate load with it from this machine, within the limits that the user has set. Gives a \
                          summary in Markdown, the verdict of the thresholds, and the path of the JSON report. A load test can harm a \
                          system: run it only against a system that the user named for it.")]
    async fn run(&self, Parameters(load): Parameters<Load>) -> CallToolResult {
        tool_result(self.load(&load).await)
    }

    #[tool(description = "Summarize the JSON report of an earlier run, or the directory of a run, in Markdown.")]
    async fn report(&self, Parameters(file): Parameters<File>) -> CallToolResult {
        let run = async {
            let path = self.within(&file.file)?;
            let output = process::ltc(&self.root, &["report", &path, "--summary-md", "-"], BUILD).await?;
            if output.stdout.is_empty() { Err(output.text()) } else { Ok(output.stdout) }
        };
        tool_result(run.await)
    }

    #[tool(description = "Compare the JSON reports of two runs: which figures are worse or better by more than chance and tolerance.")]
    async fn compare(&self, Parameters(files): Parameters<Files>) -> CallToolResult {
        let run = async {
            let (base, new) = (self.within(&files.base)?, self.within(&files.new)?);
            let tolerance = files.tolerance.as_deref().unwrap_or("5%");
            let output = process::ltc(&self.root, &["compare", &base, &new, &format!("--tolerance={tolerance}")], BUILD).await?;
            if output.code == 2 { Err(output.text()) } else { Ok(output.text()) }
        };
        tool_result(run.await)
    }
}

impl Server {
    pub(super) fn new(root: PathBuf, caps: Caps) -> Self {
        Self { root, caps, tools: Self::tools() }
    }

    fn target(&self, test: &Test) -> Result<Target, String> {
        if let Some(path) = test.spec.as_deref().filter(|spec| spec.contains(['/', '\\'])) {
            self.within(path)?;
        }
        let found = project::find(&self.root, test.spec.as_deref()).map_err(|problem| match problem {
            Problem::Missing(what, help) => format!("{what} ({help})"),
            Problem::Config(_, errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        })?;
        // A name may be that of a link.
        if let Some(outside) =
            [Some(&found.spec), found.profile.as_ref()].into_iter().flatten().find(|path| resources::leads_out(&self.root, path))
        {
            return Err(format!("unexpected link {}, expected a file within the project", outside.display()));
        }
        Ok(ConfigurationArgs { env: test.env.clone(), profile: None }.target(found))
    }

    /// Checks a path from an assistant: it must be within the project, and not look like an option.
    fn within(&self, path: &str) -> Result<String, String> {
        let relative = Path::new(path);
        let relative = relative.strip_prefix(&self.root).unwrap_or(relative);
        let stays = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if stays && !resources::leads_out(&self.root, &self.root.join(relative)) && !path.is_empty() {
            Ok(Path::new(".").join(relative).display().to_string())
        } else {
            Err(format!("unexpected path {path}, expected one within the project"))
        }
    }

    /// Builds a test, and returns the binary and the announcement.
    async fn built(&self, test: &Test) -> Result<(PathBuf, String), String> {
        let target = self.target(test)?;
        let checked = pipeline::check(&target)?;
        let spec = target.spec.display().to_string();
        // After `--`, a name cannot be read as an option.
        let env = test.env.as_ref().map(|env| format!("--env={env}"));
        let mut args = vec!["build", "--message-format", "short"];
        args.extend(env.as_deref());
        args.extend(["--", &spec]);
        let output = process::ltc(&self.root, &args, BUILD).await?;
        if output.code != 0 {
            return Err(output.text());
        }
        Ok((self.root.join(checked.name), output.text()))
    }

    /// Builds a test, and checks that all its hosts are allowed.
    async fn ready(&self, test: &Test) -> Result<Ready, String> {
        let target = self.target(test)?;
        let checked = pipeline::check(&target)?;
        let (binary, _) = self.built(test).await?;
        let program = checked.program.as_ref().ok_or("the spec has errors")?;
        let emitted = checked.emit()?;
        let profile = target.profile.as_ref().and_then(|profile| Profile::load(profile).ok());
        let env = test.env.clone().or_else(|| profile.and_then(|profile| profile.header.env));
        let named = hosts::named(&emitted, &self.root, program, env.as_deref())?;
        hosts::allow(&named, &self.caps.hosts)?;
        Ok(Ready { binary, env })
    }

    async fn load(&self, load: &Load) -> Result<String, String> {
        self.caps.allow_runs()?;
        let ready = self.ready(&load.test).await?;
        let args = load.args(ready.env.as_deref(), &self.caps)?;
        let planned: Vec<&str> = ["plan", "--json", "--engine=process"].into_iter().chain(args.iter().map(String::as_str)).collect();
        let planned = process::run(&ready.binary, &self.root, &planned, SHORT).await?;
        if planned.code != 0 {
            return Err(planned.text());
        }
        let plan: Plan = serde_json::from_str(&planned.stdout).map_err(|error| format!("cannot read the plan: {error}"))?;
        self.caps.allow(&plan)?;
        let longest = ltc_config::duration::parse(&load.duration)? + OVERHEAD_LIMIT;
        let report = report_path(&self.root, &ready.binary);
        let outputs = [format!("--json={report}"), "--summary-md=-".to_owned(), "--quiet".to_owned()];
        let run: Vec<&str> = args.iter().chain(&outputs).map(String::as_str).collect();
        let output = process::run(&ready.binary, &self.root, &run, longest).await?;
        match output.code {
            2 => Err(output.text()),
            code => Ok(format!("{}\n\nexit code {code}; JSON report: {report}", output.stdout.trim_end())),
        }
    }
}

/// The path of a run's JSON report, relative to the project: a new file.
fn report_path(root: &Path, binary: &Path) -> String {
    let name = binary.file_name().unwrap_or_default().to_string_lossy();
    let paths = (1_u64..).map(|number| format!("runs/{name}-mcp-{number}.json"));
    paths.into_iter().find(|path| !root.join(path).exists()).unwrap_or_default()
}

/// The output of a command with its exit code.
fn ended(output: Output) -> Result<String, String> {
    match output.code {
        2 | 3 => Err(output.text()),
        code => Ok(format!("{}\n\nexit code {code}", output.text())),
    }
}

/// The result of a tool. A failure is a text for the assistant instead of an error of the protocol.
fn tool_result(result: Result<String, String>) -> CallToolResult {
    match result {
        Ok(text) => CallToolResult::success(vec![ContentBlock::text(text)]),
        Err(why) => CallToolResult::error(vec![ContentBlock::text(why)]),
    }
}

#[tool_handler(router = self.tools)]
impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_resources().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("ltc", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    /// Calls a tool whose arguments are right.
    async fn call_tool(&self, request: CallToolRequestParams, context: RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
        let given = request.arguments.clone().unwrap_or_default();
        let Some(tool) = self.tools.get(&request.name) else {
            let tools = self.tools.list_all().iter().map(|tool| format!("`{}`", tool.name)).collect::<Vec<_>>().join(", ");
            return Err(ErrorData::invalid_params(format!("unknown tool `{}`: use one of {tools}", request.name), None));
        };
        match arguments::check(&request.name, &tool.input_schema, &given) {
            Err(why) => Ok(tool_result(Err(why)).into()),
            Ok(()) => self.tools.call(ToolCallContext::new(self, request, context)).await,
        }
    }

    /// A request that the protocol does not have, or whose parameters do not fit it.
    async fn on_custom_request(&self, request: CustomRequest, _: RequestContext<RoleServer>) -> Result<CustomResult, ErrorData> {
        let method = request.method;
        let is_known = METHODS.contains(&method.as_str());
        Err(if is_known {
            ErrorData::invalid_params(format!("unexpected parameters of `{method}`"), None)
        } else {
            ErrorData::new(RpcError::METHOD_NOT_FOUND, format!("unknown method `{method}`"), None)
        })
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(resources::list(&self.root)))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let contents = resources::read(&self.root, &request.uri).map_err(|why| ErrorData::resource_not_found(why, None))?;
        Ok(ReadResourceResult::new(vec![contents]).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn name_of_a_link_out_of_the_project_is_refused() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let outside = elsewhere.path().join("shop.lt");
        std::fs::write(&outside, "user A { }").unwrap();
        for name in ["config", "specs"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::os::unix::fs::symlink(&outside, folder.path().join("specs/shop.lt")).unwrap();
        let server = Server::new(folder.path().to_owned(), Caps::default());
        for spec in ["shop", "shop.lt", "specs/shop.lt"] {
            let refused = server.target(&Test { spec: Some(spec.to_owned()), env: None }).unwrap_err();
            assert!(refused.contains("within the project") || refused.contains("not found"), "{spec}: {refused}");
        }
    }

    #[test]
    fn options_of_a_run_allow_the_hosts_of_the_server() {
        let load =
            |clients, rate: Option<&str>| Load { test: Test::default(), clients, rate: rate.map(str::to_owned), duration: "5s".to_owned() };
        let caps = Caps { hosts: vec!["api.example.com".to_owned(), "203.0.113.9".to_owned()], ..Caps::default() };
        let hosts = ["--this-machine-only", "--allow-host=api.example.com", "--allow-host=203.0.113.9"];
        assert_eq!(
            load(Some(3), None).args(Some("qa"), &caps).unwrap(),
            [&["--embedded", "--duration=5s", "--clients=3", "--env=qa"][..], &hosts].concat()
        );
        let none = Caps::default();
        let args = load(None, Some("5/s")).args(None, &none).unwrap();
        assert_eq!(args, ["--embedded", "--duration=5s", "--rate=5/s", "--this-machine-only"]);
        assert!(load(None, None).args(None, &none).is_err() && load(Some(1), Some("1/s")).args(None, &none).is_err());
    }
}
