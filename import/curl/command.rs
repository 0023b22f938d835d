//! The requests of a curl command. Its options are read in the same order as curl reads them.

use super::glob;
use super::options::{self, Meaning, Part};
use super::shell::{Command, Word};
use crate::draft::{Draft, Segment, Text};
use crate::{ImportError, Source};

/// A request that curl would send. Each URL has one.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    /// The offset of the URL in the source.
    pub(super) at: usize,
    pub(super) url: Text,
    pub(super) glob_off: bool,
    pub(super) method: Option<Text>,
    pub(super) headers: Vec<Text>,
    pub(super) data: Vec<(Part, Text)>,
    pub(super) form: Vec<(Part, Text)>,
    pub(super) url_query: Vec<Text>,
    pub(super) get: bool,
    pub(super) head: bool,
    pub(super) upload: Option<Text>,
    pub(super) user: Option<Text>,
    pub(super) bearer: Option<Text>,
    pub(super) aws: Option<Text>,
    pub(super) cookies: Vec<Text>,
    pub(super) cookie_jar: bool,
    pub(super) insecure: bool,
    pub(super) http2: bool,
    pub(super) ca: Option<Text>,
    pub(super) cert: Option<Text>,
    pub(super) key: Option<Text>,
    pub(super) follow: bool,
    pub(super) redirects_max: Option<Text>,
    pub(super) timeout: Option<Text>,
    pub(super) connect_timeout: Option<Text>,
    pub(super) stdin: Option<Text>,
    /// The member of its response that the script reads: the `$(…)`, and the path.
    pub(super) output: Option<(String, Vec<Segment>)>,
    /// Comments about the parts that were not imported.
    pub(super) comments: Vec<String>,
}

/// Reads the requests of a command.
pub(super) fn requests(source: &Source, command: &Command, draft: &mut Draft) -> Result<Vec<Request>, ImportError> {
    let mut reader = Reader { source, draft, out: Vec::new(), current: Request::default(), urls: Vec::new() };
    reader.current.stdin.clone_from(&command.stdin);
    reader.words(command.words.get(1..).unwrap_or_default())?;
    reader.finish();
    if reader.out.is_empty() {
        let at = command.words.first().map_or(0, |word| word.at);
        return Err(source.error(at, "unexpected end of the curl command, expected a URL").help("add the URL of the request"));
    }
    if let Some(last) = reader.out.last_mut() {
        last.output.clone_from(&command.output);
    }
    Ok(reader.out)
}

struct Reader<'s> {
    source: &'s Source,
    draft: &'s mut Draft,
    out: Vec<Request>,
    current: Request,
    urls: Vec<(Text, usize)>,
}

