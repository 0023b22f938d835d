//! The commands of a script: what they pass to each other, loops, and the programs that start other commands.

use std::collections::HashMap;

use super::shell::{Command, Function, Script, Word};
use crate::draft::{Part, Segment, Text};

/// The most words of a loop whose commands are repeated.
const WORDS_MAX: usize = 20;

/// Programs that start the command after them, with those of their options that take a value.
const STARTERS: [(&str, &str); 12] = [
    ("sudo", "-u -g -h -p -C -D"),
    ("env", "-u -C -S"),
    ("docker", "-e -v -p -u -w --name --network --env --volume --user --entrypoint -n"),
    ("podman", "-e -v -p -u -w --name --network --env --volume --user --entrypoint"),
    ("kubectl", "-n -c --namespace --container --context --image"),
    ("timeout", "-s -k --signal --kill-after"),
    ("watch", "-n --interval"),
    ("nice", "-n --adjustment"),
    ("nohup", ""),
    ("stdbuf", "-i -o -e"),
    ("xargs", "-I -n -P -L -d"),
    ("proxychains", "-f"),
];

/// What a command writes, if that is known: `echo '…' |`, `printf '%s' '…' |`, `cat FILE |`.
pub(super) fn piped(command: &Command) -> Option<Text> {
    let words: Vec<&Word> = command.words.iter().filter(|word| word.text.as_literal() != Some("$")).collect();
    let (program, rest) = words.split_first()?;
    match (program.text.as_literal()?, rest) {
        ("echo", [flag, text]) if flag.text.as_literal() == Some("-n") => Some(text.text.clone()),
        ("echo", [text]) => {
            let mut text = text.text.clone();
            text.push("\n");
            Some(text)
        }
        ("printf", [format, text]) if matches!(format.text.as_literal(), Some("%s" | "%s\\n")) => Some(text.text.clone()),
        ("cat", [file]) => Some(Text::literal(format!("@{}", file.text.as_literal().filter(|file| !file.starts_with('-'))?))),
        _ => None,
    }
}

/// A word, or the words of the array that it names.
fn words_of(word: Word, lists: &HashMap<String, Vec<Word>>) -> Vec<Word> {
    let list = match word.text.parts.as_slice() {
        [Part::Hole(name)] => lists.get(name),
        _ => None,
    };
    list.cloned().unwrap_or_else(|| vec![word])
}

/// Ends a command: assignments set variables, prompts and wrappers are removed, and curl commands are kept.
pub(super) fn end(command: &mut Command, script: &mut Script) {
    let mut command = std::mem::take(command);
    loop {
        let Some(first) = command.words.first() else { return };
        let Some(literal) = first.text.parts.first().map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Hole(_) => String::new(),
        }) else {
            command.words.remove(0);
            continue;
        };
        let name = literal.split('=').next().unwrap_or_default();
        let is_name = !name.is_empty()
            && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit());
        if is_name && literal.contains('=') {
            let mut value = first.text.clone();
            if let Some(Part::Literal(text)) = value.parts.first_mut() {
                *text = text[name.len() + 1..].to_owned();
            }
            value.parts.retain(|part| !matches!(part, Part::Literal(text) if text.is_empty()));
            script.variables.insert(name.to_owned(), value);
            command.words.remove(0);
            continue;
        }
        let program = literal.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
        if program == "curl" || program == "curl.exe" {
            // `"${NAME[@]}"` passes the words of an array.
            command.words = command.words.drain(..).flat_map(|word| words_of(word, &script.lists)).collect();
            keep(command, script);
            return;
        }
        if let Some(function) = script.functions.get(&literal).filter(|_| first.text.as_literal().is_some()).cloned() {
            for inner in &function.commands {
                keep(called(inner, &function, &command.words[1..]), script);
            }
            return;
        }
        if program == "for" {
            script.repeated = loop_words(&command);
            return;
        }
        if program == "done" {
            script.repeated = None;
            return;
        }
        if let Some(words) = started(&program, &command.words) {
            command.words = words;
            continue;
        }
        if matches!(
            literal.as_str(),
            "$" | "%"
                | ">"
                | "export"
                | "set"
                | "local"
                | "declare"
                | "time"
                | "exec"
                | "command"
                | "if"
                | "then"
                | "do"
                | "else"
                | "while"
                | "!"
                | "call"
                | "&"
                | "{"
        ) {
            command.words.remove(0);
            continue;
        }
        return;
    }
}

