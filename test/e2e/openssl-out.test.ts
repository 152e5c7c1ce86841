import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { kept } from '../../src/bytes/kept.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import { keptBytes } from '../support/stored.ts';
import type { DigestName } from '../../src/cms/algorithms.ts';
import { partnerByShortName } from '../../src/config/home.ts';
import { loadHome } from '../../src/config/load.ts';
import type { PartnerFile } from '../../src/config/partner-schema.ts';
import { makeMessage } from '../../src/exchange/send.ts';
import { header, parseHeaders, type Headers } from '../../src/mime/headers.ts';
import type { OutboundMessage } from '../../src/store/store.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { hasOpenssl, temporaryFile, testIdentity } from '../support/openssl.ts';
import { combinations, type Row } from '../support/pairwise.ts';
import { post, startPeerServer, type PeerServer } from '../support/peer.ts';
import { serve, storeOf, type Served } from '../support/served.ts';
import { decryptByOpenssl, inflateByHand, verifyByOpenssl } from '../support/smime.ts';

const common = {
  sign: ['sha256', 'sha384', 'sha512', 'none'],
  encrypt: ['aes128-cbc', 'aes192-cbc', 'aes256-cbc', 'aes128-gcm', 'aes192-gcm', 'aes256-gcm', 'none'],
  gcmForm: ['auth-enveloped-data', 'enveloped-data'],
  keyTransport: ['rsa-pkcs1', 'rsa-oaep-sha1', 'rsa-oaep-sha256', 'rsa-oaep-sha384', 'rsa-oaep-sha512'],
  compress: ['none', 'before-signing', 'after-signing'],
  micalgStyle: ['rfc5751', 'old'],
  chunked: [false, true],
} as const;

const dimensions = {
  rsa: { ...common, scheme: ['rsa-pkcs1', 'rsa-pss'] },
  // What is encrypted, and to whom, does not depend on our key.
  ec: { ...common, encrypt: ['aes128-cbc', 'aes256-gcm', 'none'], keyTransport: ['rsa-pkcs1'], scheme: ['ecdsa'] },
} as const;

type Send = NonNullable<PartnerFile['send']>;

const payload = {
  content: Buffer.concat([
    Buffer.from("UNB+UNOC:3'\r\n"),
    Buffer.from(Array.from({ length: 256 }, (_, octet) => octet)),
  ]),
  contentType: 'application/EDIFACT',
  fileName: 'CUSRES.edi',
};

