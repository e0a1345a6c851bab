//! Keeps what AWS answered, byte for byte, so that it can be stored as evidence.
//!
//! Every client carries [`Tap`]. While a recording runs on the calling thread, each answer is kept with its call's name,
//! page by page. Calls block on the thread that made them, so a thread-local list is enough and parallel steps do not mix.

use std::cell::RefCell;

use aws_sdk_ec2::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::AfterDeserializationInterceptorContextRef,
    },
    error::BoxError,
};

/// One answer of AWS.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// `ec2:DescribeInstances`.
    pub(crate) operation: &'static str,
    /// The body as it came.
    pub(crate) body: Vec<u8>,
}

thread_local! {
    static TAPE: RefCell<Option<Vec<Exchange>>> = const { RefCell::new(None) };
    static OPERATION: RefCell<&'static str> = const { RefCell::new("") };
    static DATE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `work` and hands back what AWS answered meanwhile.
pub(crate) fn record<T>(work: impl FnOnce() -> T) -> (T, Vec<Exchange>) {
    let outer = TAPE.with(|tape| tape.replace(Some(Vec::new())));
    let result = work();
    let kept = TAPE.with(|tape| tape.replace(outer)).unwrap_or_default();
    (result, kept)
}

/// Names the calls that follow on this thread.
pub(crate) fn name(operation: &'static str) {
    OPERATION.with(|slot| *slot.borrow_mut() = operation);
}

/// AWS's clock at the last answer on this thread.
pub(crate) fn last_date() -> Option<String> {
    DATE.with(|slot| slot.borrow().clone())
}

/// The interceptor that listens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tap;

impl Intercept for Tap {
    fn name(&self) -> &'static str {
        "Tap"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let date = response.headers().get("date").map(str::to_owned);
        DATE.with(|slot| *slot.borrow_mut() = date);
        if !response.status().is_success() {
            return Ok(());
        }
        TAPE.with(|tape| {
            if let (Some(tape), Some(body)) = (tape.borrow_mut().as_mut(), response.body().bytes()) {
                let operation = OPERATION.with(|slot| *slot.borrow());
                tape.push(Exchange { operation, body: body.to_vec() });
            }
        });
        Ok(())
    }
}
