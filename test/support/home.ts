import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { stringify } from 'yaml';

import type { PartnerFile } from '../../src/config/partner-schema.ts';
import { identity, type TestIdentity } from './identities.ts';

/** A home on disk, ready to be served, with our identity and what partners know of it. */
export interface TestHome {
  readonly directory: string;
  readonly as2Id: string;
  readonly own: TestIdentity;
  /** Writes `partners/<shortName>.yaml`; the settings lie over sensible ones. */
  addPartner(shortName: string, partner: PartnerOptions): void;
}

type Edifact = NonNullable<PartnerFile['edifact']>;

export interface PartnerOptions {
  readonly as2Id: string;
  readonly url: string;
  readonly certificatePem: string;
  readonly identities?: Edifact['identities'];
  readonly receive?: PartnerFile['receive'];
  readonly send?: PartnerFile['send'];
  readonly as2?: Partial<PartnerFile['as2']>;
  readonly contrl?: Edifact['contrl'];
}

/** @param settings laid over the `countersign.yaml` of a test endpoint: any free ports, short pauses */
export async function makeHome(settings: Record<string, unknown> = {}): Promise<TestHome> {
  const directory = mkdtempSync(path.join(tmpdir(), 'countersign-'));
  const own = await identity('countersign.test');
  mkdirSync(path.join(directory, 'keys'));
  mkdirSync(path.join(directory, 'partners'));
  const key = own.privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(path.join(directory, 'keys/own.key.pem'), key, { mode: 0o600 });
  writeFileSync(path.join(directory, 'keys/own.cert.pem'), own.certificate.pem);
  const as2Id = 'USCBP-AS2';
  const endpoint = {
    as2: { id: as2Id },
    listen: { host: '127.0.0.1', port: 0 },
    operators: { port: 0 },
    identities: [{ certificate: 'keys/own.cert.pem', key: 'keys/own.key.pem' }],
    edifact: { identities: [{ id: 'USCBP', qualifier: 'ZZZ' }] },
    outbox: { firstPause: '20ms', longestPause: '100ms', timeout: '5s' },
    log: { level: 'error' },
    ...settings,
  };
  writeFileSync(path.join(directory, 'countersign.yaml'), stringify(endpoint));
  return {
    directory,
    as2Id,
    own,
    addPartner(shortName, { as2Id: id, url, certificatePem, identities, receive, send, as2, contrl }) {
      const partner: PartnerFile = {
        name: shortName,
        as2: { id, url, ...as2 },
        certificates: [{ pem: certificatePem }],
        ...(receive && { receive }),
        ...(send && { send }),
        edifact: {
          identities: identities ?? [{ id: 'AUDAFF', qualifier: 'ZZZ', countries: ['AU'] }],
          ...(contrl && { contrl }),
        },
      };
      writeFileSync(path.join(directory, 'partners', `${shortName}.yaml`), stringify(partner));
    },
  };
}
