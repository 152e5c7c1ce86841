import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { issueSelfSigned } from '../src/pki/issue.ts';
import { usual } from '../test/interop/case.ts';
import type { PeerSystem, RunningPeer } from '../test/interop/peer.ts';
import { freePort } from '../test/support/free-port.ts';
import { temporaryFolder } from '../test/support/temporary.ts';
import type { Target } from './load.ts';

/** A server under load, in a process group of its own. */
export interface Server {
  readonly target: Target;
  readonly group: number;
  stop(): Promise<void>;
}

/** Starts a server that knows one partner, `LOAD`, with this certificate and key. */
export type StartServer = (sender: { readonly certificatePem: string; readonly keyPem: string }) => Promise<Server>;

/** A peer, set up as for an exchange with one partner. */
export function peerServer(system: PeerSystem, fetched: string): StartServer {
  return async ({ certificatePem, keyPem }) => {
    const directory = temporaryFolder(`bench-${system.name}`);
    const file = async (name: string, text: string) => {
      await writeFile(path.join(directory, name), text);
      return path.join(directory, name);
    };
    const own = await issueSelfSigned({ commonName: 'BENCH', keyType: 'rsa-2048', days: 365, now: new Date() });
    const key = await file('own.key.pem', own.privateKeyPem);
    const files = { key, certificate: await file('own.cert.pem', own.certificate.pem) };
    await file('load.key.pem', keyPem);
    const loadCertificate = await file('load.cert.pem', certificatePem);
    const folder = path.join(directory, 'peer');
    await mkdir(folder);
    const [port, port2] = [await freePort(), await freePort()];
    const peer = await system.start({
      fetched,
      folder,
      port,
      port2,
      agreements: [
        {
          case: { ...usual, id: 'load', number: 1, direction: 'to-peer' },
          peer: { as2Id: 'BENCH', sign: files, decrypt: files },
          us: {
            as2Id: 'LOAD',
            url: 'http://127.0.0.1:9/',
            signCertificate: loadCertificate,
            encryptCertificate: loadCertificate,
          },
        },
      ],
    });
    return {
      target: { url: system.urlAt(port, 1), from: 'LOAD', to: 'BENCH', certificate: own.certificate },
      group: groupOf(peer),
      async stop() {
        await peer.stop();
        await rm(directory, { recursive: true, force: true });
      },
    };
  };
}

function groupOf({ group }: RunningPeer): number {
  if (group === undefined) throw new Error('It does not tell its process group');
  return group;
}
