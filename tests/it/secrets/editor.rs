//! Secrets stay secret in an editor and on the page of `ltc doc`: neither shows the value of a variable, or a literal secret of an environment.

use super::shows_none;
use crate::lsp::shown_of;
use crate::project::Project;

/// The variables of the server's process.
const VARIABLES: [(&str, &str); 3] =
    [("E_TOKEN", "mk-editor-token-1"), ("E_NEUTRAL", "mk-editor-neutral-2"), ("E_LATER", "mk-editor-default-3")];

/// Secrets that an environment contains, which it should not.
const LITERALS: [&str; 5] =
    ["mk-literal-password-4", "mk-literal-token-5", "mk-literal-credential-6", "mk-literal-key-7", "mk-literal-list-8"];

const ENVIRONMENT: &str = "shop:
  url: 'http://me:mk-literal-password-4@127.0.0.1:9/v1'
  token: mk-literal-token-5
  first: mk-literal-credential-6
  api_key: 'mk-literal-key-7'
  tokens: { token: [mk-literal-list-8] }
  variable: '${E_TOKEN}'
  neutral: 'x ${E_NEUTRAL}'
  later: '${E_LATER:-none}'
";

const SPEC: &str = r#"api shop { base env.shop.url; auth bearer(env.shop.first); healthcheck none; item(id) = GET /items/{id} }
let whole = env.shop
keep token = env.shop.token
sequence S {
  let neutral = env.shop.neutral
  step "A" { shop.item(env.shop.variable) { headers { x_a: env.shop.api_key } }; expect json { a: env.shop.later } }
  log "{neutral} {token} {whole} {env.shop.tokens} {env.shop.tokens.token} {env.shop.first}"
}
user U { run S }
"#;

#[test]
fn editor_shows_no_secret() {
    let errors = "sequence T {\n  let number: int = \"text\"\n  step \"A\" { shop.item(unknown) }\n  let\n}\n";
    // While an author writes, a spec has errors. It uses the same keys as credentials.
    for (name, spec) in [("shown", SPEC.to_owned()), ("wrong", format!("{SPEC}{errors}"))] {
        let project = Project::new().spec(name, spec).env(ENVIRONMENT).profile(name, "clients: 1, duration: 1s");
        let shown = shown_of(&project, &format!("specs/{name}.lt"), &VARIABLES, 4);
        // The server read the environment.
        for part in ["env.shop.token = ", "env.shop.variable = ", "env.shop.first = ***", "127.0.0.1:9/v1"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        shows_none("the language server", shown.as_bytes(), &markers());
    }
}

fn markers() -> Vec<&'static str> {
    VARIABLES.iter().map(|(_, value)| *value).chain(LITERALS).collect()
}

#[test]
fn page_of_a_spec_shows_no_secret() {
    let project = Project::new().spec("shown", SPEC).env(ENVIRONMENT).profile("shown", "clients: 1, duration: 1s");
    let written = VARIABLES.iter().fold(project.ltc(&["doc", "shown", "-o", "shown.html"]), |run, (name, value)| run.env(name, value));
    written.exits(0);
    let page = project.read("shown.html");
    assert!(page.contains("://***@127.0.0.1:9/v1"), "{page}");
    shows_none("the page", page.as_bytes(), &markers());
}
