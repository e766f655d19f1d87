import Glibc
import Synchronization
import Testing

@testable import IOLoop

@IOThread
struct CPUContentionTests {
    private func sample(_ text: String) throws -> CPUContention.Sample { try #require(CPUContention.Sample(text)) }

    @Test func `the kernel's line is what ran, what waited, and a number of slices`() throws {
        let sample = try sample("1041789 250000 3\n")
        #expect(sample.ran == 1_041_789)
        #expect(sample.waited == 250_000)
        #expect(CPUContention.Sample("") == nil)
        #expect(CPUContention.Sample("not a number") == nil)
    }

    @Test func `a thread that waits as long as it runs moves half-way to one`() throws {
        let ratio = CPUContention.smoothed(0, from: try sample("0 0 0"), to: try sample("50000000 50000000 9"))
        #expect(ratio == 0.5)
    }

    @Test func `a thread that hardly runs says nothing of the machine`() throws {
        let ratio = CPUContention.smoothed(2, from: try sample("0 0 0"), to: try sample("999999 90000000 9"))
        #expect(ratio == 1)
    }

    @Test(arguments: [(0, 0), (1, 0), (1.25, 0.5), (1.5, 1), (30, 1)])
    func `waiting for longer than running is contention`(ratio: Double, level: Double) {
        #expect(CPUContention.level(ratio) == level)
    }

    /// More spinning threads than cores, this one among them.
    @Test func `a machine without a free core is noticed, and a free one again`() async throws {
        let contention = CPUContention()
        let isOver = Stop()
        defer { isOver.flag.store(true, ordering: .relaxed) }
        let threads = (0..<4 * sysconf(Int32(_SC_NPROCESSORS_ONLN))).map { _ in spin(isOver) }
        try await eventually {
            burn(.milliseconds(5))
            return contention.level == 1
        }
        isOver.flag.store(true, ordering: .relaxed)
        for thread in threads { pthread_join(thread, nil) }
        try await eventually { contention.level < 1 }
    }

    fileprivate final class Stop: Sendable {
        let flag = Atomic<Bool>(false)
    }

    private nonisolated func spin(_ stop: Stop) -> pthread_t {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(stop).toOpaque()
        pthread_create(&thread, nil, spinUntilStopped, argument)
        return thread
    }

    private func burn(_ duration: Duration) {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {}
    }
}

private func spinUntilStopped(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let stop = Unmanaged<CPUContentionTests.Stop>.fromOpaque(argument).takeRetainedValue()
    while !stop.flag.load(ordering: .relaxed) {}
    return nil
}
