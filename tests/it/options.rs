//! The command line of the binaries: options that override the environment and the load, and conventions shared with `ltc`.

use crate::project::Project;

/// A project with a test that reads several keys of its environment, and a demo server.
fn project() -> (Project, ltc_demo::Handle, String) {
    let server = ltc_demo::spawn(ltc_demo::Options::any_port()).unwrap();
    let url = format!("http://{}", server.addr());
    let spec = r#"
api shop { base env.shop.url; healthcheck none }

sequence Look {
  let most: int = env.shop.most
  if most < 0 { step "Far" { shop GET "{env.far.url}/x"; expect 200 } }
  step "Items" {
    shop GET /items { query { q: env.shop.term } }
    expect 200
    expect len(json.items) <= most
  }
}

user Visitor { run Look }
"#;
    let env = "shop: { url: http://127.0.0.1:1/shop, term: mug, most: 1000 }\nfar: { url: http://127.0.0.1:1 }\n";
    let project = Project::new().spec("look", spec).env(env);
    (project.profile("look", "clients: 1, duration: 1s").build("look"), server, url)
}

#[test]
fn values_of_the_command_line_replace_those_of_the_environment() {
    let (project, _server, url) = project();
    let run = |args: &[&str]| project.run("look", args);
    run(&["--debug"]).exits(1).prints(&["127.0.0.1:1"]);
    // The path of the base is kept.
    run(&["--debug", "--host", &url]).exits(0).prints(&["/shop/items?q=mug", "1 step, 0 failed"]);
    run(&["--debug", &format!("--host=shop={url}/shop/"), "--set", "env.shop.term=lamp"]).exits(0).prints(&["/shop/items?q=lamp"]);
    let set = format!("env.shop.url={url}/shop");
    run(&["--debug", "--set", &set, "--set", "env.shop.most=0"]).exits(1).prints(&["json.items"]);
    run(&["run", "--shards", "2", "--host", &url, "--rate", "20/s"]).exits(0).prints(&["20"]);
    // Invalid values are reported before the first request.
    run(&["--debug", "--set", "env.shop.most=many"]).exits(2).prints(&["--set env.shop.most", "many"]);
    run(&["--debug", "--set", "env.shop.trem=x"]).exits(2).prints(&["did you mean `shop.term`?"]);
    run(&["--debug", "--set", "shop.term=x"]).exits(2).prints(&["write env.shop.term="]);
    run(&["--debug", "--host", "ship=http://127.0.0.1"]).exits(2).prints(&["did you mean `shop`?"]);
    run(&["--host", "127.0.0.1:80"]).exits(2).prints(&["write http://127.0.0.1:80"]);
}

#[test]
fn spec_without_environment_checks_the_types_of_its_keys_when_it_starts() {
    let server = ltc_demo::spawn(ltc_demo::Options::any_port()).unwrap();
    let spec = "
api shop { base env.shop.url; healthcheck none }

sequence Look {
  wait env.pause
  step \"Items\" { shop GET /items; expect 200; expect len(json.items) <= env.most }
}

user Visitor { run Look }
";
    let keys = |url: &str, pause: &str, most: &str| format!("shop: {{ url: {url} }}\npause: {pause}\nmost: {most}\n");
    let url = format!("http://{}/shop", server.addr());
    let project = Project::new().spec("look", spec).file("config/good.yml", keys(&url, "10ms", "\"1000\""));
    let project = project.file("config/bad.yml", keys("[a]", "soon", "many")).build("look");
    project.run("look", &["--debug", "--env", "good"]).exits(0).prints(&["1 step, 0 failed"]);
    project.run("look", &["--debug", "--env", "bad"]).exits(2).prints(&[
        "config/bad.yml:1:14: env.shop.url (specs/look.lt:2:17)",
        "config/bad.yml:2:8: env.pause (specs/look.lt:5:8)",
        "config/bad.yml:3:7: env.most",
    ]);
}

