"""What Examples/lease.py signs, and what it refuses to.

Run by the Swift tests; by hand: python3 -m unittest discover -s Tests/Examples
"""
import pathlib
import sys
import tempfile
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "Examples"))
import ed25519
import lease

CHAIN = bytes(range(32))
NOW = 1_800_000_000_000
START = {"agreements": {"take_transition": {"agreement": "07" * 20, "transition": "start"}}}


def varint(number):
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def number(field, value):
    return varint(field << 3) + varint(value)


def content(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def action(agreement=b"\7" * 20, verb=b"start"):
    return content(6, content(2, content(1, agreement) + content(2, verb)))


class Bodies(unittest.TestCase):
    def setUp(self):
        key = lease.Key("ben", bytes(32))
        self.account = lease.Account(types.SimpleNamespace(chain=CHAIN), key)

    def body(self, **other):
        parts = {"chain": content(1, CHAIN), "sender": content(2, self.account.id),
                 "nonce": number(3, 300), "expiry": number(4, NOW + lease.VALID_FOR_MS),
                 "actions": content(5, action()), "more": b""}
        return b"".join((parts | other).values())

    def check(self, body):
        self.account.check(body, 300, NOW, [START])

    def test_that_say_what_was_asked_for_are_taken(self):
        self.check(self.body())

    def test_that_say_anything_else_are_refused(self):
        late = NOW + lease.VALID_FOR_MS + 60_001
        for name, body in {
            "another chain": self.body(chain=content(1, bytes(32))),
            "no chain": self.body(chain=b""),
            "another sender": self.body(sender=content(2, bytes(20))),
            "another nonce": self.body(nonce=number(3, 301)),
            "a later expiry": self.body(expiry=number(4, late)),
            "an expiry that is over": self.body(expiry=number(4, NOW)),
            "no expiry": self.body(expiry=b""),
            "no action": self.body(actions=b""),
            "the action twice": self.body(more=content(5, action())),
            "another verb": self.body(actions=content(5, action(verb=b"cancel"))),
            "another agreement": self.body(actions=content(5, action(bytes(20)))),
            "an action of another module": self.body(actions=content(5, content(3, b""))),
            "a memo": self.body(more=content(6, b"hello")),
            "a second nonce": self.body(more=number(3, 300)),
            "another wire type": self.body(nonce=content(3, b"\1")),
            "a text that is none": self.body(actions=content(5, action(verb=b"\xff"))),
            "an end too early": self.body()[:-1],
            "a number without end": self.body(more=b"\xff" * 11),
        }.items():
            with self.subTest(name), self.assertRaises(lease.Refused):
                self.check(body)


class Forms(unittest.TestCase):
    def test_ids_are_those_of_the_documents(self):
        # docs/formats/identifiers.md
        chain = bytes.fromhex("72ad43091a7b0c77099180284cd9a122195e2665f8c1dc6b5cff2f1ce8ee5add")
        key = bytes.fromhex("97ffc883c80bee7237ef95d9b9b703d4ad63e60a21e605867682b75b8b3f4303")
        account = lease.account_id(chain, key)
        self.assertEqual(lease.text_id("koi", account),
                         "koi1nz2983lzr2zzsvgfyknkvx5037khttvt2uq869")
        offer = lease.created_id("offer", chain, account, key, 7, 1)
        self.assertEqual(lease.text_id("koioff", offer),
                         "koioff1j3tf4t6rutx5wartkg0vt8v3trcpuv4k2plfmh")

    def test_signatures_are_those_of_rfc_8032(self):
        # Section 7.1, tests 1 and 2.
        for seed, message, key, signature in (
            ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "",
             "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
             "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
             "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
            ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "72",
             "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
             "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
             "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        ):
            seed = bytes.fromhex(seed)
            self.assertEqual(ed25519.public_key(seed).hex(), key)
            self.assertEqual(ed25519.sign(seed, bytes.fromhex(message)).hex(), signature)

    def test_keys_are_kept_and_only_their_owner_reads_them(self):
        with tempfile.TemporaryDirectory() as folder:
            keys = pathlib.Path(folder, "keys")
            made = lease.key_of("anna", keys)
            self.assertEqual(lease.key_of("anna", keys).seed, made.seed)
            self.assertEqual([file.name for file in keys.iterdir()], ["anna.json"])
            file = keys / "anna.json"
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)
            file.chmod(0o640)
            with self.assertRaisesRegex(lease.Refused, "chmod 600"):
                lease.key_of("anna", keys)


if __name__ == "__main__":
    unittest.main()
