//! The state that the screen shows, and how keys change it. It doesn't depend on a terminal.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::live::{FailureLog, LiveSnapshot, TestInfo};

/// The most intervals in the small charts.
const HISTORY: usize = 400;

/// The order of the steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    /// The order of the spec.
    #[default]
    Spec,
    Requests,
    Rps,
    Failures,
    P50,
    P95,
    P99,
    Max,
}

impl Sort {
    const ALL: [Self; 8] = [Self::Spec, Self::Requests, Self::Rps, Self::Failures, Self::P50, Self::P95, Self::P99, Self::Max];

    fn step(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|sort| *sort == self).unwrap_or(0).cast_signed() + by;
        Self::ALL[at.rem_euclid(Self::ALL.len().cast_signed()).cast_unsigned()]
    }
}

/// One interval of the small charts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ChartPoint {
    pub(super) users: u64,
    pub(super) rps: f64,
    /// `None` if no request was answered.
    pub(super) p95_us: Option<u64>,
    pub(super) failures: u64,
}

/// What a key requests of the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyAction {
    Nothing,
    /// Stop: gracefully at first, immediately at the second request.
    Stop,
}

/// The state of the screen.
#[derive(Debug)]
pub(super) struct ScreenState {
    pub(super) info: Arc<TestInfo>,
    /// The snapshot that is shown. It doesn't change while the view is paused.
    pub(super) shown: Option<Arc<LiveSnapshot>>,
    latest: Option<Arc<LiveSnapshot>>,
    pub(super) history: VecDeque<ChartPoint>,
    pub(super) log: FailureLog,
    pub(super) sort: Sort,
    pub(super) reversed: bool,
    pub(super) paused: bool,
    pub(super) stopping: bool,
    /// Whether the screen asks if the test should stop.
    pub(super) asking: bool,
    pub(super) help: bool,
    /// The first step and the first log entry that are shown. Drawing keeps them in bounds.
    pub(super) scroll: usize,
    pub(super) log_scroll: usize,
}

impl ScreenState {
    pub(super) fn new(info: Arc<TestInfo>) -> Self {
        Self {
            info,
            shown: None,
            latest: None,
            history: VecDeque::new(),
            log: FailureLog::default(),
            sort: Sort::default(),
            reversed: false,
            paused: false,
            stopping: false,
            asking: false,
            help: false,
            scroll: 0,
            log_scroll: 0,
        }
    }

    /// Takes the snapshot of an interval.
    pub(super) fn update(&mut self, live: Arc<LiveSnapshot>) {
        self.history.push_back(ChartPoint {
            users: live.users,
            rps: live.total.now.rps,
            p95_us: live.total.now.percentile_us(0.95),
            failures: live.total.now.failures,
        });
        while self.history.len() > HISTORY {
            self.history.pop_front();
        }
        self.log.add_failures(&live);
        if !self.paused {
            self.shown = Some(live.clone());
        }
        self.latest = Some(live);
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> KeyAction {
        if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
            return self.stop();
        }
        if self.asking {
            self.asking = false;
            return if matches!(key.code, KeyCode::Char('y' | 'Y') | KeyCode::Enter) { self.stop() } else { KeyAction::Nothing };
        }
        if self.help {
            self.help = false;
            return KeyAction::Nothing;
        }
        match key.code {
            KeyCode::Char('q' | 'Q') => self.asking = true,
            KeyCode::Char('?' | 'h') => self.help = true,
            KeyCode::Char('s') | KeyCode::Right => self.sort = self.sort.step(1),
            KeyCode::Char('S') | KeyCode::Left => self.sort = self.sort.step(-1),
            KeyCode::Char('r') => self.reversed = !self.reversed,
            KeyCode::Char(' ' | 'p') => {
                self.paused = !self.paused;
                self.shown.clone_from(&self.latest);
            }
            KeyCode::Down | KeyCode::Char('j') => self.scroll = self.scroll.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageDown => self.scroll = self.scroll.saturating_add(10),
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(10),
            KeyCode::Home => self.scroll = 0,
            KeyCode::End => self.scroll = usize::MAX,
            KeyCode::Char('d') => self.log_scroll = self.log_scroll.saturating_add(1),
            KeyCode::Char('u') => self.log_scroll = self.log_scroll.saturating_sub(1),
            _ => {}
        }
        KeyAction::Nothing
    }

