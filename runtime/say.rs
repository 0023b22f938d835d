//! Prints lines for people: results on standard output, everything else on standard error.
//!
//! A reader that has gone (`| head -1`) must not change how the test continues or its exit code. So these functions never fail and never
//! panic, unlike `println!` and `eprintln!`.

use std::fmt::Display;
use std::io::{self, Write};

/// Prints a line on standard output.
macro_rules! out {
    ($($words:tt)*) => { $crate::say::line(&mut anstream::stdout(), format_args!($($words)*)) };
}

/// Prints a line on standard error. It may quote what a server sent, which must not control the terminal.
macro_rules! err {
    ($($words:tt)*) => { $crate::say::line(&mut anstream::stderr(), $crate::report::text::shown_lines(&format!($($words)*))) };
}

/// Prints a warning on standard error, if the profile's `loglevel` includes warnings.
macro_rules! warning {
    ($($words:tt)*) => {
        if $crate::level::is_enabled(ltc_config::profile::LogLevel::Warn) {
            $crate::say::err!("warning: {}", format_args!($($words)*));
        }
    };
}

/// Prints a note on standard error, if the profile's `loglevel` includes notes.
macro_rules! note {
    ($($words:tt)*) => {
        if $crate::level::is_enabled(ltc_config::profile::LogLevel::Info) {
            $crate::say::err!("note: {}", format_args!($($words)*));
        }
    };
}

pub(crate) use {err, note, out, warning};

/// Writes a line, and ignores a reader that has gone. It writes the line in one piece, because the shards of a test share standard error,
/// and pieces of their lines would mix.
pub(crate) fn line(out: &mut dyn Write, words: impl Display) {
    text(out, &format!("{words}\n"));
}

/// Writes a text, and ignores a reader that has gone.
pub(crate) fn text(out: &mut dyn Write, words: &str) {
    let _ = out.write_all(words.as_bytes()).and_then(|()| out.flush());
}

/// Removes the error of a reader that has gone: it has read what it wanted.
pub(crate) fn unless_gone(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe without a reader.
    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    /// Records each write.
    #[derive(Default)]
    struct Pieces(Vec<String>);

    impl Write for Pieces {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            self.0.push(String::from_utf8_lossy(piece).into_owned());
            Ok(piece.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_write_so_that_those_of_several_shards_do_not_mix() {
        let mut pieces = Pieces::default();
        line(&mut pieces, format_args!("{}:{} user {}", "specs/shop.lt", 2, 7));
        assert_eq!(pieces.0, ["specs/shop.lt:2 user 7\n"]);
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error() {
        line(&mut Gone, "x");
        text(&mut Gone, "x");
        assert!(unless_gone(Gone.write_all(b"x")).is_ok());
        assert!(unless_gone(Err(io::ErrorKind::StorageFull.into())).is_err());
    }
}
