import FuzzProperties

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.link.trapUnlessHolds(bytes, count)
    return 0
}
