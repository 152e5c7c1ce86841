import { execFileSync } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import forge from 'node-forge';
import * as pkijs from 'pkijs';

import { strictPolicy } from '../src/as2/policy.ts';
import { unwrap } from '../src/as2/unwrap.ts';
import { wrap } from '../src/as2/wrap.ts';
import { gather, sourceOf } from '../src/bytes/source.ts';
import { memorySpool } from '../src/bytes/spool.ts';
import type { KeyTransportName } from '../src/cms/algorithms.ts';
import { newBoundary } from '../src/exchange/ids.ts';
import { libas2 } from '../test/interop/peers/libas2.ts';
import { temporaryFolder } from '../test/support/temporary.ts';
import { makeSender, median } from './load.ts';

export interface OpenerRow {
  readonly what: string;
  /** Milliseconds for each message, medians. */
  readonly theirs: number;
  readonly ours: number;
}

const { identity, keyPem, certificatePem } = await makeSender();
const directory = temporaryFolder('countersign-others');
const [key, certificate] = [path.join(directory, 'key.pem'), path.join(directory, 'certificate.pem')];
writeFileSync(key, keyPem);
writeFileSync(certificate, certificatePem);

/**
 * How long libraries and `openssl` take to open the same message as ours: 10 KiB, signed, encrypted by AES-128-CBC.
 *
 * @throws NotHad when libas2 cannot be fetched
 */
export async function measureOthers(rounds: number): Promise<OpenerRow[]> {
  const v15 = await message('rsa-pkcs1');
  const oaep = await message('rsa-oaep-sha256');
  return [
    await compared('node-forge, decrypting alone', rounds, 20, v15, () => openByForge(v15.body)),
    await compared('PKI.js, decrypting and verifying', rounds, 20, oaep, openerByPkijs(oaep.body)),
    await compared('libas2, decrypting and verifying', rounds, 20, oaep, await openerByLibas2(oaep)),
    await compared('`openssl cms`, decrypting and verifying', rounds, 10, v15, () => openByOpenssl(v15.body)),
  ];
}

interface Message {
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

async function message(keyTransport: KeyTransportName): Promise<Message> {
  const content = sourceOf(Buffer.alloc(10 * 1024, "UNB+UNOC:3+SENDER:ZZZ+RECIPIENT:ZZZ+261122:0930+1'"));
  const { headers, body } = await wrap(
    { headers: [['Content-Type', 'application/EDIFACT']], content },
    {
      compress: 'none',
      micDigest: 'sha256',
      boundary: newBoundary(),
      spool: memorySpool,
      sign: { identity, digest: 'sha256' },
      encrypt: { recipient: identity.certificate, cipher: 'aes128-cbc', keyTransport },
    },
  );
  return { headers, body: gather(body.pieces()) };
}

/** Theirs a few times, then ours many times, and so on. */
async function compared(what: string, rounds: number, times: number, { headers, body }: Message, open: () => unknown) {
  const ours = async () => {
    const context = {
      keys: [identity],
      pinned: [identity.certificate],
      policy: strictPolicy,
      micDigest: 'sha256',
    } as const;
    const opened = await unwrap({ headers, body: sourceOf(body) }, { ...context, spool: memorySpool });
    if (opened.signer === undefined) throw new Error('The message was not verified');
  };
  for (let each = 0; each < 2_000; each += 1) await ours();
  await took(times, open);
  const measured: { theirs: number; ours: number }[] = [];
  for (let round = 0; round < rounds; round += 1)
    measured.push({ theirs: await took(times, open), ours: await took(300, ours) });
  return {
    what,
    theirs: median(measured.map(({ theirs }) => theirs)),
    ours: median(measured.map((each) => each.ours)),
  };
}

async function took(times: number, work: () => unknown): Promise<number> {
  const begin = performance.now();
  for (let each = 0; each < times; each += 1) await work();
  return (performance.now() - begin) / times;
}

const forgeKey = forge.pki.privateKeyFromPem(keyPem);

/** It has no verification of SignedData. */
function openByForge(body: Buffer): void {
  const enveloped = forge.pkcs7.messageFromAsn1(forge.asn1.fromDer(body.toString('latin1')));
  if (!('recipients' in enveloped) || enveloped.recipients[0] === undefined)
    throw new Error('forge found no recipient');
  enveloped.decrypt(enveloped.recipients[0], forgeKey);
  if (!contentOf(enveloped).startsWith('Content-Type: multipart/signed')) throw new Error('forge did not decrypt it');
}

const contentOf = ({ content }: { content?: string | forge.util.ByteBuffer | undefined }): string =>
  typeof content === 'string' ? content : (content?.getBytes() ?? '');

function openerByPkijs(body: Buffer): () => Promise<void> {
  pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto }));
  const recipient = pkijs.Certificate.fromBER(identity.certificate.der);
  const pkcs8 = identity.privateKey.export({ format: 'der', type: 'pkcs8' });
  return async () => {
    const enveloped = new pkijs.EnvelopedData({ schema: pkijs.ContentInfo.fromBER(body).content as unknown });
    const inside = Buffer.from(
      await enveloped.decrypt(0, { recipientCertificate: recipient, recipientPrivateKey: pkcs8 }),
    );
    const { signed, signature } = partsOf(inside);
    const signedData = new pkijs.SignedData({ schema: pkijs.ContentInfo.fromBER(signature).content as unknown });
    const data = new Uint8Array(signed).buffer;
    if (!(await signedData.verify({ signer: 0, trustedCerts: [recipient], data })))
      throw new Error('PKI.js did not verify it');
  };
}

