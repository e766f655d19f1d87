import Testing

/// The built executables on real servers, one stack at a time: each needs most of the machine.
@Suite(.serialized)
struct EndToEnd {}
