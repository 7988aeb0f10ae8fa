import Foundation
import Hummingbird
import KoinonProtocol

extension PageRenderer {
    /// Choose when, see what is set aside and why, and by which rules it goes on.
    func book(_ page: PageRequest) throws -> Response {
        let id = try page.identifier("id", OfferKind.self)
        let found = page.look { reader in
            OfferView.make(id, in: reader).map { view in
                let first = view.items.first.flatMap { ResourceID(text: $0.id) }
                let resource = first.flatMap { ResourceView.make($0, in: reader) }
                return (view, ProcessView.make(view.process, in: reader), resource?.capacity ?? 1)
            }
        }
        guard let (view, process, capacity) = found else { throw Problem.page(id.text) }
        let form = BookForm(page: page, offer: view)
        var model: PageModel = [
            "id": view.id, "title": view.title, "many": capacity > 1,
            "process": process.map {
                ProcessDrawing(process: $0.under(view.terms), current: "", texts: page.texts).svg()
            } ?? "",
        ]
        model.merge(form.model()) { own, _ in own }
        switch form.wish() {
        case .nothing: break
        case .fault(let words): model["fault"] = faultModel(words, page.texts)
        case .wish(let wish):
            let foreseen = foresee(wish, of: id, page)
            if let rejection = foreseen?.rejection {
                let words = form.words(for: rejection)
                model["fault"] = faultModel(words, page.texts)
            }
            model["quote"] = form.quote(wish, foreseen)
        }
        return try response("book", page, title: view.title, nav: "find", model)
    }

    /// Tried on the ledger as it is, for who says who is asking.
    private func foresee(_ wish: BookForm.Wish, of id: OfferID, _ page: PageRequest) -> QuoteView? {
        guard let account = wish.account else { return nil }
        let now = context.node.now
        return page.look { reader in
            guard AccountView.make(account, in: reader) != nil else { return nil }
            return QuoteView.make(wish.action(of: id), by: account, at: now, in: reader)
        }
    }

    private func faultModel(_ words: String, _ texts: Texts) -> PageModel {
        ["title": texts("book.fault_title"), "text": words]
    }
}