interface Libas2 {
  readonly AS2Parser: { parse(message: string): Promise<Libas2Node> };
}

interface Libas2Node {
  decrypt(options: { cert: string; key: string }): Promise<Libas2Node>;
  verify(options: { cert: string }): Promise<Libas2Node | undefined>;
}

/** The library that the interop run fetches. */
async function openerByLibas2({ headers, body }: Message): Promise<() => Promise<void>> {
  const folder = path.resolve(import.meta.dirname, '../.peers/libas2');
  await libas2.fetch(folder);
  const { AS2Parser } = createRequire(path.join(folder, 'package.json'))('libas2') as Libas2;
  const whole = `${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body.toString('latin1')}`;
  return async () => {
    const encrypted = await AS2Parser.parse(whole);
    const signed = await encrypted.decrypt({ cert: certificatePem, key: keyPem });
    if ((await signed.verify({ cert: certificatePem })) === undefined) throw new Error('libas2 did not verify it');
  };
}

/** Of a multipart/signed as we make it. */
function partsOf(entity: Buffer): { signed: Buffer; signature: Buffer } {
  const boundary = /boundary="(.*?)"/.exec(entity.toString('latin1', 0, 400))?.[1] ?? '';
  const start = entity.indexOf(`--${boundary}\r\n`) + boundary.length + 4;
  const end = entity.indexOf(`\r\n--${boundary}`, start);
  const base64 = entity.toString('latin1', entity.indexOf('\r\n\r\n', end) + 4, entity.lastIndexOf('\r\n--'));
  return { signed: entity.subarray(start, end), signature: Buffer.from(base64, 'base64') };
}

function openByOpenssl(body: Buffer): void {
  const decrypt = ['cms', '-decrypt', '-inform', 'DER', '-inkey', key, '-recip', certificate, '-binary'];
  const { signed, signature } = partsOf(execFileSync('openssl', decrypt, { input: body }));
  const content = path.join(directory, 'content');
  writeFileSync(content, signed);
  const verify = [
    'cms',
    '-verify',
    '-inform',
    'DER',
    '-content',
    content,
    '-binary',
    '-noverify',
    '-certfile',
    certificate,
  ];
  execFileSync('openssl', verify, { input: signature, stdio: ['pipe', 'ignore', 'ignore'] });
}
