import CJemalloc

/// Keeps the linker from leaving the allocator out: nothing else of it is called by name.
enum Allocator {
    /// The version that is linked, for instance "5.3.0-0-g54eaed1d8b56b1aa528be3bdd1877e59c56fa90c".
    static var version: String {
        var text: UnsafePointer<CChar>?
        var size = MemoryLayout.size(ofValue: text)
        guard mallctl("version", &text, &size, nil, 0) == 0, let text else { return "unknown" }
        return String(cString: text)
    }
}
