import ArgumentParser
import Foundation

/// What the command's exit statuses mean (docs/command.md).
enum ExitStatus {
    /// The ledger, a check or a proof says no.
    static let no = ExitCode(1)
    /// Something outside the ledger went wrong: files, configuration, disk.
    static let fault = ExitCode(2)

    /// Runs a command's body; a fault becomes its message on standard error.
    static func reporting(_ body: () async throws -> Void) async throws {
        do { try await body() } catch let exit as ExitCode {
            throw exit
        } catch let error as ValidationError {
            // The parser would show how the whole command is used, not this part of it.
            Terminal.writeError("koinon: \(error)\n")
            throw ExitCode.validationFailure
        } catch let error as CocoaError {
            Terminal.writeError("koinon: \(FileFault(error))\n")
            throw fault
        } catch {
            Terminal.writeError("koinon: \(error)\n")
            throw fault
        }
    }
}
