import { createCipheriv, createDecipheriv, createHash, createVerify, privateDecrypt, randomBytes } from 'node:crypto';
import { constants, publicEncrypt, sign, type KeyObject } from 'node:crypto';

import { processed } from '../src/as2/disposition.ts';
import { makeMdn } from '../src/as2/mdn.ts';
import { strictPolicy } from '../src/as2/policy.ts';
import { unwrap, type Unwrapped } from '../src/as2/unwrap.ts';
import { wrap } from '../src/as2/wrap.ts';
import { digested } from '../src/bytes/kept.ts';
import { fileSpool, LARGEST_IN_MEMORY, memorySpool, spooled, type Spool } from '../src/bytes/spool.ts';
import type { Sized, Source } from '../src/bytes/source.ts';
import { newBoundary, newMessageId } from '../src/exchange/ids.ts';
import { temporaryFolder } from '../test/support/temporary.ts';
import { makeSender, median } from './load.ts';

/** How long opening and making a message takes, over the bare calls of `node:crypto` that it cannot do without. */
export interface EngineRow {
  readonly what: string;
  readonly cipher: string;
  readonly size: number;
  /** Milliseconds, medians. */
  readonly ours: number;
  readonly bare: number;
  /** Median of the ratios of neighbouring runs. */
  readonly ratio: number;
}

const { identity } = await makeSender();
const policy = { ...strictPolicy, maxInflatedSize: 2 ** 33 };
const directory = temporaryFolder('countersign-engine');

export type BenchCipher = 'aes256-cbc' | 'aes256-gcm';

/** @param rounds pairs of runs */
export async function measureEngine(size: number, cipher: BenchCipher, rounds: number): Promise<EngineRow[]> {
  const keep = fileSpool(directory);
  const message = await make(size, cipher, keep.spool);
  const bareMake = bareMaking(size, cipher);
  const opening = await pairs(rounds, size, () => open(message), bareOpening(size, cipher));
  const receiving = await pairs(rounds, size, () => receive(message), bareReceiving(size, cipher));
  const making = await pairs(
    rounds,
    size,
    async () => {
      const scratch = fileSpool(directory);
      await make(size, cipher, scratch.spool);
      scratch.clear();
    },
    bareMake,
  );
  keep.clear();
  return [
    { what: 'open', cipher, size, ...opening },
    { what: 'receive', cipher, size, ...receiving },
    { what: 'make', cipher, size, ...making },
  ];
}

export interface ThresholdRow {
  readonly size: number;
  /** Milliseconds to open and receive it, all that is spooled held in memory, and all of it in files. Medians. */
  readonly memory: number;
  readonly files: number;
}

/** What the spool costs: the same messages with and without files. */
export async function measureThreshold(size: number, rounds: number): Promise<ThresholdRow> {
  const message = await make(size, 'aes256-cbc', memorySpool);
  const count = Math.ceil((8 * 1024 ** 2) / size);
  const took = async (largestInMemory: number) => {
    const begin = performance.now();
    for (let each = 0; each < count; each += 1) await receive(message, largestInMemory);
    return (performance.now() - begin) / count;
  };
  const measured: { memory: number; files: number }[] = [];
  await took(Infinity);
  for (let round = 0; round < rounds; round += 1) measured.push({ memory: await took(Infinity), files: await took(0) });
  return {
    size,
    memory: median(measured.map(({ memory }) => memory)),
    files: median(measured.map(({ files }) => files)),
  };
}

/** Milliseconds. */
const WARM_UP = 2_000;

async function pairs(rounds: number, size: number, ours: () => Promise<void>, bare: () => void) {
  // Small ones many at a time, so that the clock has something to measure.
  const count = Math.max(1, Math.ceil(400_000 / size));
  const measured: { ours: number; bare: number }[] = [];
  // Compiled, as in a server that has run for a while.
  for (const begin = performance.now(); performance.now() - begin < WARM_UP;) await ours();
  for (let round = 0; round < rounds; round += 1) {
    const begin = performance.now();
    for (let each = 0; each < count; each += 1) await ours();
    const middle = performance.now();
    for (let each = 0; each < count; each += 1) bare();
    const end = performance.now();
    measured.push({ ours: (middle - begin) / count, bare: (end - middle) / count });
  }
  return {
    ours: median(measured.map((each) => each.ours)),
    bare: median(measured.map((each) => each.bare)),
    ratio: median(measured.map((each) => each.ours / each.bare)),
  };
}

