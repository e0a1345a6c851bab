//! Who touched what.
