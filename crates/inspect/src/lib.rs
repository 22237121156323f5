//! The browser's eye: connect, judge, report.
