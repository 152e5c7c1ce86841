import { request } from 'undici';

import { startChild } from './child.ts';
import type { Account, Agreement, RunningPeer, Setting } from './peer.ts';

/**
 * A peer that is a library with a small program around it. The program serves AS2 on `port`, and on `port2` what a run
 * wants of it: POST `/agree`, `/send`, `/received`, and `/again` where it can, with form fields, answered in JSON.
 */
export async function startProgram(
  command: string,
  args: readonly string[],
  setting: Setting,
  environment?: Readonly<Record<string, string>>,
): Promise<RunningPeer> {
  const control = `http://127.0.0.1:${setting.port2}`;
  const { folder } = setting;
  const child = await startChild(command, args, { folder, environment, ready: [`${control}/`] });
  const call = async (what: string, fields: Readonly<Record<string, string>>) => {
    const body = new URLSearchParams(fields).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await request(`${control}/${what}`, { method: 'POST', headers, body });
    const text = await response.body.text();
    if (response.statusCode === 404) return undefined;
    if (response.statusCode >= 300) throw new Error(`The peer's program could not ${what}: ${text.slice(0, 1_000)}`);
    return text === '' ? undefined : (JSON.parse(text) as Account);
  };
  const told = async (what: string, fields: Readonly<Record<string, string>>) => {
    const account = await call(what, fields);
    if (account === undefined) throw new Error(`The peer's program had nothing to ${what}`);
    return account;
  };
  try {
    for (const agreement of setting.agreements) await call('agree', fieldsOf(agreement));
  } catch (error) {
    await child.stop();
    throw error;
  }
  return {
    group: child.pid,
    send: (number, file, contentType) => told('send', { number: String(number), file, contentType }),
    sendAgain: (number, messageId) => told('again', { number: String(number), messageId }),
    received: (number, messageId) => call('received', { number: String(number), messageId }),
    stop: () => child.stop(),
  };
}

function fieldsOf({ case: one, peer, us }: Agreement): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(one).map(([name, value]) => [name, String(value)])),
    peerId: peer.as2Id,
    peerSignKey: peer.sign.key,
    peerSignCertificate: peer.sign.certificate,
    peerDecryptKey: peer.decrypt.key,
    peerDecryptCertificate: peer.decrypt.certificate,
    usId: us.as2Id,
    usUrl: us.url,
    usSignCertificate: us.signCertificate,
    usEncryptCertificate: us.encryptCertificate,
  };
}
