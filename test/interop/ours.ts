import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { stringify } from 'yaml';

import { memorySpool } from '../../src/bytes/spool.ts';
import { partnerByShortName } from '../../src/config/home.ts';
import { loadHome } from '../../src/config/load.ts';
import type { PartnerFile } from '../../src/config/partner-schema.ts';
import { makeMessage } from '../../src/exchange/send.ts';
import type { OutboundMessage, Payload } from '../../src/store/store.ts';
import { freePort } from '../support/free-port.ts';
import { makeHome } from '../support/home.ts';
import { serve, type Served } from '../support/served.ts';
import { compression, identityIn, isEncrypted, isSigned, receiptOf, type Case } from './case.ts';
import { OUR_NAME, type RunKey, type RunKeys } from './keys.ts';
import type { Agreement } from './peer.ts';

/** Our side of a run: endpoints that differ in name and signing key, with a partner for each case. */
export interface Ours {
  readonly agreements: readonly Agreement[];
  /** The endpoint that a case is between the peer and. */
  of(each: Case): Served;
  /** As `countersign send` does. */
  send(each: Case, payload: Payload): Promise<OutboundMessage>;
  stop(): Promise<void>;
}

export interface OursOptions {
  readonly keys: RunKeys;
  readonly cases: readonly Case[];
  /** Where the peer receives in a case. */
  peerUrl(number: number): string;
  /** Where its asynchronous MDNs may be asked for. */
  readonly peerPorts: readonly number[];
  /** What the partner files of this system say beside what a case asks for. */
  readonly send: PartnerFile['send'] | undefined;
}

const names = {
  plain: 'COUNTERSIGN',
  quoted: 'Our "Agency"',
  'plain ec': 'COUNTERSIGN-EC',
  'quoted ec': 'Our "EC" Agency',
  expired: 'COUNTERSIGN-EXPIRED',
} as const;
type Side = keyof typeof names;

function sideOf({ direction, event, names: kind, scheme }: Case): Side {
  if (direction === 'from-peer') return kind;
  return event === 'expired' ? 'expired' : scheme === 'ecdsa' ? `${kind} ec` : kind;
}

