internal import IOLoop

/// What is wrong for now with something that is looked at again and again; each fault is told once for as long as it lasts.
struct Faults {
    private var told: Set<String> = []

    @IOThread
    mutating func set(_ faults: some Sequence<String>, tell: (@IOThread (String) -> Void)?) {
        let now = Set(faults)
        for fault in now.subtracting(told).sorted() { tell?(fault) }
        told = now
    }
}
