// DO NOT EDIT. swift-format-ignore-file
// Written by scripts/generate-json-table.py from Protos/.

/// Every message and enum of Protos/, in the order of its file:
/// number, name and type of each field.
enum JSONFormTable {
    static let text = """
        message AccountsAction
          1 open_account OpenAccount oneof action
          2 add_key AddKey oneof action
          3 rotate_key RotateKey oneof action
          4 revoke_key RevokeKey oneof action
          5 set_recovery SetRecovery oneof action
          6 start_recovery StartRecovery oneof action
          7 cancel_recovery CancelRecovery oneof action
          8 request_sponsor RequestSponsor oneof action
          9 accept_sponsored AcceptSponsored oneof action
        message OpenAccount
          1 consent Signed
        message AccountConsent
          1 chain bytes
          2 sponsor string
        message SpendLimit
          1 unit string
          2 per_day_minor uint64
        message AddKey
          1 public_key bytes
          2 limits SpendLimit repeated
        message RotateKey
          1 public_key bytes
        message RevokeKey
          1 public_key bytes
        message SetRecovery
          1 account bytes
          2 delay_ms uint64
        message StartRecovery
          1 account bytes
          2 public_key bytes
        message CancelRecovery
        message RequestSponsor
          1 sponsor string
        message AcceptSponsored
          1 account bytes
        message AccountKey
          1 public_key bytes
          2 added_at_ms uint64
          3 limits SpendLimit repeated
          4 spending KeySpending repeated
          5 window NonceWindow
        message KeySpending
          1 unit string
          2 day uint64
          3 spent_minor uint64
        message Sponsorship
          1 sponsor string
          2 since_ms uint64
        message PendingRecovery
          1 public_key bytes
          2 due_ms uint64
        message Account
          1 opened_at_ms uint64
          2 keys AccountKey repeated
          3 sponsorships Sponsorship repeated
          4 recovery_account bytes
          5 recovery_delay_ms uint64
          6 pending_recovery PendingRecovery
          7 requested_sponsor string
        message RevokedKey
          1 revoked_at_ms uint64
        message NonceWindow
          1 highest uint64
          2 unused NonceRange repeated
        message NonceRange
          1 first uint64
          2 last uint64
        message SponsorState
          1 accounts uint64
          2 day uint64
          3 opened_that_day uint64
        message AccountsEvent
          1 account_opened AccountOpened oneof event
          2 key_added KeyAdded oneof event
          3 key_revoked KeyRevoked oneof event
          4 recovery_set RecoverySet oneof event
          5 recovery_started RecoveryStarted oneof event
          6 recovery_cancelled RecoveryCancelled oneof event
          7 recovery_completed RecoveryCompleted oneof event
          8 sponsor_requested SponsorRequested oneof event
          9 sponsor_changed SponsorChanged oneof event
        message AccountOpened
          1 account bytes
          2 sponsor string
          3 public_key bytes
        message KeyAdded
          1 account bytes
          2 public_key bytes
        message KeyRevoked
          1 account bytes
          2 public_key bytes
        message RecoverySet
          1 account bytes
          2 recovery_account bytes
          3 delay_ms uint64
        message RecoveryStarted
          1 account bytes
          2 public_key bytes
          3 due_ms uint64
        message RecoveryCancelled
          1 account bytes
        message RecoveryCompleted
          1 account bytes
          2 public_key bytes
        message SponsorRequested
          1 account bytes
          2 sponsor string
        message SponsorChanged
          1 account bytes
          2 from string
          3 to string
        message AgreementsAction
          1 open_agreement OpenAgreement oneof action
          2 take_transition TakeTransition oneof action
          3 offer_resale OfferResale oneof action
          4 withdraw_resale WithdrawResale oneof action
          5 take_resale TakeResale oneof action
        message OpenAgreement
          1 offer bytes
          2 start_ms uint64
          3 duration_ms uint64
          4 quantity uint32
          5 arbiter bytes
        message TakeTransition
          1 agreement bytes
          2 transition string
        message OfferResale
          1 agreement bytes
          2 price_minor uint64
          3 from_ms uint64
          4 until_ms uint64
        message WithdrawResale
          1 agreement bytes
        message TakeResale
          1 agreement bytes
          2 price_minor uint64
          3 from_ms uint64
        message Resale
          1 price_minor uint64
          2 from_ms uint64
          3 until_ms uint64
        message Agreement
          1 offer bytes
          2 resource bytes
          3 process string
          4 parties bytes repeated
          5 state string
          6 opened_at_ms uint64
          7 entered_at_ms uint64
          8 start_ms uint64
          9 end_ms uint64
          10 quantity uint32
          11 deposit_minor uint64
          12 used_from_ms uint64
          13 used_until_ms uint64
          14 unit string
          15 settled_at_ms uint64
          16 settled_minor uint64
          17 also BundleItem repeated
          18 arbiter bytes
          19 disputed bool
          40 frozen_ms uint64
          41 uses uint64
          20 resale Resale
        message Booking
          1 end_ms uint64
          2 quantity uint32
          3 in_use bool
          4 exclusive bool
        message AccountRecord
          1 settled uint64
          2 settled_late uint64
          3 settled_since_late uint64
        message AgreementsEvent
          1 agreement_opened AgreementOpened oneof event
          2 transition_taken TransitionTaken oneof event
          3 settlement_recorded SettlementRecorded oneof event
          4 resale_offered ResaleOffered oneof event
          5 resale_closed ResaleClosed oneof event
          6 agreement_resold AgreementResold oneof event
        message AgreementOpened
          1 agreement bytes
          2 offer bytes
          3 opener bytes
          4 state string
          5 start_ms uint64
          6 end_ms uint64
        message TransitionTaken
          1 agreement bytes
          2 transition string
          3 from string
          4 to string
          5 by_timer bool
          6 by bytes
        message SettlementRecorded
          1 agreement bytes
          2 account bytes
          3 late bool
        message ResaleOffered
          1 agreement bytes
          2 price_minor uint64
          3 from_ms uint64
          4 until_ms uint64
        message ResaleClosed
          1 agreement bytes
        message AgreementResold
          1 agreement bytes
          2 from bytes
          3 to bytes
          4 price_minor uint64
          5 from_ms uint64
          6 part bytes
        message AllianceAction
          1 propose Propose oneof action
          2 vote Vote oneof action
          3 renew_node_key RenewNodeKey oneof action
        message Propose
          1 title string
          2 statement_hash bytes
          3 admit_member AdmitMember oneof change
          4 expel_member ExpelMember oneof change
          5 set_parameter SetParameter oneof change
          6 adopt_process ProcessDefinition oneof change
          7 lift_flag LiftFlag oneof change
          8 activate_protocol ActivateProtocol oneof change
        message Vote
          1 proposal bytes
          2 yes bool
        message RenewNodeKey
          1 node_key bytes
        message AdmitMember
          1 id string
          2 name string
          3 node_key bytes
          4 account_key bytes
        message ExpelMember
          1 id string
        message LiftFlag
          1 flag bytes
        message ActivateProtocol
          1 version uint64
          2 from_height uint64
        message SetParameter
          1 name string
          2 value uint64
        message Parameters
          1 voting_period_ms uint64
          2 timers_per_block uint64
          3 sponsor_accounts_maximum uint64
          4 sponsor_accounts_per_day uint64
          5 recovery_delay_minimum_ms uint64
          6 agreement_duration_maximum_ms uint64
          7 booking_horizon_ms uint64
          8 bookings_per_resource uint64
          20 dispute_evidence_ms uint64
          21 dispute_decision_ms uint64
          22 dispute_appeal_ms uint64
          23 dispute_panel_size uint64
          30 review_seal_window_ms uint64
          31 review_open_window_ms uint64
          32 vouches_per_member uint64
        message Member
          1 id string
          2 name string
          3 node_key bytes
          4 account bytes
          5 admitted_at_ms uint64
        message RetiredNodeKey
          1 member string
          2 retired_at_ms uint64
        message ProtocolSchedule
          1 version uint64
          2 next_version uint64
          3 from_height uint64
        message ActingAccount
          1 member string
        enum ProposalStatus
          0 PROPOSAL_STATUS_OPEN
          1 PROPOSAL_STATUS_ADOPTED
          2 PROPOSAL_STATUS_LAPSED
          3 PROPOSAL_STATUS_FAILED
        message Proposal
          1 content Propose
          2 proposer string
          3 proposed_at_ms uint64
          4 closes_at_ms uint64
          5 status ProposalStatus
          6 yes string repeated
          7 no string repeated
        message AllianceEvent
          1 proposal_made ProposalMade oneof event
          2 vote_cast VoteCast oneof event
          3 proposal_closed ProposalClosed oneof event
          4 member_admitted MemberAdmitted oneof event
          5 member_expelled MemberExpelled oneof event
          6 parameter_set ParameterSet oneof event
          7 process_adopted ProcessAdopted oneof event
          8 node_key_renewed NodeKeyRenewed oneof event
          9 protocol_decided ProtocolDecided oneof event
        message ProposalMade
          1 proposal bytes
          2 proposer string
          3 closes_at_ms uint64
        message VoteCast
          1 proposal bytes
          2 member string
          3 yes bool
        message ProposalClosed
          1 proposal bytes
          2 status ProposalStatus
        message MemberAdmitted
          1 member string
          2 node_key bytes
          3 account bytes
        message MemberExpelled
          1 member string
        message ParameterSet
          1 name string
          2 value uint64
        message ProcessAdopted
          1 process string
        message NodeKeyRenewed
          1 member string
          2 node_key bytes
          3 retired_key bytes
        message ProtocolDecided
          1 version uint64
          2 from_height uint64
        message AuthorState
          1 last_sequence uint64
          2 last_clock_ms uint64
          3 node_key bytes
          4 silenced_at_height uint64
        message SpentIDs
          1 ids bytes
        message TimerMarker
        message DisputesAction
          1 open_dispute OpenDispute oneof action
          2 submit_evidence SubmitEvidence oneof action
          3 decide_dispute DecideDispute oneof action
          4 appeal_decision AppealDecision oneof action
          5 withdraw_dispute WithdrawDispute oneof action
          6 concede_dispute ConcedeDispute oneof action
        message Share
          1 role string
          2 numerator uint64
        message Division
          1 shares Share repeated
          2 denominator uint64
          3 hand_over bool
        message OpenDispute
          1 agreement bytes
          2 evidence_hash bytes
          3 claim Division
        message SubmitEvidence
          1 agreement bytes
          2 evidence_hash bytes
        message DecideDispute
          1 agreement bytes
          2 division Division
        message AppealDecision
          1 agreement bytes
          2 evidence_hash bytes
        message WithdrawDispute
          1 agreement bytes
        message ConcedeDispute
          1 agreement bytes
        enum DisputeStatus
          0 DISPUTE_STATUS_EVIDENCE
          1 DISPUTE_STATUS_LOT
          2 DISPUTE_STATUS_DECIDING
          3 DISPUTE_STATUS_DECIDED
          4 DISPUTE_STATUS_RESOLVED
          5 DISPUTE_STATUS_UNDECIDED
          6 DISPUTE_STATUS_WITHDRAWN
          7 DISPUTE_STATUS_CONCEDED
        message DisputeEvidence
          1 account bytes
          2 evidence_hash bytes
          3 submitted_at_ms uint64
        message Seat
          1 member string
          2 division Division
          3 decided_at_ms uint64
        message Dispute
          1 opener bytes
          2 opened_at_ms uint64
          3 claim Division
          4 status DisputeStatus
          5 due_ms uint64
          6 held_minor uint64
          7 evidence DisputeEvidence repeated
          8 seats Seat repeated
          9 first_seats Seat repeated
          10 decision Division
          11 appellant bytes
          12 closed_at_ms uint64
        message DisputesEvent
          1 dispute_opened DisputeOpened oneof event
          2 evidence_submitted EvidenceSubmitted oneof event
          3 lot_drawn LotDrawn oneof event
          4 decision_given DecisionGiven oneof event
          5 dispute_decided DisputeDecided oneof event
          6 decision_appealed DecisionAppealed oneof event
          7 dispute_closed DisputeClosed oneof event
        message DisputeOpened
          1 agreement bytes
          2 opener bytes
          3 evidence_hash bytes
          4 due_ms uint64
        message EvidenceSubmitted
          1 agreement bytes
          2 account bytes
          3 evidence_hash bytes
        message LotDrawn
          1 agreement bytes
          2 round uint32
          3 members string repeated
          4 parent_hash bytes
          5 due_ms uint64
        message DecisionGiven
          1 agreement bytes
          2 member string
          3 division Division
        message DisputeDecided
          1 agreement bytes
          2 round uint32
          3 division Division
          4 due_ms uint64
        message DecisionAppealed
          1 agreement bytes
          2 appellant bytes
          3 evidence_hash bytes
        message DisputeClosed
          1 agreement bytes
          2 status DisputeStatus
        message EntryBody
          1 chain bytes
          2 epoch uint64
          3 author string
          4 sequence uint64
          5 clock_ms uint64
          6 attestations Signed repeated
          7 transactions Signed repeated
          8 asks_for_clocks bool
          9 contradictions ContradictingPair repeated
        message ContradictingPair
          1 first Signed
          2 second Signed
          3 header bytes
          4 ancestor bytes
          5 path bytes repeated
        message AttestationBody
          1 chain bytes
          2 epoch uint64
          3 height uint64
          4 block_hash bytes
        message Genesis
          1 format string
          2 name string
          3 time_ms uint64
          4 members GenesisMember repeated
          5 parameters Parameters
          6 processes ProcessDefinition repeated
        message GenesisMember
          1 id string
          2 name string
          3 node_key bytes
          4 account_key bytes
        message MarketAction
          1 publish_offer PublishOffer oneof action
          2 withdraw_offer WithdrawOffer oneof action
          3 publish_request PublishRequest oneof action
          4 withdraw_request WithdrawRequest oneof action
          5 answer_request AnswerRequest oneof action
          6 counter_answer CounterAnswer oneof action
          7 take_answer TakeAnswer oneof action
          8 withdraw_answer WithdrawAnswer oneof action
        message Tariff
          1 price_minor uint64
          2 step_ms uint64
          3 minimum_steps uint32
        message ReducedDeposit
          1 after_settled uint32
          2 deposit_minor uint64
        message Fraction
          1 numerator uint32
          2 denominator uint32
        message TermValue
          1 name string
          2 value int64
        message BundleItem
          1 resource bytes
          2 quantity uint32
        message TrustRule
          1 refuse_flagged bool
          2 flagged_deposit_minor uint64
          3 minimum_standing_ppm uint32
        message PublishOffer
          1 resource bytes
          2 title string
          3 process string
          4 unit string
          5 tariff Tariff
          6 deposit_minor uint64
          7 reduced_deposit ReducedDeposit
          8 platform string
          9 platform_fee Fraction
          10 place Place
          11 available_from_ms uint64
          12 available_until_ms uint64
          13 duration_minimum_ms uint64
          14 duration_maximum_ms uint64
          15 terms TermValue repeated
          16 trust_rule TrustRule
          17 also BundleItem repeated
          18 arbiters bytes repeated
        message WithdrawOffer
          1 offer bytes
        message PublishRequest
          1 title string
          2 kind string
          3 text_hash bytes
          4 place Place
          5 radius_m uint32
          6 start_ms uint64
          7 duration_ms uint64
          8 quantity uint32
          9 unit string
          10 budget_minor uint64
          11 expires_at_ms uint64
        message WithdrawRequest
          1 request bytes
        message AnswerRequest
          1 request bytes
          2 offer PublishOffer
          3 start_ms uint64
          4 duration_ms uint64
        message CounterAnswer
          1 answer bytes
          2 price_minor uint64
          3 deposit_minor uint64
          4 start_ms uint64
          5 duration_ms uint64
        message TakeAnswer
          1 answer bytes
          2 arbiter bytes
        message WithdrawAnswer
          1 answer bytes
        enum RequestState
          0 REQUEST_STATE_OPEN
          1 REQUEST_STATE_WITHDRAWN
          2 REQUEST_STATE_EXPIRED
          3 REQUEST_STATE_TAKEN
        message Request
          1 wish PublishRequest
          2 customer bytes
          3 published_at_ms uint64
          4 state RequestState
          5 answers uint32
          6 answer bytes
          7 agreement bytes
        message Answer
          1 request bytes
          2 provider bytes
          3 answered_at_ms uint64
          4 terms PublishOffer
          5 start_ms uint64
          6 duration_ms uint64
          7 by_customer bool
          8 rounds uint32
        message MarketMarker
        message Offer
          1 terms PublishOffer
          2 provider bytes
          3 published_at_ms uint64
          4 withdrawn bool
        message MarketEvent
          1 offer_published OfferPublished oneof event
          2 offer_withdrawn OfferWithdrawn oneof event
          3 request_published RequestPublished oneof event
          4 request_closed RequestClosed oneof event
          5 request_answered RequestAnswered oneof event
          6 answer_countered AnswerCountered oneof event
          7 answer_agreed AnswerAgreed oneof event
          8 answer_withdrawn AnswerWithdrawn oneof event
        message OfferPublished
          1 offer bytes
          2 resource bytes
          3 provider bytes
          4 platform string
        message OfferWithdrawn
          1 offer bytes
        message RequestPublished
          1 request bytes
          2 customer bytes
          3 kind string
          4 expires_at_ms uint64
        message RequestClosed
          1 request bytes
          2 state RequestState
          3 answer bytes
          4 agreement bytes
        message RequestAnswered
          1 request bytes
          2 answer bytes
          3 provider bytes
        message AnswerCountered
          1 answer bytes
          2 by bytes
          3 price_minor uint64
          4 deposit_minor uint64
          5 start_ms uint64
          6 duration_ms uint64
        message AnswerAgreed
          1 answer bytes
        message AnswerWithdrawn
          1 answer bytes
          2 by bytes
        message MoneyAction
          1 create_unit CreateUnit oneof action
          2 issue Issue oneof action
          3 transfer Transfer oneof action
          4 redeem Redeem oneof action
        message CreateUnit
          1 unit string
          2 title string
          3 scale uint32
        message Issue
          1 unit string
          2 to bytes
          3 amount_minor uint64
        message Transfer
          1 unit string
          2 to bytes
          3 amount_minor uint64
        message Redeem
          1 unit string
          2 amount_minor uint64
        message UnitOfAccount
          1 issuer bytes
          2 title string
          3 scale uint32
          4 issued_minor uint64
          5 redeemed_minor uint64
        message Balance
          1 amount_minor uint64
        message Hold
          1 amount_minor uint64
        message MoneyEvent
          1 unit_created UnitCreated oneof event
          2 issued Issued oneof event
          3 transferred Transferred oneof event
          4 redeemed Redeemed oneof event
          5 hold_filled HoldFilled oneof event
          6 hold_paid HoldPaid oneof event
        message UnitCreated
          1 unit string
          2 issuer bytes
        message Issued
          1 unit string
          2 to bytes
          3 amount_minor uint64
        message Transferred
          1 unit string
          2 from bytes
          3 to bytes
          4 amount_minor uint64
        message Redeemed
          1 unit string
          2 from bytes
          3 amount_minor uint64
        message HoldFilled
          1 agreement bytes
          2 unit string
          3 from bytes
          4 amount_minor uint64
        message HoldPaid
          1 agreement bytes
          2 unit string
          3 to bytes
          4 amount_minor uint64
          5 purpose HoldPurpose
        enum HoldPurpose
          0 HOLD_PURPOSE_PAYMENT
          1 HOLD_PURPOSE_PLATFORM_FEE
          2 HOLD_PURPOSE_REMAINDER
          3 HOLD_PURPOSE_DEPOSIT
        message ProcessDefinition
          1 id string
          2 title string
          3 roles RoleDefinition repeated
          4 terms TermDefinition repeated
          5 definitions NamedExpression repeated
          6 states StateDefinition repeated
          7 transitions TransitionDefinition repeated
          8 dispute DisputeRule
          9 resale ResaleRule
        message DisputeRule
          1 states string repeated
          2 by string repeated
          3 resolved_to string
          4 undecided Effect repeated
          5 remainder_to string
          6 ownership_to string
        message ResaleRule
          1 states string repeated
          2 part_states string repeated
          3 allowed string
          4 deposit string
        enum RoleSource
          0 ROLE_SOURCE_PROVIDER
          1 ROLE_SOURCE_OPENER
          2 ROLE_SOURCE_PLATFORM
        message RoleDefinition
          1 name string
          2 source RoleSource
        message TermDefinition
          1 name string
          2 title string
          3 default_value int64
          4 minimum int64
          5 maximum int64
        message NamedExpression
          1 name string
          2 expression string
        enum Occupancy
          0 OCCUPANCY_NONE
          1 OCCUPANCY_PROMISED
          2 OCCUPANCY_IN_USE
          3 OCCUPANCY_EXCLUSIVE
          4 OCCUPANCY_COUNTED
        message StateDefinition
          1 name string
          2 title string
          3 final bool
          4 occupancy Occupancy
        message TransitionDefinition
          1 name string
          2 from string
          3 to string
          4 by string repeated
          5 timer TimerDefinition
          6 guards Guard repeated
          7 effects Effect repeated
          8 remainder_to string
        enum TimerBase
          0 TIMER_BASE_ENTERED
          1 TIMER_BASE_START
          2 TIMER_BASE_END
        message TimerDefinition
          1 base TimerBase
          2 offset_ms string
        message Guard
          1 condition string
          2 otherwise string
        message Effect
          1 collect Collect oneof effect
          2 pay Pay oneof effect
          3 move_custody MoveCustody oneof effect
          4 record_settled RecordSettled oneof effect
          5 transfer_ownership TransferOwnership oneof effect
          6 count_use CountUse oneof effect
        message Collect
          1 from string
          2 amount string
        message Pay
          1 to string
          2 amount string
        message MoveCustody
          1 to string
        message RecordSettled
          1 role string
          2 late string
        message TransferOwnership
          1 to string
          2 otherwise string
          3 otherwise_to string
        message CountUse
          1 times string
        message Receipt
          1 code uint32
          2 action_index uint32
          3 field string
          4 detail string
          5 events Event repeated
        message Event
          1 alliance AllianceEvent oneof module
          2 accounts AccountsEvent oneof module
          3 money MoneyEvent oneof module
          4 resources ResourcesEvent oneof module
          5 market MarketEvent oneof module
          6 agreements AgreementsEvent oneof module
          7 reputation ReputationEvent oneof module
          8 disputes DisputesEvent oneof module
        message TimerRecord
          1 due_ms uint64
          2 module uint32
          3 kind uint32
          4 subject bytes
          5 name string
        message BlockResult
          1 timers TimerRecord repeated
          2 receipts Receipt repeated
        message MemberList
          1 members ListedMember repeated
        message ListedMember
          1 id string
          2 node_key bytes
        message SignedHeader
          1 header bytes
          2 attestations Signed repeated
        message EpochBeginning
          1 epoch uint64
          2 base SignedHeader
        message LastAttested
          1 epoch uint64
          2 height uint64
          3 block_hash bytes
        message RecoveryStatement
          1 chain bytes
          2 member string
          3 closes uint64
          4 since EpochBeginning
          5 final SignedHeader
          6 attested LastAttested repeated
          7 headers bytes repeated
          8 attestations Signed repeated
          9 sets MemberList repeated
        message RecoveryRecord
          1 beginning EpochBeginning
          2 statements Signed repeated
          3 earlier RecoveryRecord repeated
          4 sets MemberList repeated
          5 quorums SignedHeader repeated
          6 vote BaseVote
        message BaseVote
          1 awaited_from_ms uint64
          2 awaited_until_ms uint64
        message ReputationAction
          1 seal_review SealReview oneof action
          2 open_review OpenReview oneof action
          3 vouch_for VouchFor oneof action
          4 withdraw_vouch WithdrawVouch oneof action
          5 raise_flag RaiseFlag oneof action
          6 answer_flag AnswerFlag oneof action
          7 appeal_flag AppealFlag oneof action
          8 withdraw_flag WithdrawFlag oneof action
        message SealReview
          1 agreement bytes
          2 review_hash bytes
        message OpenReview
          1 agreement bytes
          2 score sint32
          3 salt bytes
          4 text_hash bytes
        message VouchFor
          1 account bytes
        message WithdrawVouch
          1 account bytes
        message RaiseFlag
          1 account bytes
          2 evidence_hash bytes
          3 reason string
        message AnswerFlag
          1 flag bytes
          2 answer_hash bytes
        message AppealFlag
          1 flag bytes
        message WithdrawFlag
          1 flag bytes
        message ReviewSlot
          1 review_hash bytes
          2 opened bool
          3 score sint32
          4 text_hash bytes
        enum ReviewPhase
          0 REVIEW_PHASE_SEALING
          1 REVIEW_PHASE_OPENING
          2 REVIEW_PHASE_CLOSED
        message AgreementReviews
          1 phase ReviewPhase
          2 due_ms uint64
          3 by_opener ReviewSlot
          4 by_provider ReviewSlot
        message PublishedReview
          1 reviewer bytes
          2 account bytes
          3 agreement bytes
          4 kind string
          5 score sint32
          6 text_hash bytes
          7 settled_minor uint64
          8 scale uint32
          9 pair_number uint32
          10 vouched bool
          11 reviewer_standing_ppm uint32
          12 weight_ppm uint64
          13 published_at_ms uint64
        message Evidence
          1 vouched_praise_ppm uint64
          2 vouched_complaint_ppm uint64
          3 other_praise_ppm uint64
          4 other_complaint_ppm uint64
          5 reviews uint32
        message PairRecord
          1 reviews uint32
        message VouchRecord
          1 vouched_at_ms uint64
        message VoucherState
          1 vouches uint64
        enum FlagStatus
          0 FLAG_STATUS_OPEN
          1 FLAG_STATUS_WITHDRAWN
          2 FLAG_STATUS_LIFTED
        message FraudFlag
          1 account bytes
          2 member string
          3 reason string
          4 evidence_hash bytes
          5 raised_at_ms uint64
          6 answer_hash bytes
          7 answered_at_ms uint64
          8 proposal bytes
          9 status FlagStatus
          10 closed_at_ms uint64
        message OpenFlag
          1 flag bytes
        message JudgedEvidence
          1 flag bytes
        message ReputationEvent
          1 review_sealed ReviewSealed oneof event
          2 reviews_ready ReviewsReady oneof event
          3 review_opened ReviewOpened oneof event
          4 review_published PublishedReview oneof event
          5 review_forfeited ReviewForfeited oneof event
          6 account_vouched AccountVouched oneof event
          7 vouch_withdrawn VouchWithdrawn oneof event
          8 flag_raised FlagRaised oneof event
          9 flag_answered FlagAnswered oneof event
          10 flag_appealed FlagAppealed oneof event
          11 flag_withdrawn FlagWithdrawn oneof event
          12 flag_lifted FlagLifted oneof event
        message ReviewSealed
          1 agreement bytes
          2 reviewer bytes
          3 review_hash bytes
        message ReviewsReady
          1 agreement bytes
          2 due_ms uint64
        message ReviewOpened
          1 agreement bytes
          2 reviewer bytes
          3 score sint32
          4 text_hash bytes
        message ReviewForfeited
          1 agreement bytes
          2 reviewer bytes
        message AccountVouched
          1 account bytes
          2 member string
        message VouchWithdrawn
          1 account bytes
          2 member string
        message FlagRaised
          1 flag bytes
          2 account bytes
          3 member string
          4 reason string
          5 evidence_hash bytes
        message FlagAnswered
          1 flag bytes
          2 account bytes
          3 answer_hash bytes
        message FlagAppealed
          1 flag bytes
          2 account bytes
          3 proposal bytes
          4 closes_at_ms uint64
        message FlagWithdrawn
          1 flag bytes
          2 account bytes
          3 member string
        message FlagLifted
          1 flag bytes
          2 account bytes
        message ResourcesAction
          1 register_kind RegisterKind oneof action
          2 register_resource RegisterResource oneof action
          3 update_resource UpdateResource oneof action
          4 transfer_resource TransferResource oneof action
          5 retire_resource RetireResource oneof action
          6 report_stolen ReportStolen oneof action
          7 report_recovered ReportRecovered oneof action
        message Place
          1 latitude_e7 sint32
          2 longitude_e7 sint32
        message RegisterKind
          1 kind string
          2 title string
        message RegisterResource
          1 kind string
          2 title string
          3 capacity uint32
          4 serial string
          5 description_hash bytes
        message UpdateResource
          1 resource bytes
          2 title string
          3 capacity uint32
          4 description_hash bytes
        message TransferResource
          1 resource bytes
          2 to bytes
        message RetireResource
          1 resource bytes
        message ReportStolen
          1 resource bytes
          2 evidence_hash bytes
        message ReportRecovered
          1 resource bytes
        message Kind
          1 title string
          2 registered_by string
        message Resource
          1 kind string
          2 title string
          3 owner bytes
          4 issuer bytes
          5 capacity uint32
          6 serial string
          7 description_hash bytes
          8 registered_at_ms uint64
          9 retired bool
          10 custody_records uint64
          11 open_offers uint32
          12 open_bookings uint32
          13 quantity_in_use uint32
          14 stolen StolenReport
          15 exclusive bool
          16 quantity_counted uint32
          17 open_disputes uint32
        message StolenReport
          1 reporter bytes
          2 evidence_hash bytes
          3 reported_at_ms uint64
        enum CustodyReason
          0 CUSTODY_REASON_REGISTERED
          1 CUSTODY_REASON_TRANSFERRED
          2 CUSTODY_REASON_LENT
          3 CUSTODY_REASON_RETURNED
          4 CUSTODY_REASON_RETIRED
          5 CUSTODY_REASON_DELIVERED
          6 CUSTODY_REASON_SOLD
        message CustodyRecord
          1 time_ms uint64
          2 holder bytes
          3 reason CustodyReason
          4 agreement bytes
          5 quantity uint32
        message SerialEntry
          1 resource bytes
        message ResourcesEvent
          1 kind_registered KindRegistered oneof event
          2 resource_registered ResourceRegistered oneof event
          3 resource_updated ResourceUpdated oneof event
          4 resource_transferred ResourceTransferred oneof event
          5 resource_retired ResourceRetired oneof event
          6 custody_moved CustodyMoved oneof event
          7 resource_reported_stolen ResourceReportedStolen oneof event
          8 resource_recovered ResourceRecovered oneof event
        message KindRegistered
          1 kind string
        message ResourceRegistered
          1 resource bytes
          2 owner bytes
          3 kind string
        message ResourceUpdated
          1 resource bytes
        message ResourceTransferred
          1 resource bytes
          2 from bytes
          3 to bytes
        message ResourceRetired
          1 resource bytes
        message ResourceReportedStolen
          1 resource bytes
          2 reporter bytes
          3 evidence_hash bytes
        message ResourceRecovered
          1 resource bytes
        message CustodyMoved
          1 resource bytes
          2 holder bytes
          3 reason CustodyReason
          4 agreement bytes
          5 quantity uint32
        message Signed
          1 body bytes
          2 public_key bytes
          3 signature bytes
        message TransactionBody
          1 chain bytes
          2 sender bytes
          3 nonce uint64
          4 expires_at_ms uint64
          5 actions Action repeated
          6 memo string
        message Action
          1 alliance AllianceAction oneof module
          2 accounts AccountsAction oneof module
          3 money MoneyAction oneof module
          4 resources ResourcesAction oneof module
          5 market MarketAction oneof module
          6 agreements AgreementsAction oneof module
          7 reputation ReputationAction oneof module
          8 disputes DisputesAction oneof module
        """
}
