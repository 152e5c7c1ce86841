import { readFile } from 'node:fs/promises';

import type { UnwrapFacts } from '../../src/as2/unwrap.ts';
import { header, type Headers } from '../../src/mime/headers.ts';
import type { MessageDetail } from '../../src/store/store.ts';
import { isEncrypted, isSigned, receiptOf, type Case } from './case.ts';
import type { Account } from './peer.ts';

/** Each check tells what is not as it should be, in words; nothing when all is well. */
export const unless = (holds: boolean, problem: string): string[] => (holds ? [] : [problem]);
export const ourWords = ({ state, disposition, detail }: MessageDetail) =>
  [state, disposition, detail].filter(Boolean).join('; ');
export const peersWords = ({ status, disposition, told }: Account) =>
  [status, disposition, told].filter(Boolean).join('; ').slice(0, 700);

/** A peer whose log has no MIC has nothing to compare here; its MDN was compared when it was judged. */
export function sameMic(each: Case, ours: string | undefined, { mic }: Account, compared: string[]): string[] {
  if (mic === undefined || receiptOf(each).mode === 'none') return [];
  compared.push(mic);
  const value = (text: string | undefined) => text?.split(',')[0]?.trim();
  return unless(value(ours) === value(mic), `MIC here ${ours ?? 'none'}, there ${mic}`);
}

export function signedAsAsked(each: Case, { mdnSigned }: Account): string[] {
  const { mode, signed } = receiptOf(each);
  return unless(mode === 'none' || mdnSigned === signed, `the peer got ${mdnSigned ? 'a signed' : 'an unsigned'} MDN`);
}

/** Whether a message is made as the case says: what is in its bytes, and how these went over the wire. */
export function asTheCaseSays(each: Case, { layers, envelope, signature }: UnwrapFacts, wire: Headers): string[] {
  const expected = each.layers === 'plain' ? [] : each.layers.split('-').reverse();
  const cipher = each.cipher.replace(' in EnvelopedData', '');
  const structure = cipher === each.cipher && cipher.endsWith('gcm') ? 'auth-enveloped-data' : 'enveloped-data';
  const signedAs = [signature?.digest, signature?.scheme];
  const encryptedAs = [envelope?.structure, envelope?.cipher, envelope?.keyTransport];
  const chunked = /chunked/i.test(header(wire, 'Transfer-Encoding') ?? '');
  const sized = header(wire, 'Content-Length') !== undefined;
  return [
    ...same('layers', layers, expected),
    ...(isSigned(each) ? same('signature', signedAs, [each.digest.replace('-', ''), each.scheme]) : []),
    ...(isEncrypted(each) ? same('encryption', encryptedAs, [structure, cipher, each.keyTransport]) : []),
    ...same('framing', [chunked && 'chunked', sized && 'sized'].filter(Boolean), [each.framing]),
  ];
}

/** Whether a message asks for the receipt that the case says (RFC 4130 §7.3). */
export function asksAsTheCaseSays(each: Case, wire: Headers, asyncUrl: string): string[] {
  const { mode, signed } = receiptOf(each);
  const asked = header(wire, 'Disposition-Notification-To') !== undefined;
  const options = (header(wire, 'Disposition-Notification-Options') ?? '').toLowerCase().replaceAll('sha-', 'sha');
  const [micalg] = /micalg=optional, *(\w+)/.exec(options)?.slice(1) ?? [];
  return [
    ...same('receipt asked for', [asked], [mode !== 'none']),
    ...same('receipt to', [header(wire, 'Receipt-Delivery-Option')], [mode === 'async' ? asyncUrl : undefined]),
    ...same('signed receipt', [options.includes('pkcs7-signature')], [signed]),
    ...same('MIC by', [micalg], [signed ? each.digest.replace('-', '') : undefined]),
  ];
}

/** Whether the MDN came back the way it was asked for, and as it was. */
export function receiptCameAsAsked(each: Case, { mdns }: MessageDetail): string[] {
  const { mode, signed } = receiptOf(each);
  const came = mdns.map((mdn) => `${mdn.mode}-${mdn.signed ? 'signed' : 'unsigned'}`);
  return same('MDN', came, mode === 'none' ? [] : [`${mode}-${signed ? 'signed' : 'unsigned'}`]);
}

type Told = string | boolean | undefined;

function same(what: string, found: readonly Told[], expected: readonly Told[]): string[] {
  const list = (values: readonly Told[]) => values.map((value) => String(value ?? 'none')).join(', ') || 'none';
  return unless(list(found) === list(expected), `${what}: ${list(found)}, where it should be ${list(expected)}`);
}

export async function samePayload(sent: Buffer, file: string | undefined): Promise<string[]> {
  return file === undefined ? ['the peer kept no payload'] : samePayloadBytes(sent, await readFile(file));
}

export function samePayloadBytes(sent: Buffer, got: Buffer): string[] {
  if (sent.equals(got)) return [];
  const at = sent.findIndex((byte, index) => byte !== got[index]);
  return [`payload of ${sent.length} bytes came as ${got.length}, unlike from byte ${at < 0 ? sent.length : at}`];
}