    fn stop(&mut self) -> KeyAction {
        self.stopping = true;
        self.asking = false;
        KeyAction::Stop
    }

    /// The numbers of the rows that have run, in the sort order. Numbers are sorted in descending order, unless reversed.
    pub(super) fn rows(&self) -> Vec<usize> {
        let Some(live) = &self.shown else { return Vec::new() };
        let line = |index: usize| &live.lines[index];
        let mut rows: Vec<usize> =
            (0..live.lines.len()).filter(|&index| line(index).requests + line(index).failures + line(index).unfinished > 0).collect();
        let by = |a: usize, b: usize| -> Ordering {
            let quantile = |q: f64| line(b).now.percentile_us(q).cmp(&line(a).now.percentile_us(q));
            match self.sort {
                Sort::Spec => a.cmp(&b),
                Sort::Requests => line(b).requests.cmp(&line(a).requests),
                Sort::Rps => line(b).now.rps.total_cmp(&line(a).now.rps),
                Sort::Failures => line(b).failures.cmp(&line(a).failures),
                Sort::P50 => quantile(0.5),
                Sort::P95 => quantile(0.95),
                Sort::P99 => quantile(0.99),
                Sort::Max => quantile(1.0),
            }
        };
        rows.sort_by(|&a, &b| by(a, b));
        if self.reversed {
            rows.reverse();
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{info, live_snapshot};

    fn press(state: &mut ScreenState, code: KeyCode) -> KeyAction {
        state.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn state() -> ScreenState {
        let mut state = ScreenState::new(Arc::new(info()));
        state.update(Arc::new(live_snapshot()));
        state
    }

    #[test]
    fn key_q_asks_before_it_stops() {
        let mut state = state();
        assert_eq!(press(&mut state, KeyCode::Char('q')), KeyAction::Nothing);
        assert!(state.asking);
        assert_eq!(press(&mut state, KeyCode::Char('n')), KeyAction::Nothing);
        assert!(!state.asking && !state.stopping);
        press(&mut state, KeyCode::Char('q'));
        assert_eq!(press(&mut state, KeyCode::Char('y')), KeyAction::Stop);
        assert!(state.stopping);
        let again = state.key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert_eq!(again, KeyAction::Stop);
    }

    #[test]
    fn key_s_sorts_by_each_column_and_returns_to_the_spec() {
        let mut state = state();
        assert_eq!(state.rows(), [0, 1, 3]);
        for _ in 0..7 {
            press(&mut state, KeyCode::Char('s'));
        }
        assert_eq!((state.sort, state.rows()), (Sort::Max, vec![3, 1, 0]));
        press(&mut state, KeyCode::Char('r'));
        assert_eq!(state.rows(), [0, 1, 3]);
        press(&mut state, KeyCode::Char('s'));
        assert_eq!(state.sort, Sort::Spec);
        press(&mut state, KeyCode::Char('S'));
        assert_eq!(state.sort, Sort::Max);
    }

    #[test]
    fn a_paused_view_stands_still_while_the_test_goes_on() {
        let mut state = state();
        press(&mut state, KeyCode::Char(' '));
        let mut later = live_snapshot();
        later.users = 77;
        state.update(Arc::new(later));
        assert_eq!(state.shown.as_ref().unwrap().users, 10);
        assert_eq!(state.history.len(), 2);
        press(&mut state, KeyCode::Char('p'));
        assert_eq!(state.shown.as_ref().unwrap().users, 77);
    }

    #[test]
    fn remembered_events_are_bounded() {
        let mut state = state();
        let live = Arc::new(live_snapshot());
        for _ in 0..1000 {
            state.update(live.clone());
        }
        assert_eq!(state.history.len(), HISTORY);
        assert_eq!(state.log.entries()[0].count, 4004);
    }
}
