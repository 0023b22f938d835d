//! The words of a script: quoting, variables, here-documents and redirections of POSIX shells. cmd.exe and PowerShell: see `windows`.

use std::collections::HashMap;

use super::commands::{end, piped};
use super::cursor::Cursor;
use super::windows;
use crate::draft::{Segment, Text};
use crate::{ImportError, Source};

/// A script: its curl commands, and the variables that it sets.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) commands: Vec<Command>,
    pub(super) variables: HashMap<String, Text>,
    /// The defaults of variables: `${NAME:-default}`.
    pub(super) defaults: HashMap<String, String>,
    /// The functions that it declares.
    pub(super) functions: HashMap<String, Function>,
    /// The words of the arrays that it sets.
    pub(super) lists: HashMap<String, Vec<Word>>,
    /// The variable and the words of the open `for` loop.
    pub(super) repeated: Option<(String, Vec<Text>)>,
}

/// A function: its curl commands, and the variables that it sets. `ARG1` and `ARGS` are holes for the arguments of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Function {
    pub(super) commands: Vec<Command>,
    pub(super) variables: HashMap<String, Text>,
    /// The arguments that `shift` removes after the variables have them.
    pub(super) shifts: usize,
}

/// A command; `words[0]` is `curl`.
#[derive(Clone, Debug, Default)]
pub(super) struct Command {
    pub(super) words: Vec<Word>,
    /// The standard input that the shell passes to it.
    pub(super) stdin: Option<Text>,
    /// Its output, if the script reads a member of it: the `$(…)`, and the path of the member.
    pub(super) output: Option<(String, Vec<Segment>)>,
}

/// A word. The holes of its text are names of variables: `NAME`, `1`, or `$(command)`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Word {
    pub(super) text: Text,
    /// Its offset in the source.
    pub(super) at: usize,
    pub(super) quoted: bool,
}

/// Reads a script in the shell dialect that it is probably written in.
pub(super) fn read(source: &Source) -> Result<Script, ImportError> {
    // The prompt of cmd.exe: `C:\Users\ann>`
    let has_prompt =
        |line: &str| line.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && line[1..].starts_with(":\\") && line.contains('>');
    let is_cmd = source.text.lines().any(|line| line.find("curl").is_some_and(|at| has_prompt(&line[..at])));
    let source = &source.with_text(windows::quotes_escaped(&without_prompts(&source.text)));
    let lines = || source.text.lines().map(str::trim_end);
    let mut script = Script::default();
    // A backtick that continues a line has no counterpart in it, unlike those around a command.
    let continues = |line: &str| line.ends_with('`') && line.matches('`').count() % 2 == 1;
    if is_cmd || lines().any(|line| line.ends_with('^')) || source.text.contains("^\"") {
        windows::cmd(source, &mut script)?;
    } else if (lines().any(continues) || windows::is_power_shell(&source.text)) && !source.text.contains("\\\n") {
        windows::power_shell(source, &mut script)?;
    } else {
        Lexer::new(source, &source.text, 0).script(&mut script)?;
    }
    Ok(script)
}

/// Replaces prompts that were copied with the commands with spaces, so that offsets do not change: `$ `, `PS C:\\> `, `ann@host:~$ `.
fn without_prompts(text: &str) -> String {
    let blank = |line: &str| -> String {
        let Some(at) = line.find("curl") else { return line.to_owned() };
        let (prompt, command) = line.split_at(at);
        let is_prompt =
            prompt.trim_end().ends_with(['>', '$', '#', '%']) && prompt.is_ascii() && !prompt.contains(['"', '\'', '=', '|', '(']);
        let is_comment = prompt.trim_start().starts_with('#');
        if is_prompt && !is_comment { format!("{}{command}", " ".repeat(prompt.len())) } else { line.to_owned() }
    };
    text.split_inclusive('\n').map(blank).collect()
}

