import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import type { ReceivePolicy } from '../../src/as2/policy.ts';
import { unwrap } from '../../src/as2/unwrap.ts';
import type { Unwrapped } from '../../src/as2/unwrap.ts';
import { wrap } from '../../src/as2/wrap.ts';
import { fileSource } from '../../src/bytes/source.ts';
import type { Source } from '../../src/bytes/source.ts';
import { fileSpool, memorySpool } from '../../src/bytes/spool.ts';
import type { Spool } from '../../src/bytes/spool.ts';
import type { EnvelopeOptions } from '../../src/cms/enveloped-data.ts';
import { As2Error, DecryptionFailed } from '../../src/errors.ts';
import { temporaryDirectories } from '../store/temporary.ts';
import { bytesOf, collect, inPiecesOf } from '../support/bytes.ts';
import { bytesOfPart, compressed, encrypted, signedDetached, signedOpaque } from './by-hand.ts';
import type { Part } from './by-hand.ts';
import { cbc, encryptedBy, entity, gcm, makeIdentities, partner, policies, us, visible } from './opened.ts';

before(makeIdentities);

/** Longer than what is read, deciphered and decoded at a stroke; its lines look like delimiters now and then. */
const large = Buffer.concat([
  randomBytes(300_000),
  Buffer.alloc(200_000, "UNB+UNOC:3'\r\n--BOUNDAR\r\n"),
  randomBytes(70_001),
]);

const signings = { none: undefined, detached: signedDetached, opaque: signedOpaque };
const compressions = ['none', 'before signing', 'after signing'] as const;
const encryptions: Record<string, EnvelopeOptions | undefined> = {
  'no encryption': undefined,
  CBC: cbc,
  GCM: gcm,
  'GCM in enveloped-data': { ...gcm, form: 'enveloped-data' },
};
const encodings = [undefined, 'base64', 'quoted-printable'] as const;

type Signing = keyof typeof signings;

/** In the encoding that it says it has. */
function payloadPart(content: Buffer, encoding: (typeof encodings)[number]): Part {
  const headers = [
    ['Content-Type', 'application/EDIFACT'],
    ['Content-Disposition', 'attachment; filename="a.edi"'],
    ...(encoding === undefined ? [] : [['Content-Transfer-Encoding', encoding] as const]),
  ] as const;
  const text = () =>
    content
      .toString('latin1')
      .replace(/[^!-<>-~]/g, hexadecimal)
      .replace(/(.{70}[^=]{3})/g, '$1=\r\n');
  const body =
    encoding === undefined
      ? content
      : Buffer.from(encoding === 'base64' ? content.toString('base64').replace(/(.{76})/g, '$1\r\n') : text());
  return { headers, body };
}

