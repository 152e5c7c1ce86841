import assert from 'node:assert/strict';
import { strictPolicy } from '../../src/as2/policy.ts';
import type { ReceivePolicy } from '../../src/as2/policy.ts';
import type { EnvelopeOptions } from '../../src/cms/enveloped-data.ts';
import { As2Error } from '../../src/errors.ts';
import { unwrap } from '../support/unwrap.ts';
import { identity } from '../support/identities.ts';
import type { TestIdentity } from '../support/identities.ts';
import { bytesOf } from '../support/bytes.ts';
import { bytesOfPart, encrypted } from './by-hand.ts';
import type { Part } from './by-hand.ts';

export const cbc: EnvelopeOptions = { cipher: 'aes128-cbc', keyTransport: 'rsa-pkcs1' };
export const gcm: EnvelopeOptions = { cipher: 'aes128-gcm', keyTransport: 'rsa-oaep-sha256' };
export const policies = {
  strict: strictPolicy,
  unencrypted: { ...strictPolicy, allowUnencrypted: true },
  unsigned: { ...strictPolicy, allowUnsigned: true },
  open: { ...strictPolicy, allowUnencrypted: true, allowUnsigned: true },
} satisfies Record<string, ReceivePolicy>;

export const payload: Part = {
  headers: [['Content-Type', 'application/edifact']],
  body: Buffer.from("UNB+UNOC:3'".repeat(40)),
};
export const entity = bytesOfPart(payload);
export const opaque = (body: Buffer): Part => ({ headers: [['Content-Type', 'application/pkcs7-mime']], body });

export let us: TestIdentity;
export let partner: TestIdentity;
export let stranger: TestIdentity;
/** Another key in a certificate with the partner's name, issuer and serial number. */
export let forger: TestIdentity;
/** For `before`. */
export async function makeIdentities(): Promise<void> {
  [us, partner, stranger, forger] = await Promise.all([
    identity('us'),
    identity('partner'),
    identity('stranger'),
    identity('partner', 'rsa', 'forged'),
  ]);
}

export function open({ headers, body }: Part, policy: ReceivePolicy) {
  const context = { keys: [us], pinned: [partner.certificate], policy, micDigest: 'sha256' as const };
  return unwrap({ headers, body: bytesOf(body) }, context);
}

export async function faultOf(part: Part | Promise<Part>, policy: ReceivePolicy): Promise<As2Error> {
  const message = await part;
  const fault: unknown = await open(message, policy).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(fault instanceof As2Error, `accepted, or not an As2Error: ${String(fault)}`);
  return fault;
}

/** Everything that the sender gets to see. */
export const visible = ({ code, severity, modifier, explanation }: As2Error) => ({
  code,
  severity,
  modifier,
  explanation,
});

export const encryptedBy = async (part: Part | Promise<Part>, options: EnvelopeOptions) =>
  encrypted(bytesOfPart(await part), us.certificate, options);

/** The last octet of the plaintext's padding is changed by the block before. */
export async function withBadPadding(part: Part | Promise<Part>): Promise<Part> {
  const { headers, body } = await encryptedBy(part, cbc);
  const changed = Buffer.from(body);
  changed[body.length - 17] = (changed[body.length - 17] ?? 0) ^ 0x55;
  return { headers, body: changed };
}
