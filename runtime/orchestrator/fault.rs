//! Injected faults, for the tests of distributed tests: a function with `LTC_FAULT` in its environment fails as the variable says.
//!
//! `kill:1@2s` ends shard 1's process two seconds after its slice's beginning; `cut` also leaves half a frame behind; `hang` continues
//! without output; `never` ends it before its first frame; `skew` sets its clock two seconds ahead, from the start; `twice` delivers its
//! event twice. Only a slice's first attempt fails, unless the value ends in `!`.

use std::io::Write as _;
use std::time::Duration;

use super::event::SliceEvent;

const VARIABLE: &str = "LTC_FAULT";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FaultKind {
    Kill,
    Cut,
    Hang,
    Never,
    Skew,
    Twice,
}

/// The fault of a slice, if any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct InjectedFault(Option<(FaultKind, Duration)>);

impl InjectedFault {
    /// The fault of this slice, if any.
    pub(super) fn of(event: &SliceEvent) -> Self {
        let wanted = std::env::var(VARIABLE).unwrap_or_default();
        Self::parse(&wanted, event.shard, event.slice.ends_with("/0"), event.from())
    }

    fn parse(text: &str, shard: u32, first: bool, from: Duration) -> Self {
        let always = text.ends_with('!');
        let (what, after) = text.trim_end_matches('!').split_once('@').unwrap_or((text.trim_end_matches('!'), "0s"));
        let (kind, number) = what.split_once(':').unwrap_or((what, "0"));
        let kind = match kind {
            "kill" => FaultKind::Kill,
            "cut" => FaultKind::Cut,
            "hang" => FaultKind::Hang,
            "never" => FaultKind::Never,
            "skew" => FaultKind::Skew,
            "twice" => FaultKind::Twice,
            _ => return Self(None),
        };
        let mine = number.parse() == Ok(shard) && (first || always);
        Self(mine.then(|| (kind, from + ltc_config::duration::parse(after).unwrap_or_default())))
    }

    pub(super) fn skew(self) -> Option<Duration> {
        matches!(self.0, Some((FaultKind::Skew, _))).then_some(Duration::from_secs(2))
    }

    pub(super) fn is_twice(self) -> bool {
        matches!(self.0, Some((FaultKind::Twice, _)))
    }

    pub(super) fn before_start(self) {
        if matches!(self.0, Some((FaultKind::Never, _))) {
            std::process::exit(9);
        }
    }

    /// Applies the fault. Called before each frame with counts.
    pub(super) fn on_frame(&mut self, elapsed: Duration, frame: impl FnOnce() -> Vec<u8>) {
        match self.0 {
            Some((FaultKind::Kill, at)) if elapsed >= at => std::process::exit(9),
            Some((FaultKind::Cut, at)) if elapsed >= at => {
                let whole = frame();
                let mut out = std::io::stdout().lock();
                let _ = out.write_all(&whole[..whole.len() / 2]).and_then(|()| out.flush());
                std::process::exit(9);
            }
            Some((FaultKind::Hang, at)) if elapsed >= at => loop {
                std::thread::park();
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_affects_only_the_named_shard() {
        let parse = |text, shard, first| InjectedFault::parse(text, shard, first, Duration::from_secs(4)).0;
        assert_eq!(parse("kill:1@2s", 1, true), Some((FaultKind::Kill, Duration::from_secs(6))));
        assert_eq!((parse("kill:1@2s", 0, true), parse("kill:1@2s", 1, false), parse("", 0, true)), (None, None, None));
        assert_eq!(parse("never:0!", 0, false), Some((FaultKind::Never, Duration::from_secs(4))));
    }
}
