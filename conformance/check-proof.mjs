#!/usr/bin/env node
// Checks one note by its leaf, its c2sp.org/tlog-proof and a
// c2sp.org/tlog-policy, with nothing but Node's own modules:
//
//   node check-proof.mjs PAK-41.leaf PAK-41.tlog-proof policy
//
// It verifies the Ed25519 signatures of the author and of a quorum of the
// policy, and the RFC 6962 path. The ML-DSA-44 signatures beside them it
// leaves alone.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const fail = (why) => { throw new Error(why); };

const base64 = (s) => {
  const b = Buffer.from(s, 'base64');
  if (b.toString('base64') !== s) fail(`not strict base64: ${s.slice(0, 40)}`);
  return b;
};

const sha256 = (...parts) => {
  const h = createHash('sha256');
  for (const p of parts) h.update(p);
  return h.digest();
};

const number = (s) => /^(0|[1-9][0-9]{0,15})$/.test(s) ? BigInt(s) : fail(`not a number: ${s}`);

// vkey: NAME+ID+base64(type, key); ID is SHA-256(NAME LF type key)[:4].
function parseVKey(s, type) {
  const [, name, id, b64] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(s) ?? fail(`not a verifier key: ${s}`);
  const raw = base64(b64);
  if (raw[0] !== type || raw.length !== 33) fail(`the key of ${name} is not of type ${type}`);
  const hash = sha256(name + '\n', raw).subarray(0, 4);
  if (hash.toString('hex') !== id) fail(`the key of ${name} does not match its ID`);
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.subarray(1).toString('base64url') }, format: 'jwk' });
  return { name, id: hash, key };
}

// policy: log, witness, group and quorum lines; # begins a comment.
function parsePolicy(text) {
  const policy = { witnesses: new Map(), groups: new Map() };
  for (const line of text.split('\n')) {
    const f = line.split(/[ \t]+/).filter((x) => x);
    if (f.length === 0 || f[0].startsWith('#')) continue;
    switch (f[0]) {
      case 'log': policy.log = policy.log ? fail('two logs') : parseVKey(f[1], 1); break;
      case 'witness': policy.witnesses.set(f[1], parseVKey(f[2], 4)); break;
      case 'group': {
        const members = f.slice(3);
        const k = { all: members.length, any: 1 }[f[2]] ?? Number(number(f[2]));
        if (k < 1 || k > members.length) fail(`group ${f[1]} wants ${k} of ${members.length}`);
        policy.groups.set(f[1], { members, k });
        break;
      }
      case 'quorum': policy.quorum = f[1]; break;
      default: fail(`policy: ${f[0]}?`);
    }
  }
  if (!policy.log || !policy.quorum) fail('policy: no log, or no quorum');
  return policy;
}

function parseProof(text) {
  const lines = text.split('\n');
  if (lines.shift() !== 'c2sp.org/tlog-proof@v1') fail('not a tlog-proof');
  if (lines[0].startsWith('extra ')) lines.shift();
  const [, index] = /^index (.+)$/.exec(lines.shift()) ?? fail('no index');
  const path = [];
  for (let line; (line = lines.shift()) !== ''; path.push(base64(line))) {
    if (line === undefined || path.length > 63) fail('the proof does not end');
  }
  if (path.some((h) => h.length !== 32)) fail('a hash is not of 32 bytes');
  return { index: number(index), path, checkpoint: lines.join('\n') };
}

function parseCheckpoint(note) {
  const cut = note.lastIndexOf('\n\n');
  if (cut < 0) fail('not a signed note');
  const text = note.slice(0, cut + 1);
  const [origin, size, root] = text.split('\n');
  const sigs = note.slice(cut + 2).split('\n').slice(0, -1).map((line) => {
    const [, name, b64] = /^— (\S+) (\S+)$/.exec(line) ?? fail('not a signature line');
    const raw = base64(b64);
    return { name, id: raw.subarray(0, 4), sig: raw.subarray(4) };
  });
  return { text, origin, size: number(size), root: base64(root), sigs };
}

const signatureBy = (c, v) => c.sigs.find((s) => s.name === v.name && s.id.equals(v.id))?.sig;

function checkAuthor(c, v) {
  const sig = signatureBy(c, v) ?? fail(`no signature by ${v.name}`);
  if (c.origin !== v.name || !verify(null, Buffer.from(c.text), v.key, sig)) fail(`the signature by ${v.name} does not verify`);
}

// cosignature/v1: u64 time, then Ed25519 over "cosignature/v1\ntime T\n" and the text.
function cosigned(c, v) {
  const sig = signatureBy(c, v);
  if (!sig) return false;
  const message = `cosignature/v1\ntime ${sig.readBigUInt64BE()}\n${c.text}`;
  if (!verify(null, Buffer.from(message), v.key, sig.subarray(8))) fail(`the cosignature by ${v.name} does not verify`);
  return true;
}

function satisfied(policy, name, c) {
  if (name === 'none') return true;
  const w = policy.witnesses.get(name);
  if (w) return cosigned(c, w);
  const g = policy.groups.get(name) ?? fail(`policy: ${name}?`);
  return g.members.filter((m) => satisfied(policy, m, c)).length >= g.k;
}

// RFC 9162, section 2.1.3.2, which states RFC 6962's check as an algorithm.
function rootOf(index, size, leafHash, path) {
  if (index >= size) fail('the index is beyond the tree');
  let fn = index, sn = size - 1n, r = leafHash;
  for (const p of path) {
    if (sn === 0n) fail('the path is too long');
    if (fn & 1n || fn === sn) {
      r = sha256(Buffer.of(1), p, r);
      while (!(fn & 1n) && fn !== 0n) { fn >>= 1n; sn >>= 1n; }
    } else {
      r = sha256(Buffer.of(1), r, p);
    }
    fn >>= 1n; sn >>= 1n;
  }
  if (sn !== 0n) fail('the path is too short');
  return r;
}

try {
  const [leafFile, proofFile, policyFile] = process.argv.slice(2);
  if (!policyFile) fail('want LEAF PROOF POLICY');
  const leaf = readFileSync(leafFile);
  const proof = parseProof(readFileSync(proofFile, 'utf8'));
  const policy = parsePolicy(readFileSync(policyFile, 'utf8'));
  const c = parseCheckpoint(proof.checkpoint);
  checkAuthor(c, policy.log);
  if (!satisfied(policy, policy.quorum, c)) fail('the quorum of the policy is not there');
  if (!rootOf(proof.index, c.size, sha256(Buffer.of(0), leaf), proof.path).equals(c.root)) fail('the path does not lead to the root');
  console.log(`${c.origin}#${proof.index} is in the tree of ${c.size} that ${policy.log.name} signed`);
} catch (e) {
  console.error(`check-proof: ${e.message}`);
  process.exitCode = 1;
}
