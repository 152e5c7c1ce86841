import { keep, keptSource } from '../bytes/kept.ts';
import type { Spool } from '../bytes/spool.ts';
import { messageHeaders, type MessageHeaders } from '../as2/message-headers.ts';
import { formatMic } from '../as2/mic.ts';
import { wrap } from '../as2/wrap.ts';
import { micalgName, type DigestName } from '../cms/algorithms.ts';
import { usualTransport } from '../cms/recipient-info.ts';
import type { Home, Partner } from '../config/home.ts';
import type { Headers } from '../mime/headers.ts';
import { formatParameter } from '../mime/parameters.ts';
import { pinnedFor } from '../pki/pinned.ts';
import type { OutboundMessage, Payload } from '../store/store.ts';
import type { SentInterchange } from '../store/acknowledgement.ts';
import { NoEncryptionCertificate } from './errors.ts';
import { hostOf, newBoundary, newId, newMessageId } from './ids.ts';
import { signerFor } from './receipt.ts';

/** What is to be sent, before it is an AS2 message. */
export interface Consignment {
  readonly payload: Payload;
  readonly subject?: string | undefined;
  /** Our id of the received message that this one answers. */
  readonly answers?: string | undefined;
  /** Those in the payload, where they are known. */
  readonly interchanges?: readonly SentInterchange[] | undefined;
}

/**
 * Makes the AS2 message for a partner, as its file says: compressed, signed, encrypted, with a receipt asked for.
 * These bytes are what every attempt sends.
 *
 * @param spool takes them while they are made
 * @throws NoSigningIdentity, NoEncryptionCertificate, MimeError when a name holds a control character
 */
export async function makeMessage(
  consignment: Consignment,
  partner: Partner,
  home: Home,
  now: Date,
  spool: Spool,
): Promise<OutboundMessage> {
  const { payload, subject = partner.send.subject, answers, interchanges } = consignment;
  const { send } = partner;
  const messageId = newMessageId(now, hostOf(home));

  const sign = send.sign !== 'none' && {
    ...signerFor(home, partner, now),
    digest: send.sign,
    signingTime: now,
    micalg: micalgName(send.sign, send.micalgStyle),
  };
  const encrypt = encryptionFor(partner, now);
  const wrapped = await wrap(
    { headers: entityHeaders(payload), content: keptSource(payload.content) },
    {
      compress: send.compress,
      micDigest: micalgsOf(partner)[0] ?? 'sha256',
      boundary: newBoundary(),
      spool,
      transferEncoding: send.transferEncoding,
      ...(sign && { sign }),
      ...(encrypt && { encrypt }),
    },
  );

  const raw = await keep(wrapped.body.pieces(), spool);

  const headers = messageHeaders({
    from: home.endpoint.as2.id,
    to: partner.as2.id,
    messageId,
    subject,
    date: now,
    ...receiptAskedFor(partner, home),
  });

  return {
    id: newId(now),
    environment: home.endpoint.environment,
    createdAt: now,
    partner: partner.shortName,
    as2From: home.endpoint.as2.id,
    as2To: partner.as2.id,
    messageId,
    url: partner.as2.url,
    subject,
    headers: [...headers, ...wrapped.headers],
    raw,
    payload,
    facts: { sign: send.sign, encrypt: send.encrypt, keyTransport: encrypt?.keyTransport, compress: send.compress },
    mic: formatMic(wrapped.mic()),
    mdnMode: send.mdn,
    mdnSigned: send.mdnSigned,
    answers,
    interchanges,
  };
}

/** As the partner's file says: on the response, or to our own public address. */
function receiptAskedFor(partner: Partner, { endpoint }: Home): Pick<MessageHeaders, 'receipt'> {
  const { send } = partner;
  if (send.mdn === 'none') return {};
  const micalgs = micalgsOf(partner).map((digest) => micalgName(digest, send.micalgStyle));
  const asyncUrl = send.mdn === 'async' ? endpoint.as2.url : undefined;
  return { receipt: { micalgs, ...(asyncUrl !== undefined && { asyncUrl }) } };
}

/**
 * The digests that the receipt may have, best first. RFC 4130 §7.4.3 makes the MIC of a signed message by the digest of
 * its signature; OpenAS2 and others make it by the first that is asked for. So that one stands first. For a message that
 * is not signed the receipt decides, and one alone is offered.
 */
function micalgsOf({ send }: Partner): readonly DigestName[] {
  if (!send.mdnSigned) return [];
  return send.sign === 'none' ? send.mdnMicalgs.slice(0, 1) : [...new Set([send.sign, ...send.mdnMicalgs])];
}

function entityHeaders({ contentType, fileName }: Payload): Headers {
  const type = ['Content-Type', contentType] as const;
  if (fileName === undefined) return [type];
  // RFC 2183 §2.3, and RFC 2231 where the name is not ASCII.
  return [type, ['Content-Disposition', `attachment; ${formatParameter('filename', fileName)}`]];
}

/** undefined: none, as the partner's file says. */
function encryptionFor({ send, certificates, shortName }: Partner, now: Date) {
  if (send.encrypt === 'none') return undefined;
  // draft rfc4130bis §10: an expired certificate is an error at once.
  const [recipient] = pinnedFor(certificates, 'encrypt', now);
  if (recipient === undefined) throw new NoEncryptionCertificate(shortName);
  const keyTransport = send.keyTransport ?? usualTransport(recipient.publicKey);
  return { recipient, cipher: send.encrypt, keyTransport, form: send.gcmForm };
}
