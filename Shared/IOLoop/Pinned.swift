/// Carries something that belongs to the I/O thread through code that runs elsewhere, without letting it be used there.
///
/// `@unchecked Sendable`: `value` is isolated to the I/O thread, the compiler sees to it.
public final class Pinned<Value>: @unchecked Sendable {
    @IOThread public let value: Value

    @IOThread public init(_ value: Value) {
        self.value = value
    }
}
