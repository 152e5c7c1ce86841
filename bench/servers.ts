import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { stringify } from 'yaml';

import { loadHome } from '../src/config/load.ts';
import { createHome } from '../src/config/scaffold.ts';
import { issueSelfSigned } from '../src/pki/issue.ts';
import { usual } from '../test/interop/case.ts';
import { startChild } from '../test/interop/child.ts';
import type { PeerSystem } from '../test/interop/peer.ts';
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

/** Ours: the built program, with a new home, as `countersign init` and `serve` make it. */
export const startOurs: StartServer = async ({ certificatePem }) => {
  const directory = temporaryFolder('countersign-bench');
  const now = new Date();
  await createHome(directory, {
    as2Id: 'BENCH',
    edifact: { id: 'BENCH', qualifier: 'ZZZ' },
    keyType: 'rsa-2048',
    days: 365,
    now,
  });
  const partner = {
    name: 'Load generator',
    as2: { id: 'LOAD', url: 'http://127.0.0.1:9/' },
    certificates: [{ pem: certificatePem }],
    edifact: { identities: [{ id: 'LOAD', qualifier: 'ZZZ', countries: ['AU'] }] },
  };
  await writeFile(path.join(directory, 'partners/load.yaml'), stringify(partner));
  const certificate = (await loadHome(directory, {})).endpoint.identities[0]?.certificate;
  if (certificate === undefined) throw new Error('The home has no identity');

  const main = path.resolve(import.meta.dirname, '../dist/cli/main.js');
  const [port, operators] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}/as2`;
  const environment = {
    COUNTERSIGN_LISTEN_PORT: String(port),
    COUNTERSIGN_OPERATORS_PORT: String(operators),
    COUNTERSIGN_LISTEN_HOST: '127.0.0.1',
    COUNTERSIGN_LIMITS_MESSAGE_SIZE: '8 GiB',
    COUNTERSIGN_LIMITS_SPOOL_SPACE: '64 GiB',
    COUNTERSIGN_LOG_LEVEL: 'error',
  };
  const args = [main, '--home', directory, 'serve'];
  const { pid, stop } = await startChild(process.execPath, args, { folder: directory, environment, ready: [url] });
  return {
    target: { url, from: 'LOAD', to: 'BENCH', certificate },
    group: pid,
    async stop() {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

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
      group: peer.group ?? 0,
      async stop() {
        await peer.stop();
        await rm(directory, { recursive: true, force: true });
      },
    };
  };
}