/// A command of a function with the arguments of a call.
fn called(command: &Command, function: &Function, arguments: &[Word]) -> Command {
    fn fill(text: &Text, function: &Function, arguments: &[Word], depth: usize) -> Text {
        let mut out = Text::default();
        for part in &text.parts {
            let argument = |name: &str| name.strip_prefix("ARG")?.parse::<usize>().ok();
            match part {
                Part::Literal(literal) => out.push(literal),
                Part::Hole(name) if argument(name).is_some() => {
                    let shifts = if depth == 0 { function.shifts } else { 0 };
                    let number = argument(name).unwrap_or_default() + shifts;
                    out.append(arguments.get(number.wrapping_sub(1)).map(|word| word.text.clone()).unwrap_or_default());
                }
                Part::Hole(name) => match function.variables.get(name).filter(|_| depth < 8) {
                    Some(value) => out.append(fill(value, function, arguments, depth + 1)),
                    None => out.hole(name),
                },
            }
        }
        out
    }
    let words = command.words.iter().flat_map(|word| match word.text.parts.as_slice() {
        [Part::Hole(name)] if name == "ARGS" => arguments.get(function.shifts..).unwrap_or_default().to_vec(),
        _ => vec![Word { text: fill(&word.text, function, arguments, 0), ..word.clone() }],
    });
    let stdin = command.stdin.as_ref().map(|text| fill(text, function, arguments, 0));
    Command { words: words.collect(), stdin, output: command.output.clone() }
}

/// Keeps a curl command: once, or once for each word of the loop around it.
fn keep(command: Command, script: &mut Script) {
    let Some((name, values)) = &script.repeated else {
        script.commands.push(command);
        return;
    };
    for value in values {
        let fill = |text: &Text| {
            let mut out = Text::default();
            for part in &text.parts {
                match part {
                    Part::Hole(hole) if hole == name => out.append(value.clone()),
                    Part::Hole(hole) => out.hole(hole),
                    Part::Literal(literal) => out.push(literal),
                }
            }
            out
        };
        let words = command.words.iter().map(|word| Word { text: fill(&word.text), ..word.clone() }).collect();
        script.commands.push(Command { words, stdin: command.stdin.as_ref().map(fill), output: command.output.clone() });
    }
}

/// The variable and the words of `for NAME in WORD …`. Of a loop that is too long or over files, the variable is one of the environment.
fn loop_words(command: &Command) -> Option<(String, Vec<Text>)> {
    let [_, name, word, rest @ ..] = command.words.as_slice() else { return None };
    if word.text.as_literal() != Some("in") {
        return None;
    }
    let mut values: Vec<Text> = Vec::new();
    for word in rest {
        let range = match word.text.parts.as_slice() {
            [Part::Hole(inner)] => inner.strip_prefix("$(seq ").and_then(|rest| rest.strip_suffix(')')).map(|rest| rest.replace(' ', "..")),
            [Part::Literal(text)] if !word.quoted => {
                text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).filter(|inner| inner.contains("..")).map(str::to_owned)
            }
            _ => None,
        };
        match range {
            Some(range) => {
                let bounds: Option<Vec<i64>> = range.split("..").map(|bound| bound.trim().parse().ok()).collect();
                let (from, to) = match bounds?.as_slice() {
                    [to] => (1, *to),
                    [from, to] => (*from, *to),
                    _ => return None,
                };
                if to < from || to - from >= WORDS_MAX as i64 {
                    return None;
                }
                values.extend((from..=to).map(|number| Text::literal(number.to_string())));
            }
            None if word.text.as_literal().is_some_and(|text| text.contains('*') && !word.quoted) => return None,
            None => values.push(word.text.clone()),
        }
    }
    let is_known = !values.is_empty() && values.len() <= WORDS_MAX;
    is_known.then(|| (name.text.as_literal().unwrap_or_default().to_owned(), values))
}