impl Reader<'_> {
    fn words(&mut self, words: &[Word]) -> Result<(), ImportError> {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let start = word.text.parts.first().map(|part| match part {
                crate::draft::Part::Literal(text) => text.clone(),
                crate::draft::Part::Hole(_) => String::new(),
            });
            match start.as_deref() {
                Some("--") => {}
                Some(name) if name.starts_with("--") => {
                    // curl does not accept `--url=x`, but people write it.
                    let (spelled, joined) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
                    let Some((name, meaning)) = options::long(&spelled[2..]) else { return Err(self.unknown(word, spelled)) };
                    if let Some(start) = joined.filter(|_| options::takes_value(meaning)) {
                        let mut value = Text::literal(start);
                        value.parts.extend(word.text.parts.iter().skip(1).cloned());
                        self.option(&format!("--{name}"), meaning, Some(value), word.at)?;
                        continue;
                    }
                    let value =
                        if options::takes_value(meaning) { Some(self.value(words.next(), word, &format!("--{name}"))?) } else { None };
                    self.option(&format!("--{name}"), meaning, value, word.at)?;
                }
                Some(letters) if letters.starts_with('-') && letters.len() > 1 => {
                    let mut rest = &letters[1..];
                    while let Some(letter) = rest.chars().next() {
                        rest = &rest[letter.len_utf8()..];
                        let shown = format!("-{letter}");
                        let Some((_, meaning)) = options::short(letter) else { return Err(self.unknown(word, &shown)) };
                        if !options::takes_value(meaning) {
                            self.option(&shown, meaning, None, word.at)?;
                            continue;
                        }
                        // The value may follow the letter without a space: `-XPOST`.
                        let mut touching = Text::literal(rest);
                        touching.parts.extend(word.text.parts.iter().skip(1).cloned());
                        let value = if touching.parts.is_empty() { self.value(words.next(), word, &shown)? } else { touching };
                        self.option(&shown, meaning, Some(value), word.at)?;
                        break;
                    }
                }
                _ => self.urls.push((word.text.clone(), word.at)),
            }
        }
        Ok(())
    }

    fn value(&self, word: Option<&Word>, option: &Word, name: &str) -> Result<Text, ImportError> {
        word.map(|word| word.text.clone()).ok_or_else(|| {
            self.source
                .error(option.at, format!("unexpected end of the command, expected a value for `{name}`"))
                .help(format!("add a value, or remove `{name}`"))
        })
    }

    fn unknown(&self, word: &Word, name: &str) -> ImportError {
        let error = self.source.error(word.at, format!("unknown curl option `{name}`"));
        match options::nearest(name.trim_start_matches('-')) {
            Some(known) => error.help(format!("did you mean `--{known}`?")),
            None => error.help("remove the option"),
        }
    }

    fn option(&mut self, name: &str, meaning: Meaning, value: Option<Text>, at: usize) -> Result<(), ImportError> {
        let line = self.source.line(at);
        let part = match meaning {
            Meaning::Flag | Meaning::Value => return Ok(()),
            Meaning::OtherFlag | Meaning::OtherValue => {
                let shown = match value.as_ref().and_then(Text::as_literal) {
                    Some(value) if !crate::web::is_secret_name(name) && !name.contains("user") && !name.contains("pass") => {
                        format!("`{name} {value}`")
                    }
                    _ => format!("`{name}`"),
                };
                let comment = self.draft.tally.leave("options", format!("{shown} has no counterpart in ltc"), &self.source.name, line);
                self.current.comments.push(comment);
                return Ok(());
            }
            Meaning::Part(part) => part,
        };
        let current = &mut self.current;
        match (part, value) {
            (Part::Next, _) => {
                self.finish();
                self.current = Request { stdin: self.current.stdin.clone(), ..Request::default() };
            }
            (Part::Url, Some(value)) => self.urls.push((value, at)),
            (Part::Config, Some(value)) => self.config(&value, at)?,
            (Part::Get, _) => current.get = true,
            (Part::Head, _) => current.head = true,
            (Part::GlobOff, _) => current.glob_off = true,
            (Part::Insecure, _) => current.insecure = true,
            (Part::Location, _) => current.follow = true,
            (Part::Http2, _) => current.http2 = true,
            (Part::Basic | Part::Compressed, _) | (_, None) => {}
            (Part::Request, Some(value)) => current.method = Some(value),
            (Part::Header, Some(value)) => current.headers.push(value),
            (Part::UserAgent, Some(value)) => current.headers.push(prefixed("User-Agent: ", value)),
            (Part::Referer, Some(value)) => current.headers.push(prefixed("Referer: ", value)),
            (Part::Data | Part::DataAscii | Part::DataRaw | Part::DataUrlencode | Part::Json, Some(value)) => {
                current.data.push((part, value))
            }
            (Part::Form | Part::FormString, Some(value)) => current.form.push((part, value)),
            (Part::UrlQuery, Some(value)) => current.url_query.push(value),
            (Part::UploadFile, Some(value)) => current.upload = Some(value),
            (Part::User, Some(value)) => current.user = Some(value),
            (Part::Bearer, Some(value)) => current.bearer = Some(value),
            (Part::Aws, Some(value)) => current.aws = Some(value),
            (Part::Cookie, Some(value)) => current.cookies.push(value),
            (Part::CookieJar, Some(_)) => current.cookie_jar = true,
            (Part::CaCert, Some(value)) => current.ca = Some(value),
            (Part::Cert, Some(value)) => current.cert = Some(value),
            (Part::Key, Some(value)) => current.key = Some(value),
            (Part::MaxRedirs, Some(value)) => current.redirects_max = Some(value),
            (Part::MaxTime, Some(value)) => current.timeout = Some(value),
            (Part::ConnectTimeout, Some(value)) => current.connect_timeout = Some(value),
        }
        Ok(())
    }

    /// Reads the options of a configuration file: one on each line, with `=`, `:` or a space before the value, which may be quoted.
    fn config(&mut self, path: &Text, at: usize) -> Result<(), ImportError> {
        let path = path.as_literal().unwrap_or_default().to_owned();
        if path == "-" {
            return Ok(());
        }
        let file = self.source.read(&path).map_err(|error| {
            let (line, column) = self.source.location(at);
            ImportError { line, column, ..error }
        })?;
        let mut offset = 0;
        for line in file.text.split_inclusive('\n') {
            let start = offset;
            offset += line.len();
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let end = line.find([' ', '\t', '=', ':']).unwrap_or(line.len());
            let (name, rest) = line.split_at(end);
            let value = unquoted(rest.trim_start_matches([' ', '\t', '=', ':']));
            let name = name.trim_start_matches('-');
            let found = if name.chars().count() == 1 { name.chars().next().and_then(options::short) } else { options::long(name) };
            let (name, meaning) =
                found.ok_or_else(|| file.error(start, format!("unknown curl option `{name}`")).help("remove the option"))?;
            let value = options::takes_value(meaning).then(|| Text::literal(value));
            self.option(&format!("--{name}"), meaning, value, at)?;
        }
        Ok(())
    }

    /// Adds a request for every URL since the last `--next`, with the options since then.
    fn finish(&mut self) {
        for (url, at) in std::mem::take(&mut self.urls) {
            let (urls, cut) = if self.current.glob_off { (vec![url], false) } else { glob::expand(&url) };
            if cut {
                let what = "the URL stands for more than 50 URLs; the others are missing";
                let comment = self.draft.tally.leave("URLs", what, &self.source.name, self.source.line(at));
                self.current.comments.push(comment);
            }
            self.out.extend(urls.into_iter().map(|url| Request { at, url, ..self.current.clone() }));
        }
    }
}

fn prefixed(prefix: &str, value: Text) -> Text {
    let mut text = Text::literal(prefix);
    text.append(value);
    text
}

/// Removes the quotes of a value in a configuration file, and replaces `\"`, `\\`, `\n`, `\r`, `\t` and `\v` within them.
fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else { return value.to_owned() };
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => break,
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some('v') => out.push('\u{b}'),
                Some(other) => out.push(other),
                None => {}
            },
            char => out.push(char),
        }
    }
    out
}
