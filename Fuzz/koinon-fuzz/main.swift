import CLibFuzzer
import Foundation
import Glibc
import KoinonFuzzing

// koinon-fuzz TARGET [libFuzzer's options, folders and files]: docs/fuzzing.md.
// koinon-fuzz TARGET --write-seeds FOLDER: the inputs that the target makes itself.
//
// Where libFuzzer starts this program again, to make a crash smaller, it leaves the target's
// name out: it stands in the environment as well.

func say(_ text: String) {
    let line = Array("\(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

let variable = "KOINON_FUZZ_TARGET"
let inherited = getenv(variable).map { String(cString: $0) }
let first = CommandLine.arguments.dropFirst().first
let named = FuzzTarget.all.first { $0.name == first }
guard let target = named ?? FuzzTarget.all.first(where: { $0.name == inherited }) else {
    let names = FuzzTarget.all.map(\.name).joined(separator: ", ")
    say("koinon-fuzz TARGET [libFuzzer's options, folders and files]")
    say("TARGET is one of \(names)")
    exit(64)
}
setenv(variable, target.name, 1)

if CommandLine.arguments.dropFirst(2).first == "--write-seeds", CommandLine.argc == 4 {
    do {
        for (index, seed) in try target.madeSeeds().enumerated() {
            let folder = URL(filePath: CommandLine.arguments[3])
            try Data(seed).write(to: folder.appending(path: "made-\(index)"))
        }
    } catch {
        say("the seeds of \(target.name) cannot be written: \(error)")
        exit(1)
    }
    exit(0)
}

/// What the C function below runs, which can capture nothing.
let violation = target.violation

// The target's own limit first, so that an option of the user wins.
var arguments = [CommandLine.unsafeArgv[0], strdup("-max_len=\(target.maximumBytes)")]
for index in (named == nil ? 1 : 2)..<max(2, Int(CommandLine.argc)) {
    arguments.append(CommandLine.unsafeArgv[index])
}
var count = Int32(arguments.count)
arguments.append(nil)
let status = arguments.withUnsafeMutableBufferPointer { buffer in
    var base = buffer.baseAddress
    return LLVMFuzzerRunDriver(&count, &base) { bytes, size in
        if let text = violation(Array(UnsafeBufferPointer(start: bytes, count: size))) {
            say("violated: \(text)")
            abort()
        }
        return 0
    }
}
exit(status)