/// The words of the curl command that a program starts: `sudo -u www curl …`, `docker run curlimages/curl …`.
fn started(program: &str, words: &[Word]) -> Option<Vec<Word>> {
    let (_, valued) = STARTERS.iter().find(|(name, _)| *name == program)?;
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let text = word.text.as_literal().unwrap_or_default();
        let name = text.rsplit('/').next().unwrap_or_default();
        let name = name.split(':').next().unwrap_or_default();
        if matches!(name, "curl" | "curl.exe") && !text.starts_with('-') {
            let mut words = words[at..].to_vec();
            words[0].text = Text::literal("curl");
            // `docker run … curlimages/curl curl …`
            if words.get(1).is_some_and(|word| word.text.as_literal() == Some("curl")) {
                words.remove(0);
            }
            return Some(words);
        }
        at += if valued.split(' ').any(|option| option == text) { 2 } else { 1 };
    }
    None
}

fn is_filter(command: &str) -> bool {
    command.starts_with("jq ") || command.starts_with("python")
}

/// The path of `python3 -c "import json, sys; print(json.load(sys.stdin)['token'])"`.
fn python_path(filter: &str) -> Option<Vec<Segment>> {
    let (_, mut rest) = filter.split_once("json.load(sys.stdin)")?;
    let mut out = Vec::new();
    while let Some(inner) = rest.strip_prefix('[') {
        let (index, behind) = inner.split_once(']')?;
        rest = behind;
        let plain = index.trim_matches(['\'', '"', '\\']);
        out.push(match index.parse::<usize>() {
            Ok(number) => Segment::Index(number),
            Err(_) => Segment::Key(plain.to_owned()),
        });
    }
    let is_path = rest.trim_start_matches(')').trim_start_matches(['"', '\'']).trim().is_empty();
    (is_path && !out.is_empty()).then_some(out)
}

/// The path of `jq -r .data.token` after a curl command in a `$(…)`.
pub(super) fn selected(command: &str) -> Option<Vec<Segment>> {
    // A here-document may follow the line with the filter.
    let filter =
        command.lines().find_map(|line| line.rsplit_once('|').map(|(_, filter)| filter.trim()).filter(|filter| is_filter(filter)))?;
    let mut words = filter.split_whitespace();
    if words.next()? != "jq" {
        return python_path(filter);
    }
    let path = words.find(|word| !word.starts_with('-'))?.trim_matches(['\'', '"']);
    if words.next().is_some() {
        return None;
    }
    let mut out = Vec::new();
    for part in path.strip_prefix('.')?.split('.') {
        let (key, indices) = part.split_at(part.find('[').unwrap_or(part.len()));
        if !key.is_empty() {
            out.push(Segment::Key(key.trim_matches('"').to_owned()));
        }
        for index in indices.split('[').skip(1) {
            let index = index.strip_suffix(']')?;
            out.push(match index.parse::<usize>() {
                Ok(number) => Segment::Index(number),
                Err(_) => Segment::Key(index.strip_prefix('"')?.strip_suffix('"')?.to_owned()),
            });
        }
    }
    let is_path = out.iter().all(|segment| match segment {
        Segment::Key(key) => key.chars().all(|char| char.is_alphanumeric() || matches!(char, '_' | '-')),
        Segment::Index(_) => true,
    });
    (is_path && !out.is_empty()).then_some(out)
}
