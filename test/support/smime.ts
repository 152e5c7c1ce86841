import { spawnSync } from 'node:child_process';
import { deflateSync, inflateSync } from 'node:zlib';

import type { CipherName, DigestName, KeyTransportName, SignatureScheme } from '../../src/cms/algorithms.ts';
import { toBer } from '../cms/support.ts';
import { openssl, temporaryFile, type TestIdentity } from './openssl.ts';

/** What `openssl cms` is told to do, in our words. */
export interface SignChoice {
  readonly digest: DigestName;
  readonly scheme: SignatureScheme;
  readonly detached: boolean;
  /** BER of indefinite length, in pieces. */
  readonly streamed: boolean;
  readonly attributes: boolean;
  /** Names the signer by SubjectKeyIdentifier. */
  readonly byKeyId: boolean;
}

/** @returns SignedData by the OpenSSL command line */
export function signByOpenssl(content: Buffer, signer: TestIdentity, choice: SignChoice): Buffer {
  const { certificateFile, keyFile } = signer;
  // OpenSSL cannot stream PSS; what it made in DER is written again as a streaming sender would.
  if (choice.streamed && choice.scheme === 'rsa-pss')
    return toBer(signByOpenssl(content, signer, { ...choice, streamed: false }));
  const when = (condition: boolean, ...args: readonly string[]) => (condition ? args : []);
  return openssl(
    [
      ...['cms', '-sign', '-binary', '-outform', 'DER', '-md', choice.digest],
      ...['-signer', certificateFile, '-inkey', keyFile],
      ...when(choice.scheme === 'rsa-pss', '-keyopt', 'rsa_padding_mode:pss'),
      ...when(!choice.detached, '-nodetach'),
      ...when(choice.streamed, '-stream'),
      ...when(!choice.attributes, '-noattr'),
      ...when(choice.byKeyId, '-keyid'),
    ],
    content,
  );
}

export interface EncryptChoice {
  readonly cipher: CipherName;
  readonly keyTransport: KeyTransportName;
  readonly streamed: boolean;
}

/** @returns EnvelopedData, or AuthEnvelopedData for GCM, by the OpenSSL command line */
export function encryptByOpenssl(content: Buffer, recipientFile: string, choice: EncryptChoice): Buffer {
  const { cipher, keyTransport, streamed } = choice;
  const [, oaepDigest] = /^rsa-oaep-(.*)$/.exec(keyTransport) ?? [];
  const oaep = ['rsa_padding_mode:oaep', `rsa_oaep_md:${oaepDigest}`, `rsa_mgf1_md:${oaepDigest}`];
  return openssl(
    [
      ...[
        'cms',
        '-encrypt',
        '-binary',
        '-outform',
        'DER',
        cipher === '3des' ? '-des3' : `-${cipher.replace('aes', 'aes-')}`,
      ],
      ...['-recip', recipientFile],
      ...(oaepDigest === undefined ? [] : oaep.flatMap((option) => ['-keyopt', option])),
      ...(streamed ? ['-stream'] : []),
    ],
    content,
  );
}

/** @returns CompressedData (RFC 3274), written by hand: Debian's OpenSSL has no zlib */
export function compressByHand(content: Buffer): Buffer {
  const zlib = der(0x30, hex('060b2a864886f70d0109100308'));
  const data = der(0x30, hex('06092a864886f70d010701'), der(0xa0, der(0x04, deflateSync(content))));
  const compressed = der(0x30, hex('020100'), zlib, data);
  return der(0x30, hex('060b2a864886f70d0109100109'), der(0xa0, compressed));
}

/** The content of CompressedData of definite length in a single piece: what follows the zlib header. */
export function inflateByHand(compressed: Buffer): Buffer {
  const marker = hex('06092a864886f70d010701');
  let at = compressed.indexOf(marker) + marker.length;
  for (const tag of [0xa0, 0x04]) {
    if (compressed[at] !== tag) throw new Error('This is not CompressedData in DER');
    const length = compressed.readUInt8(at + 1);
    at += 2 + (length > 0x80 ? length - 0x80 : 0);
  }
  return inflateSync(compressed.subarray(at));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? hex(length.toString(16).padStart(2, '0')) : longSize(length);
  return Buffer.concat([Buffer.of(tag), size, content]);
}

function longSize(length: number): Buffer {
  const digits = length.toString(16);
  const octets = hex(digits.padStart(digits.length + (digits.length % 2), '0'));
  return Buffer.concat([Buffer.of(0x80 | octets.length), octets]);
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** A detached signature is good, and by this certificate, says OpenSSL. @throws when it does not */
export function verifyByOpenssl(content: Buffer, signature: Buffer, certificateFile: string): void {
  const files = ['-in', temporaryFile(signature, 'smime.p7s'), '-content', temporaryFile(content, 'content')];
  // Not the chain, which ends in itself; and no certificate but the one given.
  const trust = ['-noverify', '-nointern', '-certfile', certificateFile];
  openssl(['cms', '-verify', '-inform', 'DER', '-binary', ...files, ...trust]);
}

/**
 * What an envelope holds, says OpenSSL. Of GCM in EnvelopedData it shows the content, and fails, as it finds no tag.
 *
 * @throws when it fails otherwise
 */
export function decryptByOpenssl(
  envelope: Buffer,
  { certificateFile, keyFile }: TestIdentity,
  tagInside = false,
): Buffer {
  const args = ['cms', '-decrypt', '-inform', 'DER', '-binary', '-recip', certificateFile, '-inkey', keyFile];
  if (!tagInside) return openssl(args, envelope);
  return spawnSync('openssl', args, { input: envelope }).stdout;
}