#[test]
fn load_on_public_hosts_and_beyond_the_limits_is_refused_before_the_first_request() {
    let (project, _server, url) = project();
    let run = |args: &[&str]| project.run("look", args);
    // This is an address for documentation (RFC 5737). The test sends no request to it.
    for args in [&["--host", "http://203.0.113.9"][..], &["run", "--yes", "--shards", "1", "--host", "http://203.0.113.9"]] {
        run(args).exits(2).prints(&["needs permission: http://203.0.113.9", "allow_hosts: [203.0.113.9]", "--allow-host 203.0.113.9"]);
    }
    run(&["--host", "http://203.0.113.9", "--allow-host", "http://203.0.113.9"]).exits(2).prints(&["expected a host without scheme"]);
    run(&["plan", "--host", "http://203.0.113.9"]).exits(0).prints(&["Targets    http://203.0.113.9"]);
    // So are the hosts of full URLs in requests.
    let far = ["--set", "env.far.url=http://203.0.113.9"];
    run(&[&["plan"][..], &far].concat()).exits(0).prints(&["http://127.0.0.1:1 and http://203.0.113.9"]);
    run(&[&["--host", &url][..], &far].concat()).exits(2).prints(&["needs permission: http://203.0.113.9"]);
    run(&["--host", &url]).exits(0).prints(&[&format!("to {url}")]);
    project.write("config/limits.yml", "max_clients: 0\n");
    run(&["--host", &url]).exits(2).prints(&["config/limits.yml:1:1", "max_clients"]);
    // The pace of users is unknown before the load, so workers keep it.
    project.write("config/limits.yml", "max_rate: 5/s\n");
    run(&["--host", &url, "--rate", "6/s", "--duration", "1s"]).exits(2).prints(&["config/limits.yml:1:1", "max_rate"]);
    for command in [&["--threads", "1"][..], &["run", "--shards", "2", "--threads", "1"]] {
        let said = run(&[command, &["--host", &url, "--clients", "4", "--duration", "1s", "--json", "limited.json"]].concat()).exits(0);
        said.prints(&["at most 5 iterations/s (`max_rate`)"]);
        assert!(project.report("limited.json").requests() <= 7, "{said}");
    }
    run(&["plan", "--host", &url]).exits(0).prints(&["at most 5 iterations/s (`max_rate`)"]);
}

#[test]
fn arrival_rate_of_the_command_line_replaces_the_load() {
    let (project, _server, url) = project();
    let run = |args: &[&str]| project.run("look", &[&["--host", &url], args].concat());
    run(&["--rate", "30/s", "--duration", "2s", "--json", "run.json"]).exits(0).prints(&["from when each should have begun"]);
    let requests = project.report("run.json").requests();
    assert_eq!(requests, 60, "an arrival rate starts each iteration at its time");
    run(&["--rate", "30/s", "--clients", "5"]).exits(2).prints(&["--rate", "--clients"]);
}

#[test]
fn conventions_of_the_binary_are_those_of_ltc() {
    let (project, _server, url) = project();
    let run = |args: &[&str]| project.run("look", args);
    for program in [run(&["help"]), project.ltc(&["help"])] {
        program.exits(0).prints(&["--color <WHEN>", "-q, --quiet", "-v, --verbose", "-h, --help", "-V, --version"]);
    }
    run(&["help", "plan"]).exits(0).prints(&["Usage: look plan"]);
    run(&["--version"]).exits(0).prints(&["look load test\n", "spec      specs/look.lt", "hash      ", "built     20", "compiler  ltc "]);
    run(&["-V"]).exits(0).prints(&["look "]).omits(&["hash"]);
    let quiet = run(&["-q", "--host", &url]).exits(0);
    quiet.prints(&["Verdict"]).omits(&["00:00:01  users"]);
    run(&["run", "-q", "--shards", "1", "--host", &url]).exits(0).prints(&["Verdict"]).omits(&["look on "]);
    run(&["-v", "--host", &url]).exits(0).prints(&["debug: specs/look.lt:"]);
    assert!(run(&["--color", "always", "--host", &url]).env_remove("NO_COLOR").exits(0).stdout.contains('\u{1b}'));
    assert!(!run(&["plan", "--color=never", "--engine", "process"]).exits(0).stdout.contains('\u{1b}'));
    // Options of a run have no effect before another command.
    run(&["--clients", "5", "plan"]).exits(2).prints(&["write `plan --clients"]);
    run(&["--vus", "5"]).exits(2).prints(&["--clients N"]).omits(&["similar"]);
    run(&["plan", "-u", "5"]).exits(2).prints(&["--clients N"]);
    run(&["--clients", "five"]).exits(2).prints(&["invalid value `five` for `--clients <N>`: expected a whole number"]);
}

#[test]
fn binary_has_completions_and_a_manual_page_which_ltc_run_uses() {
    let (project, ..) = project();
    let offered = |line: &[&str], ltc: bool| {
        let words = [&["--"], line].concat();
        let run = if ltc { project.ltc(&words) } else { project.run("look", &words) };
        run.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", (line.len() - 1).to_string()).exits(0).stdout
    };
    assert!(offered(&["look", "--dur"], false).contains("--duration"));
    assert!(offered(&["look", "pl"], false).contains("plan"));
    assert!(offered(&["ltc", "run", "look", "--dur"], true).contains("--duration"));
    assert!(offered(&["ltc", "run", "look", "run", "--sha"], true).contains("--shards"));
    assert!(offered(&["ltc", "run", "--message-format", "short", "look", "--dur"], true).contains("--duration"));
    // The binary that reads results offers what every binary has.
    project.ltc(&["report", "none.json"]).exits(2);
    assert!(offered(&["ltc", "report", "--ht"], true).contains("--html"));
    assert!(offered(&["ltc", "try", "http://127.0.0.1/", "--dur"], true).contains("--duration"));
    assert!(project.run("look", &["completions", "fish"]).exits(0).stdout.contains("COMPLETE"));
    assert!(project.run("look", &["man"]).exits(0).stdout.contains(".TH look"));
}
