import { z } from 'zod';
import { KEY_TRANSPORTS, SIGNATURE_SCHEMES, STRONG_CIPHERS, STRONG_DIGESTS } from '../cms/algorithms.ts';
import { MOST_EDIFACT_MESSAGES } from '../limits.ts';
import { as2Name, edifactIdentity, filePath, httpUrl, variableName } from './common-schema.ts';
import { duration, instantFrom, instantTo } from './units.ts';

/** `partners/<short-name>.yaml`, as it is after reading. */
export type PartnerConfig = z.output<typeof partnerSchema>;
/** The same, as it is written. */
export type PartnerFile = z.input<typeof partnerSchema>;

// draft rfc4130bis §7.1, §7.2: SHA-1, MD5, 3DES and RC2 are never sent.
const digests = z.array(z.enum(STRONG_DIGESTS)).min(1);
const aes = z.enum(STRONG_CIPHERS);
const keyTransport = z.enum(KEY_TRANSPORTS);
const signatureScheme = z.enum(SIGNATURE_SCHEMES);

const as2 = z.strictObject({
  id: as2Name.describe("The partner's AS2 name, as it writes it in AS2-From. Case matters."),
  url: httpUrl.describe('Where we send messages to.'),
  asyncMdnUrls: z
    .array(httpUrl)
    .default([])
    .describe(
      'Further addresses that asynchronous MDNs may go to. Scheme, host and port must be those of one of them, or of `url`.',
    ),
  basicAuth: z
    .strictObject({
      user: z.string().min(1).describe('User name.'),
      passwordFile: filePath.optional().describe('File that holds the password.'),
      passwordEnv: variableName.optional().describe('Environment variable that holds the password.'),
    })
    .optional()
    .describe('HTTP basic authentication towards `url`.'),
});

const certificate = z.strictObject({
  file: filePath.optional().describe('Certificate, PEM or DER. Either this or `pem`.'),
  pem: z.string().optional().describe('The certificate itself, as a PEM block.'),
  use: z
    .array(z.enum(['sign', 'encrypt']))
    .min(1)
    .default(['sign', 'encrypt'])
    .describe('`sign`: the partner signs with it. `encrypt`: we encrypt to it.'),
  validFrom: instantFrom.optional().describe("Not used before. The certificate's own beginning when left out."),
  validTo: instantTo.optional().describe("Not used after. The certificate's own end when left out."),
});

const receive = z.strictObject({
  allowUnsigned: z
    .boolean()
    .default(false)
    .describe('Dangerous: anybody who knows the AS2 names can send in the name of the partner.'),
  allowUnencrypted: z.boolean().default(false).describe('Dangerous: content may cross the network in clear.'),
  digests: digests.default([...STRONG_DIGESTS]).describe('Digests that signatures may use.'),
  allowSha1: z.boolean().default(false).describe('Dangerous: SHA-1 signatures can be forged at a price.'),
  ciphers: z
    .array(aes)
    .min(1)
    .default([...aes.options])
    .describe('Ciphers that messages may be encrypted with.'),
  allow3des: z.boolean().default(false).describe('Dangerous: 3DES is no longer approved (NIST SP 800-131A).'),
  keyTransports: z
    .array(keyTransport)
    .min(1)
    .default([...keyTransport.options])
    .describe('How the key of the message may be encrypted to ours.'),
  signatureSchemes: z
    .array(signatureScheme)
    .min(1)
    .default([...signatureScheme.options])
    .describe('Kinds of signature.'),
});

const send = z.strictObject({
  sign: z
    .enum([...STRONG_DIGESTS, 'none'])
    .default('sha256')
    .describe('Digest to sign with; `none` is dangerous: the partner cannot tell who sent it.'),
  scheme: signatureScheme
    .optional()
    .describe(
      'Kind of signature, on messages and receipts, and so which of our keys makes it: the newest that can. When left out: `rsa-pkcs1` or `ecdsa`, as the newest RSA or EC key has it; `ed25519` where we have no other. `ed25519` needs `sign: sha512`.',
    ),
  encrypt: z
    .enum([...aes.options, 'none'])
    .default('aes128-cbc')
    .describe(
      'Cipher. The default is the one that every S/MIME since 3.1 knows, old Java without unlimited-strength cryptography included; `-ccm` takes messages up to 16 MiB; `none` is dangerous.',
    ),
  gcmForm: z
    .enum(['auth-enveloped-data', 'enveloped-data'])
    .default('auth-enveloped-data')
    .describe(
      'Structure for the `-gcm` and `-ccm` ciphers: that of RFC 5083, or the one that BouncyCastle systems write.',
    ),
  keyTransport: keyTransport
    .optional()
    .describe(
      'How the key is encrypted. When left out: `rsa-pkcs1` to an RSA key, which all partners know, `ecdh-sha256` to an EC key, `ecdh-hkdf-sha256` to an X25519 key. HKDF is for X25519 alone.',
    ),
  compress: z.enum(['none', 'before-signing', 'after-signing']).default('none').describe('Compression (RFC 5402).'),
  mdn: z.enum(['none', 'sync', 'async']).default('sync').describe('Receipt that we ask for.'),
  mdnSigned: z
    .boolean()
    .default(true)
    .describe('Ask for a signed receipt, and take no other. Without it delivery cannot be proved.'),
  mdnMicalgs: digests
    .default(['sha256'])
    .describe(
      'Digests that the receipt may use, best first. That of our own signature goes before them: partners differ in which of the two they make the MIC by.',
    ),
  micalgStyle: z
    .enum(['rfc5751', 'old'])
    .default('rfc5751')
    .describe('How digests are spelt: `sha-256`, or `sha256` for systems from before RFC 5751.'),
  transferEncoding: z
    .enum(['binary', 'base64'])
    .default('binary')
    .describe(
      'How encrypted or compressed content crosses HTTP: `base64` for systems that lose bytes of binary bodies.',
    ),
  keepAlive: z
    .boolean()
    .default(true)
    .describe('Use a connection for several messages; `false` for systems whose answers to one spoil the next.'),
  chunked: z.boolean().default(false).describe('Send without Content-Length; some partners refuse that.'),
  subject: z
    .string()
    .regex(/^[\x20-\x7e]{0,200}$/, 'up to 200 printable ASCII characters')
    .default('EDIFACT interchange')
    .describe('Subject of the message.'),
  contentType: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+$/, 'a media type such as application/EDIFACT')
    .default('application/EDIFACT')
    .describe('Content-Type of interchanges.'),
  timeout: duration.optional().describe('How long one attempt may take. `outbox.timeout` when left out.'),
});

