// Evidence of a dispute: words or a file. Its hash stands on the ledger; the bytes stay with who
// gives it, or are kept at the node where whoever has the hash may read them.

import { fromUTF8, sha256, toHex, utf8 } from "./bytes.js";
import { keep, Mistake } from "./fields.js";
import { saveFile } from "./files.js";
import { text } from "./texts.js";

export const LIMITS = { text: 65_536, picture: 4 * 1_048_576, file: 64 * 1_048_576 };

const begins = (bytes, ...head) => head.every((byte, index) => bytes[index] === byte);

/** The kind of bytes as the node's content store tells it; null for what it does not keep. */
export function kindOf(bytes) {
  if (begins(bytes, 0xff, 0xd8, 0xff)) return "image/jpeg";
  if (begins(bytes, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "image/png";
  const isRIFF = begins(bytes, 0x52, 0x49, 0x46, 0x46);
  if (isRIFF && begins(bytes.subarray(8), 0x57, 0x45, 0x42, 0x50)) return "image/webp";
  try {
    const words = fromUTF8(bytes);
    return bytes.length > 0 && !/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/.test(words) ? "text/plain" : null;
  } catch {
    return null;
  }
}

async function bytesOf(values) {
  const file = values.evidence_file;
  const words = (values.evidence ?? "").trim();
  if (file?.size > 0) {
    if (words) throw new Mistake("evidence", text("evidence.one"));
    if (file.size > LIMITS.file) {
      throw new Mistake("evidence_file", text("evidence.too_large", {
        size: LIMITS.file / 1_048_576 }));
    }
    return new Uint8Array(await file.arrayBuffer());
  }
  if (!words) throw new Mistake("evidence", text("evidence.missing"));
  return utf8(words);
}

/** The hash of a form's evidence; keeps the bytes at the node if the person wants that. */
export async function evidenceHash(values) {
  const bytes = await bytesOf(values);
  if (!values.keep_evidence) {
    const hash = await sha256(bytes);
    // Words exist nowhere else: without these very bytes the hash proves nothing.
    if (!(values.evidence_file?.size > 0)) {
      saveFile(`evidence-${toHex(hash).slice(0, 12)}.txt`, bytes, "text/plain");
    }
    return hash;
  }
  const kind = kindOf(bytes);
  if (!kind) throw new Mistake("evidence_file", text("evidence.kind"));
  const most = kind === "text/plain" ? LIMITS.text : LIMITS.picture;
  if (bytes.length > most) {
    throw new Mistake("evidence_file", text("evidence.too_large_kept", { size: most / 1024 }));
  }
  return keep(bytes, kind);
}
