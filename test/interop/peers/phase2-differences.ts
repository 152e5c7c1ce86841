import type { Difference } from '../case.ts';

/** Seen with as2-lib 5.1.7. */
export const differences: readonly Difference[] = [
  {
    when: { layers: ['compressed-signed', 'compressed-signed-encrypted'] },
    direction: 'to-peer',
    what: 'Its MIC is of the content before compression, where RFC 5402 §4.1 says that of what was signed.',
    remedy: '`send.compress: after-signing`.',
    tried: /Received-Content-MIC is not that of what was sent/,
  },
  {
    when: { cipher: ['aes128-gcm', 'aes192-gcm', 'aes256-gcm'] },
    direction: 'to-peer',
    what: 'AuthEnvelopedData (RFC 5083) is not seen as encrypted: only `smime-type=enveloped-data` is.',
    remedy: '`send.gcmForm: enveloped-data`.',
    tried: /^we: (refused|failed)/,
  },
  {
    when: { cipher: ['aes128-gcm', 'aes192-gcm', 'aes256-gcm'] },
    direction: 'from-peer',
    what: 'Puts AES-GCM into EnvelopedData, where RFC 5084 §1 has AuthEnvelopedData.',
    remedy: 'Nothing: both are read.',
    tried: /^encryption: enveloped-data, aes\d+-gcm/,
  },
  {
    when: { layers: ['plain'], framing: ['chunked'] },
    direction: 'to-peer',
    what: 'Its MIC of a plain message in chunks is that of nothing: it was read when it was stored.',
    remedy: 'Nothing: `send.chunked` is off by default.',
    tried: /Received-Content-MIC is not that of what was sent/,
  },
  {
    when: { mdn: ['async-unsigned', 'async-signed'] },
    direction: 'from-peer',
    what: 'Finds no partnership for asynchronous MDNs: it looks for one whose key aliases are null.',
    remedy: 'Nothing here: its partnership has to ask for synchronous MDNs.',
    tried: /^the peer(:| did not say)/,
  },
  {
    when: { keyTransport: ['rsa-oaep-sha1', 'rsa-oaep-sha256', 'rsa-oaep-sha384', 'rsa-oaep-sha512'] },
    direction: 'from-peer',
    what: 'Encrypts with RSAES-PKCS1-v1_5 only; it decrypts OAEP.',
    remedy: 'Nothing: `receive.keyTransports` has to have `rsa-pkcs1`.',
    tried: false,
  },
  {
    when: { scheme: ['ecdsa'] },
    direction: 'from-peer',
    what: 'Signs with RSA only; it verifies ECDSA.',
    remedy: 'Nothing.',
    tried: /^the peer(:| did not say)/,
  },
  {
    when: { scheme: ['rsa-pss'] },
    direction: 'from-peer',
    what: 'Compares the names of digests as it knows them, so that no MIC matches its `rsassa-pss-sha-256`.',
    remedy: 'Nothing: the message is good here, and its own log says otherwise. It verifies RSASSA-PSS.',
    tried: /^the peer: failed/,
  },
  {
    when: { framing: ['chunked'] },
    direction: 'from-peer',
    what: 'Always sends a Content-Length; it takes chunks.',
    remedy: 'Nothing to do.',
    tried: false,
  },
  {
    when: { fileName: ['März 2026 "beef".edi'] },
    direction: 'from-peer',
    what: 'Writes the name into Content-Disposition as it is, so that it ends at its first quote; its own MIC differs then.',
    remedy: 'Nothing: file names there have to be ASCII without quotes.',
    tried: /^file name here: |^the peer: failed/,
  },
  {
    when: { event: ['expired'] },
    direction: 'from-peer',
    what: 'Does not sign with a certificate that has ended.',
    remedy: 'Nothing to do.',
    tried: /^the peer(:| did not say)/,
  },
  {
    when: { event: ['duplicate'] },
    direction: 'to-peer',
    what: 'Remembers no Message-IDs: a repeated message is stored once more, beside the first.',
    remedy: 'Nothing on our side: what it hands over has to be looked up by Message-ID there (RFC 4130 §5.5).',
    tried: /^the peer stored it 2 times/,
  },
];
