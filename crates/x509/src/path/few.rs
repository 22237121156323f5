//! A list that is nearly always short.

use std::ops::{Deref, DerefMut};

/// A list whose items lie in place as long as there are at most `N`, and on the heap when there are more.
pub(crate) enum Few<T, const N: usize> {
    /// How many of them count.
    Placed(usize, [T; N]),
    Many(Vec<T>),
}

impl<T: Default, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Self::Placed(0, std::array::from_fn(|_| T::default()))
    }
}

impl<T: Default, const N: usize> Few<T, N> {
    /// So many times what an item is by default.
    pub(crate) fn of_default(count: usize) -> Self {
        let placed = std::array::from_fn(|_| T::default());
        if count <= N {
            return Self::Placed(count, placed);
        }
        Self::Many(std::iter::repeat_with(T::default).take(count).collect())
    }

    /// Puts an item behind all others.
    pub(crate) fn push(&mut self, item: T) {
        match self {
            Self::Placed(count, placed) => match placed.get_mut(*count) {
                Some(place) => {
                    *place = item;
                    *count = count.saturating_add(1);
                }
                None => *self = Self::Many(placed.iter_mut().map(std::mem::take).chain([item]).collect()),
            },
            Self::Many(items) => items.push(item),
        }
    }

    /// Takes the last item away.
    pub(crate) fn pop(&mut self) -> Option<T> {
        match self {
            Self::Placed(count, placed) => {
                *count = count.checked_sub(1)?;
                placed.get_mut(*count).map(std::mem::take)
            }
            Self::Many(items) => items.pop(),
        }
    }
}

impl<T, const N: usize> Deref for Few<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Placed(count, placed) => placed.get(..*count).unwrap_or_default(),
            Self::Many(items) => items,
        }
    }
}

impl<T, const N: usize> DerefMut for Few<T, N> {
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Self::Placed(count, placed) => placed.get_mut(..*count).unwrap_or_default(),
            Self::Many(items) => items,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against a plain vector.
        #[test]
        fn it_is_a_list(pushes in proptest::collection::vec(any::<Option<u8>>(), 0..12), count in 0usize..6) {
            let (mut few, mut list) = (Few::<u8, 3>::of_default(count), vec![0; count]);
            for item in pushes {
                match item {
                    Some(item) => {
                        few.push(item);
                        list.push(item);
                    }
                    None => prop_assert_eq!(few.pop(), list.pop()),
                }
                prop_assert_eq!(&*few, list.as_slice());
                if let (Some(few), Some(list)) = (few.first_mut(), list.first_mut()) {
                    (*few, *list) = (few.wrapping_add(1), list.wrapping_add(1));
                }
            }
            prop_assert_eq!(&*few, list.as_slice());
        }
    }
}
