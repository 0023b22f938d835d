//! Remembers which frames of a function have been received, because a frame may arrive twice: on the function's output, and from what the
//! function kept.

use std::ops::Range;

/// The numbers of the received frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ReceivedFrames {
    /// The number after the highest received one.
    next: u64,
    /// Lower numbers that have not been received, as ranges, because a number can be anything.
    missing: Vec<Range<u64>>,
    /// Whether the last frame has been received.
    has_end: bool,
}

impl ReceivedFrames {
    /// Records a frame. Returns whether it is received for the first time.
    pub(super) fn add(&mut self, number: u64) -> bool {
        if number >= self.next {
            self.missing.extend(Some(self.next..number).filter(|range| !range.is_empty()));
            self.next = number.saturating_add(1);
            return true;
        }
        let Some(at) = self.missing.iter().position(|range| range.contains(&number)) else { return false };
        let Range { start, end } = self.missing.swap_remove(at);
        self.missing.extend([start..number, number + 1..end].into_iter().filter(|range| !range.is_empty()));
        true
    }

    /// Records that the last frame was received.
    pub(super) fn end(&mut self) {
        self.has_end = true;
    }

    /// The number after the highest received one.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// The number of frames before the highest received one that have not been received.
    pub(super) fn missing(&self) -> u64 {
        self.missing.iter().map(|range| range.end - range.start).fold(0, u64::saturating_add)
    }

    /// Whether the last frame was received.
    pub(super) fn has_end(&self) -> bool {
        self.has_end
    }

    /// Whether every frame of the function was received.
    pub(super) fn is_whole(&self) -> bool {
        self.has_end && self.missing.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_frame_is_received_once_in_any_order() {
        let mut frames = ReceivedFrames::default();
        assert_eq!([0, 0, 1, 6].map(|number| frames.add(number)), [true, false, true, true]);
        assert_eq!((frames.next(), frames.missing(), frames.is_whole()), (7, 4, false));
        assert_eq!([3, 3, 5, 2, 1, 4].map(|number| frames.add(number)), [true, false, true, true, false, true]);
        assert_eq!((frames.missing(), frames.is_whole()), (0, false));
        frames.end();
        assert!(frames.is_whole());
        // A number of a damaged frame takes no memory.
        assert!(frames.add(u64::MAX - 1) && !frames.add(u64::MAX - 1) && frames.add(9));
        assert_eq!(frames.missing(), u64::MAX - 1 - 7 - 1);
    }
}
