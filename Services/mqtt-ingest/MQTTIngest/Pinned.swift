internal import IOLoop

/// Carries something that belongs to the I/O thread through code that runs elsewhere, without letting it be used there.
///
/// `@unchecked Sendable`: `value` is isolated to the I/O thread, the compiler sees to it.
final class Pinned<Value>: @unchecked Sendable {
    @IOThread let value: Value

    @IOThread init(_ value: Value) {
        self.value = value
    }
}
