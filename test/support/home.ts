import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { stringify } from 'yaml';

import type { PartnerFile } from '../../src/config/partner-schema.ts';
import { identity, type TestIdentity } from './identities.ts';
import { temporaryFolder } from './temporary.ts';

/** A home on disk, ready to be served, with our identity and what partners know of it. */
export interface TestHome {
  readonly directory: string;
  readonly as2Id: string;
  readonly own: TestIdentity;
  /** What it signs with: `own` unless another was given. */
  readonly signer: TestIdentity;
  /** Writes `partners/<shortName>.yaml`; the settings lie over sensible ones. */
  addPartner(shortName: string, partner: PartnerOptions): void;
}

type Edifact = NonNullable<PartnerFile['edifact']>;

export interface PartnerOptions {
  readonly as2Id: string;
  readonly url: string;
  readonly certificatePem: string;
  /** Beside that one. */
  readonly moreCertificates?: PartnerFile['certificates'];
  readonly identities?: Edifact['identities'];
  readonly receive?: PartnerFile['receive'];
  readonly send?: PartnerFile['send'];
  readonly as2?: Partial<PartnerFile['as2']>;
  readonly contrl?: Edifact['contrl'];
  readonly syntax?: Edifact['syntax'];
  readonly groups?: Edifact['groups'];
  readonly directoryFaults?: Edifact['directoryFaults'];
  /** Of the messages in both directions. */
  readonly release?: Edifact['release'];
  readonly mixedTypes?: Edifact['mixedTypes'];
}

export interface HomeOptions {
  readonly as2Id?: string;
  /** Of the key and certificate. */
  readonly name?: string;
  /** The key and certificate themselves. */
  readonly own?: TestIdentity;
  /** A key of its own for signing. */
  readonly signer?: TestIdentity;
}

/** @param settings laid over the `countersign.yaml` of a test endpoint: any free ports, short pauses */
export async function makeHome(settings: Record<string, unknown> = {}, options: HomeOptions = {}): Promise<TestHome> {
  const { as2Id = 'USCBP-AS2', name = 'countersign.test', signer } = options;
  const directory = temporaryFolder('countersign');
  const { own = await identity(name) } = options;
  mkdirSync(path.join(directory, 'keys'));
  mkdirSync(path.join(directory, 'partners'));
  const write = (file: string, { certificate, privateKey }: TestIdentity) => {
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(path.join(directory, `keys/${file}.key.pem`), key, { mode: 0o600 });
    writeFileSync(path.join(directory, `keys/${file}.cert.pem`), certificate.pem);
    return { certificate: `keys/${file}.cert.pem`, key: `keys/${file}.key.pem` };
  };
  const endpoint = {
    as2: { id: as2Id },
    listen: { host: '127.0.0.1', port: 0 },
    operators: { port: 0 },
    // Threads take longer to start than most tests; those that are about them say so.
    workers: 0,
    identities: [
      { ...write('own', own), ...(signer && { use: ['decrypt'] }) },
      ...(signer ? [{ ...write('signer', signer), use: ['sign'] }] : []),
    ],
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
    signer: signer ?? own,
    addPartner(shortName, partnerOptions) {
      const { as2Id: id, url, certificatePem, moreCertificates = [], receive, send, as2 } = partnerOptions;
      const { identities, contrl, syntax, groups, directoryFaults, release, mixedTypes } = partnerOptions;
      const partner: PartnerFile = {
        name: shortName,
        as2: { id, url, ...as2 },
        certificates: [{ pem: certificatePem }, ...moreCertificates],
        ...(receive && { receive }),
        ...(send && { send }),
        edifact: {
          identities: identities ?? [{ id: 'AUDAFF', qualifier: 'ZZZ', countries: ['AU'] }],
          ...(contrl && { contrl }),
          ...(syntax && { syntax }),
          ...(groups && { groups }),
          ...(directoryFaults && { directoryFaults }),
          ...(mixedTypes && { mixedTypes }),
          ...(release && { release, releases: [release] }),
        },
      };
      writeFileSync(path.join(directory, 'partners', `${shortName}.yaml`), stringify(partner));
    },
  };
}
