import KoinonClient
import KoinonLedger
import KoinonProtocol
import Testing

@Suite("Constructors of actions")
struct ActionsTests {
    static let account = AccountID(Array(repeating: 1, count: 20))!
    static let resource = ResourceID(Array(repeating: 2, count: 20))!
    static let offer = OfferID(Array(repeating: 3, count: 20))!
    static let agreement = AgreementID(Array(repeating: 4, count: 20))!
    static let proposal = ProposalID(Array(repeating: 5, count: 20))!
    static let key = PublicKey(Array(repeating: 6, count: 32))!
    static let hash = Hash256(Array(repeating: 7, count: 32))!
    static let member = MemberID(rawValue: "valley-bike")!

    private func check(_ action: Action, _ json: String, _ place: SourceLocation = #_sourceLocation)
    {
        #expect(action.jsonForm(pretty: false) == json, sourceLocation: place)
    }

    @Test("alliance")
    func alliance() {
        let (key, hash) = (Self.key, Self.hash)
        check(
            .propose(
                title: "In", statementHash: hash,
                Action.admission(of: Self.member, name: "V", nodeKey: key, accountKey: key)),
            """
            {"alliance":{"propose":{"title":"In","statement_hash":"\(hash)",\
            "admit_member":{"id":"valley-bike","name":"V","node_key":"\(key)",\
            "account_key":"\(key)"}}}}
            """)
        check(
            .renewNodeKey(key), #"{"alliance":{"renew_node_key":{"node_key":"\#(key)"}}}"#)
        check(
            .propose(title: "Out", Action.expulsion(of: Self.member)),
            #"{"alliance":{"propose":{"title":"Out","expel_member":{"id":"valley-bike"}}}}"#)
        check(
            .propose(title: "A", Action.setting(parameter: "timers_per_block", to: 5)),
            """
            {"alliance":{"propose":{"title":"A",\
            "set_parameter":{"name":"timers_per_block","value":5}}}}
            """)
        check(
            .propose(title: "A", Action.adoption(of: .with { $0.id = "lease" })),
            #"{"alliance":{"propose":{"title":"A","adopt_process":{"id":"lease"}}}}"#)
        check(
            .propose(title: "A", Action.activation(ofProtocol: 2, from: Height(9))),
            """
            {"alliance":{"propose":{"title":"A",\
            "activate_protocol":{"version":2,"from_height":9}}}}
            """)
        check(
            .vote(true, on: Self.proposal),
            "{\"alliance\":{\"vote\":{\"proposal\":\"\(Self.proposal)\",\"yes\":true}}}")
    }

    @Test("accounts")
    func accounts() {
        let (account, key) = (Self.account, Self.key)
        check(
            .addKey(key, limits: [(unit: "usd", perDay: Amount(minor: 5))]),
            """
            {"accounts":{"add_key":{"public_key":"\(key)",\
            "limits":[{"unit":"usd","per_day_minor":5}]}}}
            """)
        check(.rotateKey(to: key), "{\"accounts\":{\"rotate_key\":{\"public_key\":\"\(key)\"}}}")
        check(.revokeKey(key), "{\"accounts\":{\"revoke_key\":{\"public_key\":\"\(key)\"}}}")
        check(
            .setRecovery(to: account, delayMilliseconds: 9),
            "{\"accounts\":{\"set_recovery\":{\"account\":\"\(account)\",\"delay_ms\":9}}}")
        check(.setRecovery(to: nil), #"{"accounts":{"set_recovery":{}}}"#)
        check(
            .startRecovery(of: account, newKey: key),
            """
            {"accounts":{"start_recovery":{"account":"\(account)","public_key":"\(key)"}}}
            """)
        check(.cancelRecovery(), #"{"accounts":{"cancel_recovery":{}}}"#)
        check(
            .requestSponsor(Self.member),
            #"{"accounts":{"request_sponsor":{"sponsor":"valley-bike"}}}"#)
        check(
            .acceptSponsored(account),
            "{\"accounts\":{\"accept_sponsored\":{\"account\":\"\(account)\"}}}")
    }

    @Test("money")
    func money() {
        let account = Self.account
        check(
            .createUnit("usd", title: "Dollar", scale: 2),
            #"{"money":{"create_unit":{"unit":"usd","title":"Dollar","scale":2}}}"#)
        check(
            .createUnit("usd", title: "Dollar", scale: -1),
            #"{"money":{"create_unit":{"unit":"usd","title":"Dollar","scale":4294967295}}}"#)
        check(
            .issue(unit: "usd", to: account, amount: Amount(minor: 5)),
            "{\"money\":{\"issue\":{\"unit\":\"usd\",\"to\":\"\(account)\",\"amount_minor\":5}}}")
        check(
            .transfer(unit: "usd", to: account, amount: Amount(minor: 5)),
            """
            {"money":{"transfer":{"unit":"usd","to":"\(account)","amount_minor":5}}}
            """)
        check(
            .redeem(unit: "usd", amount: Amount(minor: 5)),
            #"{"money":{"redeem":{"unit":"usd","amount_minor":5}}}"#)
    }

    @Test("resources")
    func resources() {
        let (resource, hash) = (Self.resource, Self.hash)
        check(
            .registerKind("bike", title: "Bicycle"),
            #"{"resources":{"register_kind":{"kind":"bike","title":"Bicycle"}}}"#)
        check(
            .registerResource(kind: "bike", title: "70001", serial: "s", descriptionHash: hash),
            """
            {"resources":{"register_resource":{"kind":"bike","title":"70001","capacity":1,\
            "serial":"s","description_hash":"\(hash)"}}}
            """)
        check(
            .updateResource(resource, title: "t", capacity: 2, descriptionHash: hash),
            """
            {"resources":{"update_resource":{"resource":"\(resource)","title":"t","capacity":2,\
            "description_hash":"\(hash)"}}}
            """)
        check(
            .transferResource(resource, to: Self.account),
            """
            {"resources":{"transfer_resource":{"resource":"\(resource)","to":"\(Self.account)"}}}
            """)
        check(
            .retireResource(resource),
            "{\"resources\":{\"retire_resource\":{\"resource\":\"\(resource)\"}}}")
    }

    @Test("disputes")
    func disputes() {
        let (id, hash) = (Self.agreement, Self.hash)
        let half = Action.division([("buyer", 1), ("seller", 1)], of: 2, handOver: true)
        let json = """
            {"shares":[{"role":"buyer","numerator":1},{"role":"seller","numerator":1}],\
            "denominator":2,"hand_over":true}
            """
        check(
            .openDispute(of: id, evidenceHash: hash, claim: half),
            """
            {"disputes":{"open_dispute":{"agreement":"\(id)","evidence_hash":"\(hash)",\
            "claim":\(json)}}}
            """)
        check(
            .submitEvidence(hash, about: id),
            """
            {"disputes":{"submit_evidence":{"agreement":"\(id)","evidence_hash":"\(hash)"}}}
            """)
        check(
            .decideDispute(of: id, half),
            "{\"disputes\":{\"decide_dispute\":{\"agreement\":\"\(id)\",\"division\":\(json)}}}")
        check(
            .appealDecision(about: id, evidenceHash: hash),
            """
            {"disputes":{"appeal_decision":{"agreement":"\(id)","evidence_hash":"\(hash)"}}}
            """)
        check(
            .withdrawDispute(of: id),
            "{\"disputes\":{\"withdraw_dispute\":{\"agreement\":\"\(id)\"}}}")
        check(
            .concedeDispute(of: id),
            "{\"disputes\":{\"concede_dispute\":{\"agreement\":\"\(id)\"}}}")
        check(
            .reportStolen(Self.resource, evidenceHash: hash),
            """
            {"resources":{"report_stolen":{"resource":"\(Self.resource)",\
            "evidence_hash":"\(hash)"}}}
            """)
        check(
            .reportRecovered(Self.resource),
            "{\"resources\":{\"report_recovered\":{\"resource\":\"\(Self.resource)\"}}}")
    }

    @Test("market and agreements")
    func marketAndAgreements() {
        let (resource, offer) = (Self.resource, Self.offer)
        check(
            .publishOffer(
                of: resource, title: "Ride", unit: "usd",
                tariff: Tariff(price: Amount(minor: 200), stepMilliseconds: 1_800_000)
            ) {
                $0.depositMinor = 2000
                $0.also = [BundleItem(resource, quantity: 2)]
            },
            """
            {"market":{"publish_offer":{"resource":"\(resource)","title":"Ride",\
            "process":"lease","unit":"usd","tariff":{"price_minor":200,"step_ms":1800000,\
            "minimum_steps":1},"deposit_minor":2000,\
            "also":[{"resource":"\(resource)","quantity":2}]}}}
            """)
        check(.withdrawOffer(offer), "{\"market\":{\"withdraw_offer\":{\"offer\":\"\(offer)\"}}}")
        let start = Timestamp(milliseconds: 8)
        check(
            .openAgreement(offer: offer, start: start, durationMilliseconds: 9),
            """
            {"agreements":{"open_agreement":{"offer":"\(offer)","start_ms":8,"duration_ms":9,\
            "quantity":1}}}
            """)
        check(
            .openAgreement(offer: offer, durationMilliseconds: 9, quantity: 3),
            """
            {"agreements":{"open_agreement":{"offer":"\(offer)","duration_ms":9,"quantity":3}}}
            """)
        check(
            .takeTransition("start", of: Self.agreement),
            """
            {"agreements":{"take_transition":{"agreement":"\(Self.agreement)",\
            "transition":"start"}}}
            """)
    }

    @Test("requests")
    func requests() {
        let request = RequestID(Array(repeating: 8, count: 20))!
        let answer = Self.offer
        let moment = Timestamp(milliseconds: 8)
        check(
            .publishRequest(title: "Bike", kind: "bike", unit: "usd", expires: moment) {
                $0.budgetMinor = 5
            },
            """
            {"market":{"publish_request":{"title":"Bike","kind":"bike","unit":"usd",\
            "budget_minor":5,"expires_at_ms":8}}}
            """)
        check(
            .withdrawRequest(request),
            "{\"market\":{\"withdraw_request\":{\"request\":\"\(request)\"}}}")
        check(
            .answerRequest(
                request, with: .with { $0.title = "Mine" }, start: moment, durationMilliseconds: 9),
            """
            {"market":{"answer_request":{"request":"\(request)","offer":{"title":"Mine"},\
            "start_ms":8,"duration_ms":9}}}
            """)
        check(
            .counterAnswer(
                answer, price: Amount(minor: 3), deposit: Amount(minor: 4),
                durationMilliseconds: 9),
            """
            {"market":{"counter_answer":{"answer":"\(answer)","price_minor":3,\
            "deposit_minor":4,"duration_ms":9}}}
            """)
        check(.takeAnswer(answer), "{\"market\":{\"take_answer\":{\"answer\":\"\(answer)\"}}}")
        check(
            .withdrawAnswer(answer),
            "{\"market\":{\"withdraw_answer\":{\"answer\":\"\(answer)\"}}}")
    }

    @Test("resale")
    func resale() {
        let agreement = Self.agreement
        let moment = Timestamp(milliseconds: 8)
        check(
            .offerResale(
                of: agreement, price: Amount(minor: 5), from: moment,
                until: Timestamp(milliseconds: 7)),
            """
            {"agreements":{"offer_resale":{"agreement":"\(agreement)","price_minor":5,\
            "from_ms":8,"until_ms":7}}}
            """)
        check(
            .withdrawResale(of: agreement),
            "{\"agreements\":{\"withdraw_resale\":{\"agreement\":\"\(agreement)\"}}}")
        check(
            .takeResale(of: agreement, price: Amount(minor: 5), from: moment),
            """
            {"agreements":{"take_resale":{"agreement":"\(agreement)","price_minor":5,\
            "from_ms":8}}}
            """)
    }
}
