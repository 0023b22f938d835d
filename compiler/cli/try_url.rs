//! `ltc try`: tests one URL without a spec. It writes a spec, prints it, and builds and runs it like any other.

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::hash::{Hash as _, Hasher as _};
use std::path::PathBuf;
use std::{fs, io};

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use url::Url;

use super::build::{Order, here};
use super::complete;
use super::run::become_program;
use super::screen::{Failure, Screen};
use crate::build::{self, Builder, Options};
use crate::pipeline::Target;

const EXAMPLES: &str = "\
Examples:
  ltc try http://127.0.0.1:8137/shop/items                                 send one request
  ltc try http://127.0.0.1:8137/shop/items --clients 10 --duration 10s     10 users for 10 seconds
  ltc try http://127.0.0.1:8137/shop/items --debug                         show the whole exchange
  ltc try --save specs/items.lt http://127.0.0.1:8137/shop/items           keep the spec, and go on from there

Options of `ltc try` itself come before URL, those of the binary after it: `ltc try URL help` shows them.";

/// Sends GET requests to one URL, without a spec.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, override_usage = "ltc try [OPTIONS] <URL> [ARGS]...")]
pub(super) struct TryUrl {
    /// Also write the spec to this new file
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Do not access the network to build
    #[arg(long)]
    offline: bool,
    /// The URL, then the arguments of the binary
    #[arg(value_name = "URL", required = true, trailing_var_arg = true, add = ArgValueCompleter::new(complete::try_words))]
    words: Vec<OsString>,
}

impl TryUrl {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let Some((written, args)) = self.words.split_first() else { return Err(Failure::wrong("missing URL")) };
        let url = parsed(&written.to_string_lossy())?;
        super::foreign_options::check(args)?;
        let text = spec(&url);
        if let Some(path) = &self.save {
            write_new(path, &text)?;
            screen.note(format_args!("wrote {}", path.display()));
        }
        text.lines().for_each(|line| screen.note(format_args!("  {line}")));
        let builder = Builder::new(Options::default())?;
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let folder = builder.own_folder("try").join(format!("{:016x}", hasher.finish()));
        drop(builder);
        let name = ltc_config::identity::plain(url.host_str().unwrap_or_default().trim_matches(['[', ']']));
        let path = folder.join(format!("{}.lt", if name.is_empty() { "site" } else { &name }));
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&path, &text))
            .map_err(|error| Failure::from(build::Error::Cache(path.clone(), error)))?;
        let output = Some(path.with_extension(""));
        let target = Target { root: folder, spec: path, ..Target::default() };
        let made = Order { output, offline: self.offline, ..Order::of(target) }.build(screen)?;
        become_program(&made.path, &[screen.options_for_a_test(args), args.to_vec()].concat())
    }
}

/// Parses the URL, and removes its fragment, which is never sent.
fn parsed(written: &str) -> Result<Url, Failure> {
    let wrong = |why: String| Failure::wrong(format!("unexpected URL `{written}`: {why}"));
    let mut url = match Url::parse(written) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        // By the standard, `localhost:8137` has the scheme `localhost`.
        Ok(_) | Err(_) if !written.contains("://") && Url::parse(&format!("http://{written}")).is_ok() => {
            return Err(wrong("it has no scheme".to_owned()).help(format!("write `http://{written}` or `https://{written}`")));
        }
        Ok(url) => return Err(wrong(format!("its scheme is {}", url.scheme())).help("write a URL with http or https")),
        Err(error) => return Err(wrong(error.to_string()).help("write it as http://HOST:PORT/PATH")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        let help = "write a spec that reads the password from the environment: `auth basic(env.site.user, env.site.password)`";
        return Err(wrong("it contains a user or a password, which would be in the binary".to_owned()).help(help));
    }
    url.set_fragment(None);
    // In a string of a spec, braces enclose values. Servers treat the encoded form as the same.
    let query = url.query().map(|query| query.replace('{', "%7B").replace('}', "%7D"));
    url.set_query(query.as_deref());
    Ok(url)
}

/// The spec that sends requests to a URL.
fn spec(url: &Url) -> String {
    let base = &url[..url::Position::BeforePath];
    let path = &url[url::Position::BeforePath..];
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "api site {{\n  base \"{}\"\n  healthcheck none\n}}\n\nsequence Try {{\n  step \"GET {}\" {{\n    site GET \"{}\"\n    expect 2xx\n  }}\n}}\n\nuser Visitor {{\n  run Try\n}}\n",
        literal(base),
        literal(url.path()),
        literal(path)
    );
    text
}

/// A text as a string literal of a spec.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn write_new(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    let full = here()?.join(path);
    let written = full.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&full)?;
        io::Write::write_all(&mut file, text.as_bytes())
    });
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::wrong(format!("{} already exists", path.display())).help("use another `--save FILE`"),
        _ => Failure::wrong(format!("cannot write {}: {error}", path.display())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline;

    #[test]
    fn spec_of_any_url_has_no_errors_and_no_warnings() {
        let folder = tempfile::tempdir().unwrap();
        for written in [
            "http://127.0.0.1:8137/shop/items?q=a%20b&page=1",
            "https://example.com",
            "http://[::1]:80/a{b}c/\"d\"?e={f}\\g#part",
            "http://example.com/ä/%7Bx%7D?{{y}}",
        ] {
            let text = spec(&parsed(written).unwrap());
            let spec = folder.path().join("site.lt");
            fs::write(&spec, &text).unwrap();
            let checked = pipeline::check(&Target { root: folder.path().into(), spec, ..Target::default() }).unwrap();
            let found: Vec<_> = checked.diagnostics.iter().map(|found| (found.code.as_str(), &found.message)).collect();
            assert!(found.is_empty() && !checked.has_errors(), "{written}: {found:?}\n{text}");
        }
    }

    #[test]
    fn url_that_cannot_be_requested_is_refused_with_a_fix() {
        let help = |written: &str| match parsed(written).unwrap_err() {
            Failure::Message(_, Some(help), 2) => help,
            other => panic!("{other:?}"),
        };
        assert_eq!(help("localhost:8137/x"), "write `http://localhost:8137/x` or `https://localhost:8137/x`");
        assert_eq!(help("example.com"), "write `http://example.com` or `https://example.com`");
        assert!(help("ftp://example.com").contains("http or https"));
        assert!(help("http://").contains("http://HOST"));
        assert!(help("http://ann:secret@example.com/").contains("env.site.password"));
    }
}
