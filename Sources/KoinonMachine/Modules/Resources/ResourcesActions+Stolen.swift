import struct Foundation.Data
import KoinonProtocol

/// Reports of theft: as long as one stands, nothing new is agreed about the thing.
extension Resources {
    static func reportStolen(_ action: ReportStolen, in context: Context) throws(Rejection) {
        let id = try resourceID(action.resource)
        guard action.evidenceHash.count == 32 else {
            throw Rejection(ResourcesRejection.badEvidenceHash, field: "evidence_hash")
        }
        guard var resource = resource(id, in: context.state) else {
            throw Rejection(ResourcesRejection.unknownResource, field: "resource")
        }
        guard
            AccountID(resource.owner) == context.sender
                || Alliance.memberID(actingAs: context.sender, in: context.state) != nil
        else { throw Rejection(ResourcesRejection.notOwnerNorMember) }
        guard !resource.retired else {
            throw Rejection(ResourcesRejection.resourceRetired, field: "resource")
        }
        guard !resource.hasStolen else {
            throw Rejection(ResourcesRejection.alreadyReported, field: "resource")
        }
        var report = StolenReport()
        report.reporter = Data(context.sender.bytes)
        report.evidenceHash = action.evidenceHash
        report.reportedAtMs = context.now.milliseconds
        resource.stolen = report
        resources.set(id, resource, in: context.state)
        var reported = ResourceReportedStolen()
        reported.resource = action.resource
        reported.reporter = report.reporter
        reported.evidenceHash = report.evidenceHash
        context.emit(.resourceReportedStolen(reported))
    }

    static func reportRecovered(_ action: ReportRecovered, in context: Context) throws(Rejection) {
        let id = try resourceID(action.resource)
        guard var resource = resource(id, in: context.state) else {
            throw Rejection(ResourcesRejection.unknownResource, field: "resource")
        }
        guard resource.hasStolen else {
            throw Rejection(ResourcesRejection.notReported, field: "resource")
        }
        guard AccountID(resource.stolen.reporter) == context.sender else {
            throw Rejection(ResourcesRejection.notReporter, field: "resource")
        }
        resource.clearStolen()
        resources.set(id, resource, in: context.state)
        var recovered = ResourceRecovered()
        recovered.resource = action.resource
        context.emit(.resourceRecovered(recovered))
    }
}
