import { createCipheriv, randomBytes } from 'node:crypto';
import { algorithm } from '../../src/cms/algorithm-identifier.ts';
import { CIPHERS, OID } from '../../src/cms/algorithms.ts';
import type { CipherName } from '../../src/cms/algorithms.ts';
import { context } from '../../src/cms/ber.ts';
import { contentInfo } from '../../src/cms/content-info.ts';
import { element, encode, octetString, oid, sequence, setOf, smallInteger } from '../../src/cms/der.ts';
import type { Der } from '../../src/cms/der.ts';
import { readEnvelope } from '../../src/cms/enveloped-data.ts';
import { makeRecipient } from '../../src/cms/recipient-info.ts';
import { bytesOf, collect } from '../support/bytes.ts';
import { testIdentity } from '../support/openssl.ts';
import { CONTENT } from './support.ts';

export const keys = () => [testIdentity()];

export function opened(envelope: Buffer, identities = keys()) {
  const { facts, open } = readEnvelope(bytesOf(envelope), identities);
  const { content, intact } = open();
  return { facts, content: collect(content), intact: intact() };
}

/** EnvelopedData or AuthEnvelopedData with anything in its places. */
export function craftEnvelope(options: {
  readonly key: Buffer;
  readonly parameters: Der;
  readonly cipher: CipherName;
  readonly encrypted: Buffer | undefined;
  readonly after?: readonly Der[];
  readonly type?: string;
  readonly recipients?: readonly Der[];
}): Buffer {
  const { key, cipher, parameters, encrypted, after = [], type = OID.envelopedData } = options;
  const recipients = options.recipients ?? [makeRecipient(testIdentity().certificate, 'rsa-pkcs1', key)];
  const content = encrypted ? [element(context(0, false), [encrypted])] : [];
  const info = sequence(oid(OID.data), algorithm(CIPHERS[cipher].oid, parameters), ...content);
  return encode(contentInfo(type, sequence(smallInteger(0), setOf(recipients), info, ...after)));
}

/** AES-256-CBC without OpenSSL's padding. */
export function craftCbc(plain: Buffer, key = randomBytes(32)): Buffer {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  return craftEnvelope({ key, cipher: 'aes256-cbc', parameters: octetString(iv), encrypted });
}

export function encryptGcm(key: Buffer, nonce: Buffer, options: { tag?: number; authenticated?: Buffer } = {}) {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: options.tag ?? 16 });
  if (options.authenticated) cipher.setAAD(options.authenticated);
  const encrypted = Buffer.concat([cipher.update(CONTENT), cipher.final()]);
  return { encrypted, tag: cipher.getAuthTag() };
}
