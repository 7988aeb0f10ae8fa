import Foundation
import KoinonProtocol
import Testing

@testable import KoinonReplay

/// The folder of the package, in which the committed examples lie.
let packageFolder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Every row of a CSV text, its header first.
func table(
    _ csv: [UInt8], delimiter: UInt8 = UInt8(ascii: ","), limits: CSVLimits = CSVLimits()
) throws(CSVFault) -> [[String]] {
    var reader = try CSVReader(bytes: csv, name: "t.csv", delimiter: delimiter, limits: limits)
    var rows = [reader.header]
    var row = CSVRow()
    while try reader.next(&row) { rows.append((0..<row.count).map { row.text($0) }) }
    return rows
}

/// A mapping as people write one, with some keys set otherwise. A path such as
/// `lease.tariff.price_minor` names a key; nil removes it.
func mappingJSON(_ changes: [String: (any Sendable)?] = [:]) throws -> [UInt8] {
    var object: [String: Any] = [
        "format": "koinon/mapping/v1",
        "operator": ["member": "cycles", "title": "Cycles"],
        "columns": [
            "trip": "id", "start": "from", "end": "to", "bike": "bike", "rider": "rider",
        ],
        "time": ["form": "unix_seconds"],
        "resources": ["kind": "bicycle", "kind_title": "Bicycle"],
        "lease": [
            "unit": ["id": "usd", "title": "US dollar", "scale": 2],
            "tariff": ["price_minor": 100, "step_ms": 60_000, "minimum_steps": 1],
            "deposit_minor": 1_000, "top_up_minor": 5_000,
        ],
    ]
    for (path, value) in changes {
        set(&object, path.split(separator: ".").map(String.init)[...], to: value)
    }
    return Array(try JSONSerialization.data(withJSONObject: object, options: .sortedKeys))
}

private func set(_ object: inout [String: Any], _ path: ArraySlice<String>, to value: Any?) {
    guard let key = path.first else { return }
    if path.count == 1 {
        object[key] = value
    } else {
        var inner = object[key] as? [String: Any] ?? [:]
        set(&inner, path.dropFirst(), to: value)
        object[key] = inner
    }
}

func mapping(_ changes: [String: (any Sendable)?] = [:]) throws -> Mapping {
    try Mapping(json: mappingJSON(changes), name: "m.json")
}

/// A plan of rows `id,from,to,bike,rider`, read by ``mapping(_:)``.
func plan(_ rows: [String], _ changes: [String: (any Sendable)?] = [:]) throws -> TripPlan {
    let csv = (["id,from,to,bike,rider"] + rows).joined(separator: "\n")
    return try TripPlan([
        TripFile(csv: bytes(csv), name: "t.csv", mapping: mapping(changes))
    ])
}

/// The committed files of the demo.
func committedFile(_ csv: String, _ mapping: String) throws -> TripFile {
    let folder = packageFolder + "/Examples/Data/"
    return try TripFile(
        path: folder + csv, mapping: Mapping(path: folder + mapping),
        mappingPath: folder + mapping)
}

func healthyRide() throws -> TripFile {
    try committedFile("healthyride-2018q1.csv.gz", "healthyride.mapping.json")
}

func valleyBike() throws -> TripFile {
    try committedFile("valleybike-2020-12-to-2021-02.csv.gz", "valleybike.mapping.json")
}