const hexadecimal = (octet: string) => `=${octet.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;

async function layered(
  part: Part,
  signing: Signing,
  compression: (typeof compressions)[number],
  encryption: EnvelopeOptions | undefined,
): Promise<Part> {
  let made = part;
  if (compression === 'before signing') made = await compressed(bytesOfPart(made));
  const sign = signings[signing];
  if (sign !== undefined) made = await sign(bytesOfPart(made), partner, { digest: 'sha384' });
  if (compression === 'after signing') made = await compressed(bytesOfPart(made));
  return encryption === undefined ? made : encrypted(bytesOfPart(made), us.certificate, encryption);
}

/** All that is to be known of a message; of one that is refused, what its sender gets to see. */
async function outcome(headers: Part['headers'], body: Source, spool: Spool, policy: ReceivePolicy = policies.open) {
  let found: Unwrapped;
  try {
    const context = { keys: [us], pinned: [partner.certificate], policy, micDigest: 'sha512' as const, spool };
    found = await unwrap({ headers, body }, context);
  } catch (error) {
    assert.ok(error instanceof As2Error, String(error instanceof Error ? error.stack : error));
    return visible(error);
  }
  const { payload, mic, facts, signer } = found;
  assert.equal(payload.content.size, collect(payload.content).length);
  return { ...payload, content: collect(payload.content), mic, facts, signer: signer?.certificate };
}

describe('unwrap: a message is the same in memory, in a file, and in any pieces', () => {
  const { make } = temporaryDirectories();
  let directory: string;
  before(() => {
    directory = make();
  });

  /** In a file, and what is found inside in files too, which are all gone in the end. */
  async function fromFile({ headers, body }: Part, threshold: number, policy: ReceivePolicy = policies.open) {
    const file = path.join(directory, 'received');
    writeFileSync(file, body);
    const { spool, clear } = fileSpool(directory, threshold);
    const found = await outcome(headers, fileSource(file, body.length), spool, policy);
    clear();
    assert.deepEqual(readdirSync(directory), ['received']);
    return found;
  }

  const combinations = (Object.keys(signings) as Signing[]).flatMap((signing) =>
    compressions.flatMap((compression) =>
      Object.entries(encryptions).map(([name, encryption]) => ({ signing, compression, name, encryption })),
    ),
  );
  for (const { signing, compression, name, encryption } of combinations) {
    it(`signature ${signing}, compression ${compression}, ${name}`, async () => {
      const made = await layered(payloadPart(large, undefined), signing, compression, encryption);
      const expected = await outcome(made.headers, bytesOf(made.body), memorySpool);
      assert.ok('content' in expected && expected.content.equals(large));
      assert.deepEqual(await fromFile(made, 10), expected);
      assert.deepEqual(await outcome(made.headers, inPiecesOf(made.body, 4099), memorySpool), expected);

      const sizes = fc.integer({ min: 1, max: 200 });
      const bytes = fc.uint8Array({ maxLength: 1500 }).map((array) => Buffer.from(array));
      await fc.assert(
        fc.asyncProperty(bytes, fc.constantFrom(...encodings), sizes, sizes, async (content, encoding, ...numbers) => {
          const [size, threshold] = numbers;
          const message = await layered(payloadPart(content, encoding), signing, compression, encryption);
          const { headers, body } = message;
          const whole = await outcome(headers, bytesOf(body), memorySpool);
          assert.ok('content' in whole && whole.content.equals(content));
          assert.deepEqual(await outcome(headers, inPiecesOf(body, size), memorySpool), whole);
          assert.deepEqual(await fromFile(message, threshold), whole);
          const { spool, clear } = fileSpool(directory, threshold);
          assert.deepEqual(await outcome(headers, inPiecesOf(body, size), spool), whole);
          clear();
        }),
        { numRuns: 6 },
      );
    });
  }

  it('and so is what was altered or cut off: the same payload, or the same fault', async () => {
    const messages = await Promise.all(
      (['detached', 'opaque'] as const).flatMap((signing) =>
        [undefined, cbc, gcm].flatMap((encryption) =>
          (['none', 'after signing'] as const).map((compression) =>
            layered(payloadPart(randomBytes(500), undefined), signing, compression, encryption),
          ),
        ),
      ),
    );
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      put: fc.uint8Array({ maxLength: 2 }),
      taken: fc.constantFrom(0, 1, 2, 100_000),
    });
    const policy = fc.constantFrom(policies.open, policies.unencrypted, policies.unsigned);
    const sizes = fc.integer({ min: 1, max: 300 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...messages), change, policy, sizes, async (message, altered, demands, size) => {
        const at = Math.floor(altered.at * message.body.length);
        const body = Buffer.concat([
          message.body.subarray(0, at),
          altered.put,
          message.body.subarray(at + altered.taken),
        ]);
        const changed = { headers: message.headers, body };
        const expected = await outcome(changed.headers, bytesOf(body), memorySpool, demands);
        assert.deepEqual(await outcome(changed.headers, inPiecesOf(body, size), memorySpool, demands), expected);
        assert.deepEqual(await fromFile(changed, size, demands), expected);
      }),
      { numRuns: 300 },
    );
  });

  it('an envelope that is cut off anywhere is decryption-failed, whatever it holds', async () => {
    for (const options of [cbc, gcm, { ...gcm, form: 'enveloped-data' as const }])
      for (const inside of [signedDetached(entity, partner), signedOpaque(entity, us)]) {
        const { headers, body } = await encryptedBy(inside, options);
        const expected = visible(new DecryptionFailed(''));
        for (let length = 25; length < body.length; length += 1 + Math.floor(length / 50)) {
          const cut = body.subarray(0, length);
          assert.deepEqual(await outcome(headers, inPiecesOf(cut, 64), memorySpool, policies.unsigned), expected);
        }
      }
  });
});

describe('wrap: content is made into a message while it is read', () => {
  const { make } = temporaryDirectories();

  it('of any size, with the MIC when all was read, and a length that is known before', async () => {
    const headers = [['Content-Type', 'application/EDIFACT']] as const;
    const { spool, clear } = fileSpool(make(), 1000);
    for (const sign of [undefined, { identity: us, digest: 'sha256' as const }])
      for (const compress of ['none', 'before-signing', 'after-signing'] as const)
        for (const encrypt of [
          undefined,
          { ...cbc, recipient: partner.certificate },
          { ...gcm, recipient: partner.certificate },
        ]) {
          const options = { compress, micDigest: 'sha256' as const, boundary: 'aBcDeF0123456789', spool };
          const content = inPiecesOf(large, 4099);
          const made = await wrap(
            { headers, content },
            { ...options, ...(sign && { sign }), ...(encrypt && { encrypt }) },
          );
          if (sign !== undefined && compress !== 'after-signing') assert.throws(() => made.mic(), /when all was read/);
          const body = collect(made.body);
          assert.equal(body.length, made.body.size);
          const context = { keys: [partner], pinned: [us.certificate], policy: policies.open, spool: memorySpool };
          const found = await unwrap(
            { headers: made.headers, body: bytesOf(body) },
            { ...context, micDigest: 'sha256' },
          );
          assert.ok(collect(found.payload.content).equals(large));
          assert.deepEqual(found.mic, made.mic());
        }
    clear();
  });
});
