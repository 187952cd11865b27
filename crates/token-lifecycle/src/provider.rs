//! Known providers as data.