/** The directories that come with the product; SANCRT, CUSRES and REQDOC of each (`reference/edifact`). */
const release = z.enum([
  'D.95B',
  'D.96A',
  'D.96B',
  'D.97A',
  'D.97B',
  'D.98A',
  'D.98B',
  'D.99A',
  'D.99B',
  'D.00A',
  'D.00B',
  'D.01B',
]);

const edifact = z.strictObject({
  identities: z
    .array(
      edifactIdentity.extend({
        countries: z
          .array(z.string().regex(/^[A-Z]{2}$/, 'an ISO 3166 code such as AU'))
          .min(1)
          .describe('Countries whose certificates it may send.'),
        production: z
          .boolean()
          .default(true)
          .describe(
            'Admitted to production, as long as `countersign partner stage` tells nothing else: without it, its certificates are rejected there, and taken in test alone.',
          ),
        usageNotices: z
          .enum(['at-once', 'daily'])
          .optional()
          .describe(
            'Tell the participant by CUSRES what entries drew on its certificates: within seconds, or once a day (UTC) what there was. Not at all when left out.',
          ),
      }),
    )
    .default([])
    .describe(
      'Participants that this partner speaks for; a network may speak for several. Interchanges of others are refused.',
    ),
  release: release
    .exclude(['D.95B', 'D.96A'])
    .default('D.97B')
    .describe(
      'Directory of the messages that we write. D.95B and D.96A cannot be chosen: their CUSRES tells errors another way.',
    ),
  syntax: z
    .enum(['UNOA:1', 'UNOA:2', 'UNOA:3', 'UNOB:1', 'UNOB:2', 'UNOB:3', 'UNOC:3'])
    .default('UNOC:3')
    .describe('Character set and version of the interchanges that we write.'),
  messageTypes: z
    .array(z.enum(['SANCRT', 'REQDOC', 'CUSRES']))
    .min(1)
    .default(['SANCRT', 'REQDOC'])
    .describe(
      'Types of message that are taken; others are refused (CONTRL error 17). SANCRT and REQDOC are worked on; CUSRES is checked, acknowledged and kept. CONTRL is always taken.',
    ),
  releases: z
    .array(release)
    .min(1)
    .default(['D.96B', 'D.97B', 'D.99B'])
    .describe('Directories that they may be of; others are refused (17).'),
  maxMessages: z
    .int()
    .min(1)
    .max(999_999)
    .default(MOST_EDIFACT_MESSAGES)
    .describe('Messages that an interchange may have; one with more is refused (17).'),
  mixedTypes: z
    .boolean()
    .default(false)
    .describe('Take several types of message in one interchange. Without it those unlike the first are refused (14).'),
  groups: z
    .boolean()
    .default(false)
    .describe('Take functional groups (UNG, UNE). Without it an interchange that has any is refused (15).'),
  directoryFaults: z
    .enum(['refuse', 'warn'])
    .default('refuse')
    .describe(
      'What becomes of a message that is not as its directory has it: `refuse` tells it by CONTRL and does not work on it; `warn` takes it as far as it can be read, and tells the operator.',
    ),
  referenceWindow: duration
    .optional()
    .describe(
      'How long a sender must not use a control reference again: a second interchange under it is refused (26). For ever when left out.',
    ),
  contrl: z
    .enum(['always', 'when-asked', 'on-error'])
    .default('always')
    .describe(
      'When to answer an interchange with CONTRL: `always`; `when-asked`: UNB asks for it (0031); `on-error`. One with errors is answered in any case.',
    ),
  contrlEveryMessage: z
    .boolean()
    .default(false)
    .describe('CONTRL names every message (UCM), not only those that are refused.'),
  contrlReceiptOnly: z
    .boolean()
    .default(false)
    .describe('When nothing is refused, CONTRL says no more than that the interchange was received (8).'),
});

export const partnerSchema = z.strictObject({
  name: z.string().min(1).describe('Name for people.'),
  active: z
    .boolean()
    .default(true)
    .describe('Whether messages are exchanged. An inactive partner is unknown to the outside.'),
  as2: as2.describe('The partner in AS2.'),
  certificates: z
    .array(certificate)
    .min(1)
    .describe('Certificates of the partner, several at a time. Nothing else is trusted.'),
  receive: receive.prefault({}).describe('What we demand of messages from the partner.'),
  send: send.prefault({}).describe('How we send to the partner.'),
  edifact: edifact.describe('The partner in EDIFACT.'),
  contact: z
    .strictObject({
      name: z.string().optional().describe('Person or desk.'),
      email: z.string().optional().describe('Mail address.'),
      phone: z.string().optional().describe('Telephone.'),
    })
    .optional()
    .describe('Whom to ask.'),
});
