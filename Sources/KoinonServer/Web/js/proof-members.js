// Who judges which block: from the members of genesis over each change and each new epoch
// (docs/formats/proof.md).

import { toHex } from "./bytes.js";
import { fields, items, membersHash, readHeader, slug, unhex } from "./proof-header.js";
import { decode } from "./protobuf.js";
import { require } from "./refusal.js";
import { isAuthentic, TAGS } from "./signing.js";

async function checkAttestation(item, where, header, epoch, members) {
  const publicKey = unhex(item.public_key, `${where}.public_key`, 32);
  require(toHex(publicKey) === toHex(members.get(item.member)), `${where}.public_key`,
    "refused.other_key");
  const bytes = unhex(item.body, `${where}.body`);
  const body = decode("AttestationBody", bytes, `${where}.body`);
  require(
    toHex(body.chain ?? []) === header.chain && (body.epoch ?? 0n) === epoch
      && (body.height ?? 0n) === header.height
      && toHex(body.block_hash ?? []) === toHex(header.hash),
    `${where}.body`, "refused.attests_other");
  const signature = unhex(item.signature, `${where}.signature`, 64);
  require(await isAuthentic(TAGS.attestation, bytes, publicKey, signature),
    `${where}.signature`, "refused.bad_signature");
}

/**
 * The header is judged by `members`, and a quorum of them signed it in that epoch; with
 * "next_attestations" it names `members`, and they signed it.
 */
async function checkQuorum(header, attestations, members, place, epoch, named = "attestations") {
  const judges = named === "attestations" ? header.members_hash : header.next_members_hash;
  require(judges === (await membersHash(members)), `${place}header`,
    "refused.other_judges");
  const list = items(attestations, `${place}${named}`);
  let last = "";
  for (const [item, where] of list) {
    fields(item, where, ["member", "body", "public_key", "signature"]);
    const name = slug(item.member, `${where}.member`);
    require(name > last, `${where}.member`, "refused.order");
    last = name;
    require(members.has(name), `${where}.member`, "refused.no_judge");
    await checkAttestation(item, where, header, epoch, members);
  }
  const quorum = Math.floor((2 * members.size) / 3) + 1;
  require(list.length >= quorum, `${place}${named}`, "refused.quorum",
    { signed: list.length, members: members.size, needed: quorum });
}

function readMembers(value, place) {
  const members = new Map();
  let last = "";
  for (const [member, where] of items(value, place)) {
    fields(member, where, ["id", "node_key"]);
    const name = slug(member.id, `${where}.id`);
    require(name > last, `${where}.id`, "refused.order");
    last = name;
    members.set(name, unhex(member.node_key, `${where}.node_key`, 32));
  }
  return members;
}

export function checkChain(header, chain, place) {
  require(header.chain === chain, place, "refused.other_chain");
}

/** The sets of members, walked from those of genesis in epoch 0. */
export class Sets {
  constructor(members, chain) {
    Object.assign(this, { members, chain, epoch: 0n, least: 0n });
    // The last change or base: its hash, and who judged it.
    this.turn = { hash: null, judges: members };
  }

  async walk(changes, records) {
    const changed = await this.#steps(changes, "member_changes");
    const begun = await this.#steps(records, "epoch_records");
    while (changed.length > 0 || begun.length > 0) {
      const isRecord = begun.length > 0
        && (changed.length === 0 || begun[0].header.height < changed[0].header.height);
      if (isRecord) await this.#record(begun.shift());
      else await this.#change(changed.shift());
    }
  }

  async #steps(list, place) {
    return Promise.all(items(list, place).map(async ([item, where]) => {
      require(typeof item === "object" && item !== null && Object.hasOwn(item, "header"),
        `${where}.header`, "refused.missing");
      const header = await readHeader(unhex(item.header, `${where}.header`), `${where}.header`);
      checkChain(header, this.chain, `${where}.header`);
      return { item, where, header };
    }));
  }

  /** A header of the present epoch is final by the present members. */
  async checkFinal(header, attestations, place) {
    require(header.epoch === this.epoch, `${place}header`,
      "refused.other_epoch");
    require(header.height >= this.least, `${place}header`, "refused.below_change");
    await checkQuorum(header, attestations, this.members, place, this.epoch);
  }

  async #named(header, item, where) {
    const following = readMembers(item.members, `${where}.members`);
    require((await membersHash(following)) === header.next_members_hash, `${where}.members`,
      "refused.other_members");
    return following;
  }

  async #change({ header, item, where }) {
    fields(item, where, ["header", "attestations", "members"]);
    await this.checkFinal(header, item.attestations, `${where}.`);
    const following = await this.#named(header, item, where);
    require(header.members_hash !== header.next_members_hash, `${where}.members`,
      "refused.no_change");
    this.turn = { hash: toHex(header.hash), judges: this.members };
    this.members = following;
    this.least = header.height + 1n;
  }

  /** The base of a new epoch, signed by those who judge it and, where it names others, by those. */
  async #record({ header, item, where }) {
    fields(item, where, ["epoch", "header", "attestations"], ["members", "next_attestations"]);
    require(typeof item.epoch === "string" && /^(?:0|[1-9]\d{0,19})$/.test(item.epoch)
      && BigInt(item.epoch) < 1n << 64n, `${where}.epoch`, "refused.not_number");
    const epoch = BigInt(item.epoch);
    require(epoch > this.epoch, `${where}.epoch`, "refused.epoch_order");
    require(header.epoch <= this.epoch, `${where}.header`, "refused.later_epoch");
    const isTurn = toHex(header.hash) === this.turn.hash;
    const judges = isTurn ? this.turn.judges : this.members;
    require(isTurn || header.height >= this.least, `${where}.header`,
      "refused.below_change");
    await checkQuorum(header, item.attestations, judges, `${where}.`, epoch);
    const changes = header.members_hash !== header.next_members_hash;
    require(changes === Object.hasOwn(item, "members")
      && changes === Object.hasOwn(item, "next_attestations"),
    `${where}.members`, "refused.members_change");
    if (changes) {
      this.members = await this.#named(header, item, where);
      await checkQuorum(header, item.next_attestations, this.members, `${where}.`, epoch,
        "next_attestations");
    }
    this.turn = { hash: toHex(header.hash), judges };
    this.epoch = epoch;
    this.least = header.height + 1n;
  }
}
