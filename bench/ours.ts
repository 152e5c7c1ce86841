import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { request } from 'undici';
import { stringify } from 'yaml';

import { loadHome } from '../src/config/load.ts';
import { createHome } from '../src/config/scaffold.ts';
import type { Certificate } from '../src/pki/certificate.ts';
import { startChild } from '../test/interop/child.ts';
import { freePort } from '../test/support/free-port.ts';
import { temporaryFolder } from '../test/support/temporary.ts';
import type { Server } from './servers.ts';

/** The built program. */
export const PROGRAM = path.resolve(import.meta.dirname, '../dist/cli/main.js');

/** A home as `countersign init` makes it, with one partner. */
export interface OurHome {
  readonly directory: string;
  readonly certificate: Certificate;
  /** Where it will be served. */
  readonly url: string;
  /** Called before it is served. */
  readonly addPartner: (id: string, certificatePem: string, url?: string) => Promise<void>;
  /** @returns the process group */
  readonly serve: () => Promise<Omit<OurServer, 'target'>>;
}

/** Ours tells more of itself than others do. */
export interface OurServer extends Server {
  /** The sum of each metric over its labels. */
  readonly metrics: () => Promise<ReadonlyMap<string, number>>;
}

/** Ours, knowing one partner, `LOAD`. Its certificate is the one for TLS too. */
export async function startOurs(
  { certificatePem }: { readonly certificatePem: string },
  scheme: 'http' | 'https' = 'http',
): Promise<OurServer> {
  const { url, certificate, addPartner, serve } = await newHome('BENCH', scheme);
  await addPartner('LOAD', certificatePem);
  return { target: { url, from: 'LOAD', to: 'BENCH', certificate }, ...(await serve()) };
}

export async function newHome(as2Id: string, scheme: 'http' | 'https' = 'http'): Promise<OurHome> {
  const directory = temporaryFolder('countersign-bench');
  const edifact = { id: as2Id, qualifier: 'ZZZ' };
  await createHome(directory, { as2Id, edifact, keyType: 'rsa-2048', days: 365, now: new Date() });
  const certificate = (await loadHome(directory, {})).endpoint.identities[0]?.certificate;
  if (certificate === undefined) throw new Error('The home has no identity');
  const [port, operators] = [await freePort(), await freePort()];
  const url = `${scheme}://127.0.0.1:${port}/as2`;
  return {
    directory,
    certificate,
    url,
    async addPartner(id, certificatePem, address = 'http://127.0.0.1:9/') {
      const partner = {
        name: id,
        as2: { id, url: address },
        certificates: [{ pem: certificatePem }],
        edifact: { identities: [{ id, qualifier: 'ZZZ', countries: ['AU'] }] },
        send: { encrypt: 'aes256-cbc', timeout: '1h' },
      };
      await writeFile(path.join(directory, `partners/${id.toLowerCase()}.yaml`), stringify(partner));
    },
    async serve() {
      const environment = {
        COUNTERSIGN_LISTEN_PORT: String(port),
        COUNTERSIGN_OPERATORS_PORT: String(operators),
        COUNTERSIGN_LISTEN_HOST: '127.0.0.1',
        COUNTERSIGN_LIMITS_MESSAGE_SIZE: '8 GiB',
        COUNTERSIGN_LIMITS_SPOOL_SPACE: '64 GiB',
        COUNTERSIGN_LOG_LEVEL: 'error',
        ...(scheme === 'https' && {
          COUNTERSIGN_LISTEN_TLS_CERTIFICATE: 'keys/endpoint.cert.pem',
          COUNTERSIGN_LISTEN_TLS_KEY: 'keys/endpoint.key.pem',
        }),
      };
      const args = [PROGRAM, '--home', directory, 'serve'];
      const { pid, stop } = await startChild(process.execPath, args, { folder: directory, environment, ready: [url] });
      return {
        group: pid,
        metrics: () => metricsAt(`http://127.0.0.1:${operators}/metrics`),
        async stop() {
          await stop();
          await rm(directory, { recursive: true, force: true });
        },
      };
    },
  };
}

/** What the endpoint tells of itself, in the text format of Prometheus. */
async function metricsAt(url: string): Promise<ReadonlyMap<string, number>> {
  const { body } = await request(url);
  const sums = new Map<string, number>();
  for (const line of (await body.text()).split('\n')) {
    const [, name, value] = /^(\w+)(?:\{.*\})? (\S+)$/.exec(line) ?? [];
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return sums;
}