for (const key of ['rsa', 'ec'] as const) {
  const choices = combinations<(typeof dimensions)['rsa' | 'ec']>(dimensions[key]);

  describe(`what we make, OpenSSL verifies and decrypts: with our ${key.toUpperCase()} key`, function () {
    this.timeout(60_000);
    let home: TestHome;
    let served: Served;
    let van: PeerServer;
    let certificateFile: string;
    const sent: OutboundMessage[] = [];
    const partner = hasOpenssl ? testIdentity('rsa', 'van') : undefined;

    before(async function () {
      if (partner === undefined) return this.skip();
      van = await startPeerServer(() => Promise.resolve({ status: 200, headers: [], body: Buffer.alloc(0) }));
      home = await makeHome({}, key === 'ec' ? { signer: await identity('signer', 'ec') } : {});
      certificateFile = temporaryFile(home.signer.certificate.pem, 'signer.pem');
      for (const [index, choice] of choices.entries()) {
        const about = { url: van.url, certificatePem: partner.certificatePem, identities: [] };
        const send: Send = { ...choice, mdn: 'none' };
        home.addPartner(`p${index}`, { ...about, as2Id: `P${index}`, send, receive: open });
      }
      const configured = await loadHome(home.directory, {});
      const store = await storeOf(home);
      const consignment = { payload: { ...payload, content: kept(payload.content) } };
      for (const index of choices.keys()) {
        const to = partnerByShortName(configured, `p${index}`);
        if (to !== undefined) sent.push(await makeMessage(consignment, to, configured, new Date(), memorySpool));
      }
      await store.queueOutbound(sent);
      await store.close();
      served = await serve(home);
      await van.received(choices.length);
    });
    after(async () => {
      await (served as Served | undefined)?.stop();
      await (van as PeerServer | undefined)?.close();
    });

    for (const [index, choice] of choices.entries()) {
      it(Object.values(choice).join(', '), async () => {
        const message = sent[index];
        const request = van.requests.find(({ headers }) => header(headers, 'Message-ID') === message?.messageId);
        assert.ok(message && request);
        assert.deepEqual(request.body, keptBytes(message.raw));
        assert.equal(header(request.headers, 'Transfer-Encoding'), choice.chunked ? 'chunked' : undefined);
        assert.equal(header(request.headers, 'AS2-To'), `P${index}`);

        const opened = openByOpenssl({ headers: request.headers, bytes: request.body, body: request.body });
        assert.deepEqual(opened.layers, layersOf(choice));
        assert.deepEqual(opened.content, payload.content);
        const digest = choice.sign === 'none' ? 'sha256' : choice.sign;
        const mic = createHash(digest).update(opened.covered).digest('base64');
        assert.equal(message.mic, `${mic}, ${digest.replace('sha', 'sha-')}`);
        const spelt = choice.micalgStyle === 'old' ? digest : digest.replace('sha', 'sha-');
        assert.equal(opened.micalg, choice.sign === 'none' ? undefined : spelt);
        assert.equal((await served.reached(message.id, 'delivered')).state, 'delivered');
      });
    }

    const receipts = ['sha256', 'sha384', 'sha512', 'sha1'] as const;
    for (const digest of receipts) {
      it(`a receipt signed over ${digest} verifies, and has the MIC of what came`, async () => {
        const body = Buffer.from("UNB'");
        const answered = await post(served.url, plainRequest(digest), body);
        const entity = { headers: answered.headers, bytes: answered.body, body: answered.body };
        const report = openByOpenssl(entity).covered.toString('latin1');
        const mic = createHash(digest).update(body).digest('base64');
        assert.match(report, /^Disposition: automatic-action\/MDN-sent-automatically; processed\r$/m);
        assert.equal(/^Received-Content-MIC: (.*)\r$/m.exec(report)?.[1], `${mic}, ${digest}`);
      });
    }

    function plainRequest(digest: DigestName): Headers {
      const options = `signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, ${digest}`;
      return [
        ['AS2-From', 'P0'],
        ['AS2-To', home.as2Id],
        ['Message-ID', `<${digest}@test>`],
        ['Content-Type', 'application/EDIFACT'],
        ['Disposition-Notification-To', 'P0'],
        ['Disposition-Notification-Options', options],
      ];
    }

    interface Opened {
      /** From outside in. */
      readonly layers: readonly string[];
      readonly content: Buffer;
      readonly covered: Buffer;
      readonly micalg: string | undefined;
    }

    interface Entity {
      readonly headers: Headers;
      readonly bytes: Buffer;
      readonly body: Buffer;
    }

    /** Layer by layer, with nothing of our own but the reading of headers. */
    function openByOpenssl(entity: Entity): Opened {
      const type = header(entity.headers, 'Content-Type') ?? '';
      const [, kind] = /smime-type=([\w-]+)/.exec(type) ?? [];
      if (kind === 'compressed-data') return inside('compressed', inflateByHand(entity.body));
      if (kind !== undefined) {
        const tagInside = kind === 'enveloped-data' && gcm.some((oid) => entity.body.includes(oid));
        return inside(kind, decryptByOpenssl(entity.body, partner!, tagInside));
      }
      if (!type.startsWith('multipart/signed')) {
        return { layers: [], content: entity.body, covered: entity.bytes, micalg: undefined };
      }
      const { content, signature } = signedParts(entity.body, /boundary="(.*)"/.exec(type)?.[1] ?? '');
      verifyByOpenssl(content, signature, certificateFile);
      const rest = inside('signed', content);
      return { ...rest, covered: content, micalg: /micalg=([\w-]+)/.exec(type)?.[1] };
    }

    function inside(layer: string, bytes: Buffer): Opened {
      const { headers, bodyOffset } = parseHeaders(bytes);
      const opened = openByOpenssl({ headers, bytes, body: bytes.subarray(bodyOffset) });
      return { ...opened, layers: [layer, ...opened.layers] };
    }
  });
}

const open = { allowUnsigned: true, allowUnencrypted: true, allowSha1: true };

/** AES-GCM with 128, 192, 256 bits: 2.16.840.1.101.3.4.1.{6,26,46} */
const gcm = ['06', '1a', '2e'].map((last) => Buffer.from(`06096086480165030401${last}`, 'hex'));

function layersOf({ sign, encrypt, gcmForm, compress }: Row<typeof common>): string[] {
  const authenticated = encrypt.endsWith('gcm') && gcmForm === 'auth-enveloped-data';
  return [
    ...(encrypt === 'none' ? [] : [authenticated ? 'authEnveloped-data' : 'enveloped-data']),
    ...(compress === 'after-signing' ? ['compressed'] : []),
    ...(sign === 'none' ? [] : ['signed']),
    ...(compress === 'before-signing' ? ['compressed'] : []),
  ];
}

function signedParts(body: Buffer, boundary: string): { content: Buffer; signature: Buffer } {
  const [, content = '', signature = ''] = `\r\n${body.toString('latin1')}`.split(`\r\n--${boundary}`);
  const bytes = Buffer.from(content.replace('\r\n', ''), 'latin1');
  const p7s = signature.slice(signature.indexOf('\r\n\r\n') + 4);
  return { content: bytes, signature: Buffer.from(p7s, 'base64') };
}
