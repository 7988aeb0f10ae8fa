import Foundation
import PackagePlugin

/// Runs `embed-web` on the files under `Web` of a target, and the description of the API,
/// whenever one of them changed.
@main
struct EmbedWeb: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: Target) async throws -> [Command] {
        guard let target = target as? SourceModuleTarget else { return [] }
        let folder = target.directoryURL.appendingPathComponent("Web")
        let output = context.pluginWorkDirectoryURL.appendingPathComponent("EmbeddedWebFiles.swift")
        let files =
            FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?
            .compactMap { $0 as? URL }.filter { !$0.hasDirectoryPath } ?? []
        let description = context.package.directoryURL.appendingPathComponent("docs/openapi.yaml")
        return [
            .buildCommand(
                displayName: "Embedding the web page's files",
                executable: try context.tool(named: "embed-web").url,
                arguments: [folder.path, output.path, description.path],
                inputFiles: files.sorted { $0.path < $1.path } + [description],
                outputFiles: [output])
        ]
    }
}
