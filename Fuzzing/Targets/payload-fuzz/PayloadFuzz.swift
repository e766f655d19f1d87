import FuzzProperties

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.payload.trapUnlessHolds(bytes, count)
    return 0
}
