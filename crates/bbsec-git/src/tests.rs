//! Tests over whole repositories, made by the real git and judged by it and by libgit2.

mod alternates;
mod damage;
mod history;
mod names;
mod objects;