export async function startOurs(options: OursOptions): Promise<Ours> {
  const { keys, cases } = options;
  const signers: Partial<Record<Side, RunKey>> = {
    'plain ec': keys.oursEc,
    'quoted ec': keys.oursEc,
    expired: keys.oursExpired,
  };
  const served = new Map<Side, Served>();
  const agreements: Agreement[] = [];
  for (const side of new Set(cases.map(sideOf))) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/as2`;
    const settings = {
      as2: { id: names[side], url },
      listen: { host: '127.0.0.1', port },
      // An attempt that fails is a result here.
      outbox: { attempts: 1, timeout: '60s', mdnWait: '20s', concurrency: 16 },
    };
    const signer = signers[side];
    const home = await makeHome(settings, { as2Id: names[side], name: OUR_NAME, ...(signer && { signer }) });
    for (const each of cases.filter((one) => sideOf(one) === side)) {
      agreements.push(agreementOf(each, names[side], url, keys));
      const unknownToUs = each.event === 'unknown-partner' && each.direction === 'from-peer';
      if (!unknownToUs) writePartner(home.directory, each, options);
    }
    served.set(side, await serve(home));
  }
  const of = (each: Case) => served.get(sideOf(each))!;
  return {
    agreements,
    of,
    async send(each, payload) {
      const { home, store } = of(each);
      // Nobody signs with a certificate that has ended; a message from its time shows what the peer does.
      const now =
        each.event === 'expired' ? new Date(keys.oursExpired.certificate.notAfter.getTime() - 1_000) : new Date();
      const configured = await loadHome(home.directory, {}, now);
      const partner = partnerByShortName(configured, shortName(each))!;
      const message = await makeMessage(
        { payload, subject: each.id.replace(/[^\x20-\x7e]/g, '?') },
        partner,
        configured,
        now,
        memorySpool,
      );
      await store.queueOutbound([message]);
      return message;
    },
    async stop() {
      for (const one of served.values()) await one.stop();
    },
  };
}

const shortName = ({ number }: Case) => `case-${number}`;

function agreementOf(each: Case, as2Id: string, url: string, keys: RunKeys): Agreement {
  const { direction, event, number } = each;
  const fromPeer = direction === 'from-peer';
  const digits = String(number).padStart(3, '0');
  const sign = peerSigner(each, keys);
  const ours =
    event === 'expired' && !fromPeer ? keys.oursExpired : sideOf(each).endsWith('ec') ? keys.oursEc : keys.ours;
  return {
    case: each,
    peer: {
      as2Id: each.names === 'quoted' ? `Peer "${digits}" net` : `PEER${digits}`,
      sign: (fromPeer && event === 'unknown-signer' ? keys.stranger : sign).files,
      decrypt: keys.peer.files,
    },
    us: {
      as2Id,
      url,
      signCertificate: (!fromPeer && event === 'unknown-signer' ? keys.stranger : ours).files.certificate,
      encryptCertificate: (fromPeer && event === 'wrong-key' ? keys.stranger : keys.ours).files.certificate,
    },
  };
}

/** What we pin. */
function peerSigner({ direction, event, scheme }: Case, keys: RunKeys): RunKey {
  if (direction === 'to-peer') return keys.peer;
  return event === 'expired' ? keys.peerExpired : scheme === 'ecdsa' ? keys.peerEc : keys.peer;
}

function writePartner(directory: string, each: Case, options: OursOptions): void {
  const { keys, peerPorts, send } = options;
  const encrypt = each.event === 'wrong-key' && each.direction === 'to-peer' ? keys.stranger : keys.peer;
  const agreement = agreementOf(each, '', '', keys);
  const partner: PartnerFile = {
    name: each.id.slice(0, 100),
    as2: {
      id: agreement.peer.as2Id,
      url: options.peerUrl(each.number),
      asyncMdnUrls: peerPorts.map((port) => `http://127.0.0.1:${port}/`),
    },
    certificates: [
      { pem: peerSigner(each, keys).certificate.pem, use: ['sign'] },
      { pem: encrypt.certificate.pem, use: ['encrypt'] },
    ],
    receive: each.direction === 'to-peer' || each.event !== undefined ? {} : receiveSettings(each),
    send: { ...sendSettings(each), ...send },
    edifact: { identities: [{ id: identityIn(each), qualifier: 'ZZZ', countries: ['AU'] }] },
  };
  mkdirSync(path.join(directory, 'partners'), { recursive: true });
  writeFileSync(path.join(directory, 'partners', `${shortName(each)}.yaml`), stringify(partner));
}

type Digest = 'sha256' | 'sha384' | 'sha512';
type Aes = Exclude<NonNullable<NonNullable<PartnerFile['send']>['encrypt']>, 'none'>;

const aesOf = ({ cipher }: Case) => cipher.replace(' in EnvelopedData', '') as Aes;
const digestOf = ({ digest }: Case) => digest.replace('-', '') as Digest;

/** What the case needs and nothing more, so that a message which is otherwise than it says is refused. */
function receiveSettings(each: Case): PartnerFile['receive'] {
  return {
    allowUnsigned: !isSigned(each),
    allowUnencrypted: !isEncrypted(each),
    allowSha1: each.digest === 'sha-1',
    allow3des: each.cipher === '3des',
    ...(each.digest !== 'sha-1' && { digests: [digestOf(each)] }),
    ...(each.cipher !== '3des' && { ciphers: [aesOf(each)] }),
    keyTransports: [each.keyTransport],
    signatureSchemes: [each.scheme],
  };
}

function sendSettings(each: Case): PartnerFile['send'] {
  if (each.direction === 'from-peer') return {};
  const { mode, signed } = receiptOf(each);
  return {
    sign: isSigned(each) ? digestOf(each) : 'none',
    ...(isSigned(each) && { scheme: each.scheme }),
    encrypt: isEncrypted(each) ? aesOf(each) : 'none',
    gcmForm: each.cipher.endsWith('in EnvelopedData') ? 'enveloped-data' : 'auth-enveloped-data',
    keyTransport: each.keyTransport,
    compress: compression(each),
    mdn: mode,
    mdnSigned: signed,
    mdnMicalgs: [digestOf(each)],
    chunked: each.framing === 'chunked',
  };
}
