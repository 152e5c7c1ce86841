import { dimensions, isEncrypted, isSigned, type Difference } from '../case.ts';

const compressed = dimensions.layers.filter((each) => each.includes('compressed'));
const encrypted = dimensions.layers.filter((layers) => isEncrypted({ layers }));
const signed = dimensions.layers.filter((layers) => isSigned({ layers }));

/** Seen with libas2 0.8.2 and PKI.js 2.1.90. */
export const differences: readonly Difference[] = [
  {
    when: { layers: compressed },
    direction: 'to-peer',
    what: 'It knows no compression (`AS2Crypto.decompress`: `NOT YET IMPLEMENTED!`) and takes what is compressed for the payload, or fails to verify what is inside or around it.',
    remedy: '`send.compress: none`, which is the default.',
    tried:
      /no Received-Content-MIC that can be read|Could not verify signature|reading 'parsed'|Maximum call stack size/,
  },
  {
    when: { layers: compressed },
    direction: 'from-peer',
    what: 'It knows no compression: `AS2Crypto.compress` throws `NOT YET IMPLEMENTED!`.',
    remedy: 'None needed.',
    tried: false,
  },
  {
    when: { cipher: ['aes128-gcm', 'aes192-gcm', 'aes256-gcm'] },
    direction: 'to-peer',
    what: "It does not know AuthEnvelopedData: `Object's schema was not verified against input data for EnvelopedData`.",
    remedy: 'AES-CBC.',
    tried: /Object's schema was not verified against input data for EnvelopedData/,
  },
  {
    when: { cipher: ['aes256-gcm in EnvelopedData'] },
    direction: 'to-peer',
    what: 'It reads the parameters of GCM as an OCTET STRING, where RFC 5084 §3.2 has a SEQUENCE: `iv: Must have length more than 0`.',
    remedy: 'AES-CBC. What it makes itself in that form is read.',
    tried: /iv: Must have length more than 0/,
  },
  {
    when: { cipher: ['aes128-gcm', 'aes192-gcm', 'aes256-gcm'] },
    direction: 'from-peer',
    what: 'It puts what it encrypts with GCM into EnvelopedData; it does not know AuthEnvelopedData (RFC 5083).',
    remedy: 'None needed: either is taken.',
    tried: /^encryption: enveloped-data, aes\d+-gcm,/,
  },
  {
    when: { keyTransport: ['rsa-pkcs1', 'rsa-oaep-sha1', 'rsa-oaep-sha256', 'rsa-oaep-sha384'] },
    direction: 'from-peer',
    what: 'It encrypts keys with RSAES-OAEP and SHA-512, and nothing else can be set.',
    remedy: '`receive.keyTransports: [rsa-oaep-sha512]` in the file of such a partner.',
    tried: false,
  },
  {
    when: { scheme: ['rsa-pss'] },
    direction: 'to-peer',
    what: 'PKI.js verifies by the algorithm that the certificate itself is signed with, not by that of the SignerInfo: `Could not verify signature`.',
    remedy: '`send.scheme: rsa-pkcs1`, which is the default.',
    tried: /Could not verify signature/,
  },
  {
    when: { scheme: ['rsa-pss'] },
    direction: 'from-peer',
    what: 'It signs with PKCS #1 v1.5; with a certificate that is signed with PSS it fails: `hash: Missing required property`.',
    remedy: 'PKCS #1 v1.5.',
    tried: false,
  },
  {
    when: { scheme: ['ecdsa'] },
    direction: 'from-peer',
    what: "It cannot load a key of an elliptic curve: `Cannot convert WebCrypto named curve 'undefined' to OID`. It verifies ECDSA.",
    remedy: 'An RSA key on its side.',
    tried: /Cannot convert WebCrypto named curve 'undefined' to OID/,
  },
  {
    when: { payload: ['10 MiB'], layers: encrypted },
    direction: 'to-peer',
    what: 'What it has decrypted it hands to `String.fromCharCode.apply`, whose arguments are on the stack: `Maximum call stack size exceeded` from about 120 KB on.',
    remedy: 'Signing without encryption, or files that stay below.',
    tried: /Maximum call stack size exceeded/,
  },
  {
    when: { payload: ['10 KiB binary'], layers: signed },
    direction: 'to-peer',
    what: 'It keeps what came as a string and writes that as UTF-8 before it verifies (`AS2MimeNode.build`), so that octets above 127 do not verify: `Could not verify signature`.',
    remedy: 'Payloads in ASCII, or sent in base64.',
    tried: /Could not verify signature/,
  },
  {
    when: { layers: ['plain', 'encrypted'], mdn: ['sync-signed', 'async-signed'] },
    direction: 'to-peer',
    what: 'It computes a MIC of signed messages only; the signed MDN of an unsigned one has no Received-Content-MIC.',
    remedy:
      'None: such an MDN does not say what arrived (RFC 4130 §7.1), and the message fails. Sign, or ask for an unsigned MDN.',
    tried: /no Received-Content-MIC that can be read/,
  },
  {
    when: { event: ['expired'] },
    direction: 'to-peer',
    what: 'It does not look at the validity of a certificate.',
    remedy: 'None on our side: we sign with nothing that has ended.',
    tried: /^no such refusal; we: delivered/,
  },
  {
    when: { event: ['duplicate'] },
    direction: 'to-peer',
    what: 'It remembers no Message-IDs: a repeated message is handed over once more.',
    remedy: 'Nothing on our side: what it hands over has to be looked up by Message-ID there (RFC 4130 §5.5).',
    tried: /^the peer stored it 2 times/,
  },
];