/// Reads a text character by character.
pub(super) struct Lexer<'s> {
    pub(super) source: &'s Source,
    pub(super) chars: Cursor<'s>,
    /// The length of the text, in bytes.
    length: usize,
    /// The offset of the text in the source: a separate lexer reads the text of a `$(…)`.
    base: usize,
    /// Here-documents whose text follows the current line: the delimiter, whether it was quoted, and whether leading tabs are removed.
    documents: Vec<(String, bool, bool)>,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(source: &'s Source, text: &'s str, base: usize) -> Self {
        Self { source, chars: Cursor::new(text), length: text.len(), base, documents: Vec::new() }
    }

    pub(super) fn at(&self) -> usize {
        self.base + self.length - self.chars.rest().len()
    }

    pub(super) fn next_if(&mut self, char: char) -> bool {
        self.chars.next_if(|next| *next == char).is_some()
    }

    pub(super) fn script(&mut self, script: &mut Script) -> Result<(), ImportError> {
        let mut command = Command::default();
        while let Some(&char) = self.chars.peek() {
            match char {
                ' ' | '\t' | '\r' => {
                    self.chars.next();
                }
                '\n' => {
                    self.chars.next();
                    for (delimiter, raw, tabs) in std::mem::take(&mut self.documents) {
                        command.stdin = Some(self.document(&delimiter, raw, tabs));
                    }
                    end(&mut command, script);
                }
                '(' if self.is_declaration(&command) => self.function(&mut command, script)?,
                ';' | '&' | '|' | '(' | ')' | '`' => {
                    self.chars.next();
                    // `&>` redirects both outputs.
                    if char == '&' && self.next_if('>') {
                        self.next_if('>');
                        self.skip_target(script)?;
                        continue;
                    }
                    let is_cat = matches!(command.words.as_slice(), [only] if only.text.as_literal() == Some("cat"));
                    if !self.documents.is_empty() && char == '|' && is_cat {
                        // `cat <<EOF | curl …`: the document is the input of the next command.
                        command.words.clear();
                    } else if self.documents.is_empty() {
                        let is_pipe = char == '|' && !self.next_if('|');
                        let piped = if is_pipe { piped(&command) } else { None };
                        end(&mut command, script);
                        command.stdin = piped;
                    } else if char != '`' {
                        // The rest of the line that starts a here-document is another command, which does not matter here.
                        while self.chars.next_if(|char| *char != '\n').is_some() {}
                    }
                }
                '#' => while self.chars.next_if(|char| *char != '\n').is_some() {},
                '\\' if self.chars.rest().starts_with("\\\n") || self.chars.rest().starts_with("\\\r\n") => self.continuation(),
                '<' | '>' => self.redirection(&mut command, script)?,
                _ => {
                    let word = self.word(script)?;
                    let is_descriptor =
                        word.text.as_literal().is_some_and(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
                    if is_descriptor && !word.quoted && matches!(self.chars.peek(), Some('<' | '>')) {
                        continue;
                    }
                    command.words.push(word);
                }
            }
        }
        end(&mut command, script);
        Ok(())
    }

    /// Whether `()` declares a function: after its name, and before its block.
    fn is_declaration(&self, command: &Command) -> bool {
        let left = self.chars.rest();
        let block = left.strip_prefix("()").map(str::trim_start);
        block.is_some_and(|block| block.starts_with('{')) && matches!(command.words.len(), 1 | 2)
    }

    /// `name() { … }`: its commands run where it is called.
    fn function(&mut self, command: &mut Command, script: &mut Script) -> Result<(), ImportError> {
        let name = command.words.pop().and_then(|word| word.text.as_literal().map(str::to_owned)).unwrap_or_default();
        command.words.clear();
        while self.chars.next_if(|char| *char != '{').is_some() {}
        self.chars.next();
        let at = self.at();
        let (mut depth, mut quote, mut body) = (1, None, String::new());
        for char in self.chars.by_ref() {
            match (quote, char) {
                (None, '\'' | '"') => quote = Some(char),
                (Some(open), char) if open == char => quote = None,
                (None, '{') => depth += 1,
                (None, '}') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            body.push(char);
        }
        let shifts = body.split([';', '\n']).filter(|command| command.trim() == "shift").count();
        let mut inner = Script { functions: script.functions.clone(), ..Script::default() };
        Lexer::new(self.source, &body, at).script(&mut inner)?;
        script.defaults.extend(inner.defaults);
        script.functions.insert(name, Function { commands: inner.commands, variables: inner.variables, shifts });
        Ok(())
    }

    fn continuation(&mut self) {
        self.chars.next();
        self.next_if('\r');
        self.next_if('\n');
    }

    /// `> file`, `2>&1`, `< file`, `<<EOF`, `<<<"text"`, `>(command)`.
    fn redirection(&mut self, command: &mut Command, script: &mut Script) -> Result<(), ImportError> {
        let at = self.at();
        let is_input = self.chars.next() == Some('<');
        if self.next_if('(') {
            self.nested(')', script)?;
            command.words.push(Word { text: Text::literal("/dev/fd/63"), at, quoted: false });
            return Ok(());
        }
        if is_input && self.next_if('<') {
            if self.next_if('<') {
                self.blank();
                command.stdin = Some(self.word(script)?.text);
                return Ok(());
            }
            let tabs = self.next_if('-');
            self.blank();
            let word = self.word(script)?;
            self.documents.push((word.text.as_literal().unwrap_or_default().to_owned(), word.quoted, tabs));
            return Ok(());
        }
        while self.next_if('>') || self.next_if('&') || self.next_if('|') {}
        let file = self.skip_target(script)?;
        if is_input {
            command.stdin = file.as_literal().map(|name| Text::literal(format!("@{name}")));
        }
        Ok(())
    }

    fn skip_target(&mut self, script: &mut Script) -> Result<Text, ImportError> {
        self.blank();
        if self.next_if('>') || self.chars.peek() == Some(&'(') {
            self.next_if('(');
            self.nested(')', script)?;
            return Ok(Text::default());
        }
        Ok(self.word(script)?.text)
    }

    fn blank(&mut self) {
        while self.chars.next_if(|char| matches!(char, ' ' | '\t')).is_some() {}
    }

    /// The text of a here-document.
    fn document(&mut self, delimiter: &str, raw: bool, tabs: bool) -> Text {
        let mut body = String::new();
        loop {
            if self.chars.peek().is_none() {
                break;
            }
            let mut line = String::new();
            while let Some(char) = self.chars.next_if(|char| *char != '\n') {
                line.push(char);
            }
            self.chars.next();
            let shown = if tabs { line.trim_start_matches('\t') } else { &line };
            if shown.trim_end_matches('\r') == delimiter {
                break;
            }
            body.push_str(shown);
            body.push('\n');
        }
        if raw {
            return Text::literal(body);
        }
        let mut inner = Lexer::new(self.source, &body, 0);
        let mut word = Text::default();
        while inner.chars.peek().is_some() {
            // After an error, the rest of the document is dropped.
            if inner.double_quoted_char(&mut word, true, &mut Script::default()).is_err() {
                break;
            }
        }
        word
    }

    /// The words of `NAME=(…)`, up to the closing bracket. `NAME+=(…)` adds to them.
    fn list(&mut self, name: String, script: &mut Script) -> Result<(), ImportError> {
        let at = self.at();
        let mut words = Vec::new();
        loop {
            match self.chars.peek().copied() {
                Some(')') => break,
                Some(char) if char.is_whitespace() => {
                    self.chars.next();
                }
                Some('#') => while self.chars.next_if(|char| *char != '\n').is_some() {},
                Some('\\') if self.chars.rest().starts_with("\\\n") => self.continuation(),
                Some(';' | '&' | '|' | '<' | '>' | '(') | None => {
                    return Err(self.source.error(at, "unclosed `(` of a list").help("close it with `)`"));
                }
                Some(_) => words.push(self.word(script)?),
            }
        }
        self.chars.next();
        script.lists.entry(name).or_default().extend(words);
        Ok(())
    }

    /// Reads a word: adjacent parts with and without quotes.
    fn word(&mut self, script: &mut Script) -> Result<Word, ImportError> {
        let mut word = Word { at: self.at(), ..Word::default() };
        while let Some(&char) = self.chars.peek() {
            match char {
                // `NAME=(…)`: a list of words.
                '(' if word.text.as_literal().is_some_and(|text| text.ends_with('=')) && !word.quoted => {
                    self.chars.next();
                    let name = word.text.as_literal().unwrap_or_default().trim_end_matches(['=', '+']).to_owned();
                    self.list(name, script)?;
                    return Ok(Word { text: Text::literal("array=1"), ..word });
                }
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => break,
                '\'' => {
                    self.chars.next();
                    word.quoted = true;
                    self.single_quoted(&mut word.text, word.at)?;
                }
                '"' => {
                    self.chars.next();
                    word.quoted = true;
                    self.double_quoted(&mut word.text, word.at, script)?;
                }
                '\\' => {
                    self.chars.next();
                    match self.chars.next() {
                        Some('\n') | None => {}
                        Some('\r') if self.next_if('\n') => {}
                        Some(char) => word.text.push(char.encode_utf8(&mut [0; 4])),
                    }
                }
                '$' | '`' => self.expansion(&mut word, script)?,
                char => {
                    self.chars.next();
                    word.text.push(char.encode_utf8(&mut [0; 4]));
                }
            }
        }
        Ok(word)
    }
}
