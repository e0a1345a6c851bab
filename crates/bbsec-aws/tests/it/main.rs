//! The actions against the AWS lab (moto, mended), with boto3 as an independent reader.
#![allow(missing_docs, reason = "tests are named by what they show")]

mod isolate;
mod support;
