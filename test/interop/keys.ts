import { createPrivateKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { issueSelfSigned } from '../../src/pki/issue.ts';
import { identity, type TestIdentity } from '../support/identities.ts';
import type { KeyFiles } from './peer.ts';

/** A key of this run with its certificate, in memory and as PEM files. */
export interface RunKey extends TestIdentity {
  readonly files: KeyFiles;
}

export interface RunKeys {
  /** The peer's: the usual one, one for ECDSA, and one whose certificate ended a year ago. */
  readonly peer: RunKey;
  readonly peerEc: RunKey;
  readonly peerExpired: RunKey;
  /** Ours, likewise. */
  readonly ours: RunKey;
  readonly oursEc: RunKey;
  readonly oursExpired: RunKey;
  /** Nobody's partner. */
  readonly stranger: RunKey;
}

/** The name that `makeHome` gives to our own usual key. */
export const OUR_NAME = 'countersign.test';

export async function makeKeys(folder: string): Promise<RunKeys> {
  const keep = async (name: string, made: TestIdentity): Promise<RunKey> => {
    const files = { key: path.join(folder, `${name}.key.pem`), certificate: path.join(folder, `${name}.cert.pem`) };
    await writeFile(files.key, made.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    await writeFile(files.certificate, made.certificate.pem);
    return { ...made, files };
  };
  const expired = async (commonName: string): Promise<TestIdentity> => {
    const now = new Date(Date.now() - 2 * 365 * 86_400_000);
    const issued = await issueSelfSigned({ commonName, keyType: 'rsa-2048', days: 365, now });
    return { certificate: issued.certificate, privateKey: createPrivateKey(issued.privateKeyPem) };
  };
  return {
    peer: await keep('peer', await identity('peer.test')),
    peerEc: await keep('peer-ec', await identity('ec.peer.test', 'ec')),
    peerExpired: await keep('peer-expired', await expired('expired.peer.test')),
    ours: await keep('ours', await identity(OUR_NAME)),
    oursEc: await keep('ours-ec', await identity('ec.countersign.test', 'ec')),
    oursExpired: await keep('ours-expired', await expired('expired.countersign.test')),
    stranger: await keep('stranger', await identity('stranger.test')),
  };
}
