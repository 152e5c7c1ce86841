import { kept } from '../../src/bytes/kept.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import { partnerByShortName, type Partner } from '../../src/config/home.ts';
import { loadHome } from '../../src/config/load.ts';
import { makeMessage } from '../../src/exchange/send.ts';
import type { OutboundMessage } from '../../src/store/store.ts';
import { freePort } from './free-port.ts';
import { makeHome } from './home.ts';
import { serve, type Served } from './served.ts';

export interface Both {
  readonly agency: Served;
  readonly country: Served;
  stop(): Promise<void>;
}

export interface BothOptions {
  readonly outbox?: Record<string, unknown>;
  readonly mdn?: 'sync' | 'async';
  /** Where the other one finds it, when something stands between them. */
  readonly agencyAt?: string;
  readonly countryAt?: string;
}

/** Two homes that are one another's partners, each served. */
export async function startBoth(options: BothOptions = {}): Promise<Both> {
  const { outbox, mdn = 'async' } = options;
  const makeSide = async (as2Id: string, identity: string, at: string | undefined) => {
    const port = await freePort();
    const url = at ?? `http://127.0.0.1:${port}/as2`;
    const edifact = { id: identity, qualifier: 'ZZZ' };
    const settings = {
      as2: { id: as2Id, url },
      listen: { host: '127.0.0.1', port },
      edifact: { identities: [edifact] },
      ...(outbox && { outbox }),
    };
    return { as2Id, url, edifact, home: await makeHome(settings, { as2Id, name: identity }) };
  };
  const agency = await makeSide('USCBP-AS2', 'USCBP', options.agencyAt);
  const country = await makeSide('Australia "AU"', 'AUDAFF', options.countryAt);
  for (const [one, other] of [
    [agency, country],
    [country, agency],
  ] as const) {
    one.home.addPartner('other', {
      as2Id: other.as2Id,
      url: other.url,
      certificatePem: other.home.own.certificate.pem,
      identities: [{ ...other.edifact, countries: ['AU'] }],
      receive: { allowUnsigned: true, allowUnencrypted: true },
      send: { mdn },
    });
  }
  const served = { agency: await serve(agency.home), country: await serve(country.home) };
  return {
    ...served,
    async stop() {
      await served.agency.stop();
      await served.country.stop();
    },
  };
}

/** As `countersign send` does: by another process than the one that serves. */
export async function queueTo(
  { home, store }: Served,
  content: Buffer,
  changed: Partial<Partner['send']> = {},
): Promise<OutboundMessage> {
  const configured = await loadHome(home.directory, {});
  const partner = partnerByShortName(configured, 'other')!;
  const payload = { content: kept(content), contentType: 'application/EDIFACT', fileName: 'certificates.edi' };
  const to = { ...partner, send: { ...partner.send, ...changed } };
  const message = await makeMessage({ payload, subject: 'Certificates' }, to, configured, new Date(), memorySpool);
  await store.queueOutbound([message]);
  return message;
}