async function make(
  size: number,
  cipher: BenchCipher,
  spool: Spool,
): Promise<{ headers: readonly (readonly [string, string])[]; body: Source }> {
  const content = repeated(size);
  const { headers, body } = await wrap(
    { headers: [['Content-Type', 'application/octet-stream']], content },
    {
      compress: 'none',
      micDigest: 'sha256',
      boundary: newBoundary(),
      spool,
      sign: { identity, digest: 'sha256' },
      encrypt: { recipient: identity.certificate, cipher, keyTransport: 'rsa-pkcs1' },
    },
  );
  return { headers, body: spooled(body.pieces(), spool) };
}

type Message = Awaited<ReturnType<typeof make>>;

/** @param use gets what was in it, while that is there */
async function open(
  { headers, body }: Message,
  use: (opened: Unwrapped) => void = () => undefined,
  largestInMemory = LARGEST_IN_MEMORY,
): Promise<void> {
  const { spool, clear } = fileSpool(directory, largestInMemory);
  const context = { keys: [identity], pinned: [identity.certificate], policy, micDigest: 'sha256' as const, spool };
  const opened = await unwrap({ headers, body }, context);
  if (opened.signer === undefined) throw new Error('The message was not verified');
  use(opened);
  clear();
}

/** Opens it, makes the digest that its payload is kept by, and the signed receipt. */
async function receive(message: Message, largestInMemory?: number): Promise<void> {
  const answer = ({ payload, mic }: Unwrapped) => {
    digested(payload.content);
    const now = new Date();
    makeMdn({
      from: 'BENCH',
      to: 'LOAD',
      messageId: newMessageId(now, 'bench.local'),
      date: now,
      original: { messageId: '<load@bench.local>', subject: 'Load' },
      disposition: processed,
      explanation: 'The message was received, verified and stored.',
      mic,
      reportingUa: 'bench.local; Countersign',
      sign: { identity, digest: 'sha256' },
      boundary: newBoundary(),
    });
  };
  await open(message, answer, largestInMemory);
}

const piece = randomBytes(64 * 1024);

/** Bytes of any number that cost nothing to make. */
export function repeated(size: number): Sized {
  return {
    size,
    *pieces() {
      for (let left = size; left > 0; left -= piece.length)
        yield left >= piece.length ? piece : piece.subarray(0, left);
    },
  };
}

/** One RSA decryption, one verification, deciphering and one digest of the same number of bytes, in pieces of 64 KiB. */
function bareOpening(size: number, cipher: BenchCipher): () => void {
  const key = randomBytes(32);
  const iv = randomBytes(cipher === 'aes256-cbc' ? 16 : 12);
  const encrypted = publicEncrypt({ key: identity.certificate.publicKey, padding: constants.RSA_PKCS1_PADDING }, key);
  const attributes = randomBytes(120);
  const signature = sign('sha256', attributes, identity.privateKey);
  return () => {
    privateDecrypt({ key: identity.privateKey, padding: constants.RSA_NO_PADDING }, encrypted);
    const decipher =
      cipher === 'aes256-cbc'
        ? createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
        : createDecipheriv('aes-256-gcm', key, iv);
    const hash = createHash('sha256');
    for (const each of repeated(size).pieces()) hash.update(decipher.update(each));
    hash.digest();
    verify(identity.certificate.publicKey, attributes, signature);
  };
}

/** The same, the digest of the payload, and the signature of the receipt. */
function bareReceiving(size: number, cipher: BenchCipher): () => void {
  const bareOpen = bareOpening(size, cipher);
  const attributes = randomBytes(120);
  return () => {
    bareOpen();
    const hash = createHash('sha256');
    for (const each of repeated(size).pieces()) hash.update(each);
    hash.digest();
    sign('sha256', attributes, identity.privateKey);
  };
}

function verify(key: KeyObject, bytes: Buffer, signature: Buffer): void {
  if (!createVerify('sha256').update(bytes).verify(key, signature)) throw new Error('It does not hold');
}

/** One encryption to RSA, one signature, one digest and enciphering. */
function bareMaking(size: number, cipher: BenchCipher): () => void {
  const attributes = randomBytes(120);
  return () => {
    const key = randomBytes(32);
    publicEncrypt({ key: identity.certificate.publicKey, padding: constants.RSA_PKCS1_PADDING }, key);
    const encipher =
      cipher === 'aes256-cbc'
        ? createCipheriv('aes-256-cbc', key, randomBytes(16))
        : createCipheriv('aes-256-gcm', key, randomBytes(12));
    const hash = createHash('sha256');
    for (const each of repeated(size).pieces()) {
      hash.update(each);
      encipher.update(each);
    }
    hash.digest();
    encipher.final();
    sign('sha256', attributes, identity.privateKey);
  };
}
