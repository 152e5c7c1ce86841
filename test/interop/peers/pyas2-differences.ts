import type { Difference } from '../case.ts';

/** Seen with django-pyas2 1.2.3 and pyas2lib 1.4.4. */
export const differences: readonly Difference[] = [
  {
    when: { cipher: ['aes128-gcm', 'aes192-gcm', 'aes256-gcm'] },
    direction: 'to-peer',
    what: 'It does not know AuthEnvelopedData: where a signature is required the answer is `insufficient-message-security`.',
    remedy: 'AES-CBC.',
    tried: /error: insufficient-message-security/,
  },
  {
    when: { cipher: ['aes256-gcm in EnvelopedData'] },
    direction: 'to-peer',
    what: 'It knows AES in CBC mode only; the answer is `decryption-failed`.',
    remedy: 'AES-CBC.',
    tried: /error: decryption-failed/,
  },
  {
    when: { keyTransport: ['rsa-oaep-sha256', 'rsa-oaep-sha384', 'rsa-oaep-sha512'] },
    direction: 'to-peer',
    what: 'It knows OAEP with SHA-1 only (and none with pyas2lib 1.4.3, which it asks pip for); the answer is `decryption-failed`.',
    remedy: '`send.keyTransport: rsa-pkcs1`, which is the default.',
    tried: /error: decryption-failed/,
  },
  {
    when: { scheme: ['ecdsa'] },
    direction: 'to-peer',
    what: 'It verifies RSA signatures only: “Unsupported Signature Algorithm”, answered by `authentication-failed`.',
    remedy: 'An RSA key for whoever exchanges with it.',
    tried: /error: authentication-failed/,
  },
  {
    when: {
      layers: ['plain', 'encrypted', 'compressed', 'compressed-encrypted'],
      mdn: ['sync-signed', 'async-signed'],
    },
    direction: 'to-peer',
    what: 'It computes a MIC of signed messages only; the signed MDN of an unsigned one has no Received-Content-MIC.',
    remedy:
      'None: such an MDN does not say what arrived (RFC 4130 §7.1), and the message fails. Sign, or ask for an unsigned MDN.',
    tried: /no Received-Content-MIC that can be read/,
  },
  {
    when: { payload: ['10 KiB LF'] },
    direction: 'from-peer',
    what: 'What is not application/octet-stream is sent as text: every line end becomes CRLF before it is signed.',
    remedy: 'None needed: what it signed is what arrives. Its operator may send application/octet-stream.',
    tried: /^payload of 10240 bytes came as 10382,/,
  },
  {
    when: { names: ['quoted'], mdn: ['async-unsigned', 'async-signed'] },
    direction: 'from-peer',
    what: 'It looks for the message of an asynchronous MDN by Original-Recipient and does not unquote that: `original-message-not-found`, also with an MDN of its own making.',
    remedy:
      'None: Original-Recipient is the name as AS2-To had it. Names without spaces and quotes, or synchronous MDNs.',
    tried: /original-message-not-found/,
  },
  {
    when: { layers: ['signed-compressed', 'signed-compressed-encrypted'] },
    direction: 'from-peer',
    what: 'It compresses before it signs.',
    remedy: 'None needed: either order is taken.',
    tried: false,
  },
  {
    when: { cipher: ['aes128-gcm', 'aes192-gcm', 'aes256-gcm', 'aes256-gcm in EnvelopedData'] },
    direction: 'from-peer',
    what: 'Its ciphers are 3DES, RC2, RC4 and AES-CBC.',
    remedy: 'AES-CBC.',
    tried: false,
  },
  {
    when: { keyTransport: ['rsa-oaep-sha1', 'rsa-oaep-sha256', 'rsa-oaep-sha384', 'rsa-oaep-sha512'] },
    direction: 'from-peer',
    what: 'It encrypts keys with PKCS #1 v1.5: `key_enc_alg` of pyas2lib is not in the form of a partner, and not handed to `encrypt_message`.',
    remedy: 'PKCS #1 v1.5.',
    tried: false,
  },
  {
    when: { scheme: ['rsa-pss', 'ecdsa'] },
    direction: 'from-peer',
    what: 'It signs with PKCS #1 v1.5: `sign_alg` of pyas2lib, which knows PSS, is not in the form of a partner.',
    remedy: 'PKCS #1 v1.5.',
    tried: false,
  },
  {
    when: { framing: ['chunked'] },
    direction: 'from-peer',
    what: 'It always tells the length.',
    remedy: 'None needed.',
    tried: false,
  },
  {
    when: { fileName: ['none'] },
    direction: 'from-peer',
    what: 'It sends files, and always their names.',
    remedy: 'None needed.',
    tried: false,
  },
  {
    when: { event: ['duplicate'] },
    direction: 'from-peer',
    what: 'A retry of it has a new Message-ID each time.',
    remedy: 'None: it cannot be told from a new message.',
    tried: false,
  },
];
