import { z } from 'zod';
import { as2Name, edifactIdentity, filePath, httpUrl, variableName } from './common-schema.ts';
import { duration, instantFrom, instantTo } from './units.ts';

/** `partners/<short-name>.yaml`, as it is after reading. */
export type PartnerConfig = z.output<typeof partnerSchema>;
/** The same, as it is written. */
export type PartnerFile = z.input<typeof partnerSchema>;

// draft rfc4130bis §7.1, §7.2: SHA-1, MD5, 3DES and RC2 are never sent.
const digests = z.array(z.enum(['sha256', 'sha384', 'sha512'])).min(1);
const aes = z.enum(['aes128-cbc', 'aes192-cbc', 'aes256-cbc', 'aes128-gcm', 'aes192-gcm', 'aes256-gcm']);
const keyTransport = z.enum([
  'rsa-pkcs1',
  'rsa-oaep-sha1',
  'rsa-oaep-sha256',
  'rsa-oaep-sha384',
  'rsa-oaep-sha512',
  'ecdh-sha1',
  'ecdh-sha256',
  'ecdh-sha384',
  'ecdh-sha512',
]);
const ownScheme = z.enum(['rsa-pkcs1', 'rsa-pss', 'ecdsa']);
const signatureScheme = z.enum([...ownScheme.options, 'ed25519']);

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
  digests: digests.default(['sha256', 'sha384', 'sha512']).describe('Digests that signatures may use.'),
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
    .enum(['sha256', 'sha384', 'sha512', 'none'])
    .default('sha256')
    .describe('Digest to sign with; `none` is dangerous: the partner cannot tell who sent it.'),
  scheme: ownScheme
    .optional()
    .describe(
      'Kind of signature. When left out: `rsa-pkcs1` with an RSA key, which all partners know, `ecdsa` with an EC key.',
    ),
  encrypt: z
    .enum([...aes.options, 'none'])
    .default('aes128-cbc')
    .describe(
      'Cipher. The default is the one that every S/MIME since 3.1 knows, old Java without unlimited-strength cryptography included; `none` is dangerous.',
    ),
  gcmForm: z
    .enum(['auth-enveloped-data', 'enveloped-data'])
    .default('auth-enveloped-data')
    .describe('Structure for the `-gcm` ciphers: that of RFC 5083, or the one that BouncyCastle systems write.'),
  keyTransport: keyTransport
    .optional()
    .describe(
      'How the key is encrypted. When left out: `rsa-pkcs1` to an RSA key, which all partners know, `ecdh-sha256` to an EC key.',
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
  release: z.enum(['D.96B', 'D.97B']).default('D.97B').describe('Directory of the messages that we write.'),
  syntax: z
    .enum(['UNOA:1', 'UNOA:2', 'UNOA:3', 'UNOB:1', 'UNOB:2', 'UNOB:3', 'UNOC:3'])
    .default('UNOC:3')
    .describe('Character set and version of the interchanges that we write.'),
  contrl: z
    .enum(['always', 'when-asked', 'on-error'])
    .default('always')
    .describe('When to answer an interchange with CONTRL. One with errors is answered in any case.'),
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
