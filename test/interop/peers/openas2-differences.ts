import type { Difference } from '../case.ts';

/** What OpenAS2 2.10.1 lacks or does otherwise; its own words in quotes. */
export const differences: readonly Difference[] = [
  {
    when: { keyTransport: ['rsa-oaep-sha1', 'rsa-oaep-sha256', 'rsa-oaep-sha384', 'rsa-oaep-sha512'] },
    direction: 'to-peer',
    what: 'It opens every RSA key transport as PKCS #1 v1.5 ("unable to recover secret key: block incorrect") and answers decryption-failed.',
    remedy: '`send.keyTransport: rsa-pkcs1` in the partner file.',
    tried: /error: decryption-failed/,
  },
  {
    when: { keyTransport: ['rsa-oaep-sha1', 'rsa-oaep-sha256', 'rsa-oaep-sha384', 'rsa-oaep-sha512'] },
    direction: 'from-peer',
    what: 'It has no setting for the key transport; it encrypts with PKCS #1 v1.5.',
    remedy: 'Nothing to do: ours takes PKCS #1 v1.5 as well.',
    tried: false,
  },
  {
    when: { cipher: ['aes128-gcm', 'aes192-gcm', 'aes256-gcm'] },
    direction: 'to-peer',
    what: 'It knows no AuthEnvelopedData: it stores the ciphertext as the payload, and its MDN says processed, with the MIC of the ciphertext.',
    remedy:
      '`send.encrypt: aes256-cbc` in the partner file. The MIC tells that the message was not read; without an MDN nothing does.',
    tried: /Received-Content-MIC is not that of what was sent/,
  },
  {
    when: { cipher: ['aes256-gcm in EnvelopedData'] },
    direction: 'to-peer',
    what: 'It cannot decrypt AES-GCM in EnvelopedData and answers decryption-failed.',
    remedy: '`send.encrypt: aes256-cbc` in the partner file.',
    tried: /error: decryption-failed/,
  },
  {
    when: { cipher: ['aes128-gcm', 'aes192-gcm', 'aes256-gcm', 'aes256-gcm in EnvelopedData'] },
    direction: 'from-peer',
    what: 'It encrypts with CBC only ("Unsupported or invalid algorithm: aes256-gcm").',
    remedy: 'Nothing to do: ours takes CBC as well.',
    tried: /Unsupported or invalid algorithm: aes(128|192|256)-gcm/,
  },
  {
    when: { scheme: ['rsa-pss'] },
    direction: 'from-peer',
    what: 'It has no setting for the signature scheme; it signs with PKCS #1 v1.5.',
    remedy: 'Nothing to do: ours takes PKCS #1 v1.5 as well.',
    tried: false,
  },
  {
    when: { scheme: ['ecdsa'] },
    direction: 'from-peer',
    what: 'It cannot sign with an EC key ("Unknown signature type requested: SHA256WITHEC").',
    remedy: 'It signs with an RSA key.',
    tried: /Unknown signature type requested: SHA256WITHEC/,
  },
  {
    when: { layers: ['compressed'] },
    what: 'For a message that is compressed and neither signed nor encrypted, its MIC is of the content without the MIME headers, which RFC 5402 §4.3 includes.',
    remedy: 'Sign or encrypt what is compressed.',
    tried: /Received-Content-MIC is not that of what was sent|MIC not matched/,
  },
  {
    when: { layers: ['plain'], fileName: ['certificates.edi', 'März 2026 "beef".edi'] },
    what: 'With a plain message it neither sends the file name nor reads it from the header of the HTTP request.',
    remedy: 'Sign or encrypt, where the name matters.',
    tried: /^file name (there|here): /,
  },
  {
    when: { event: ['expired'] },
    direction: 'to-peer',
    what: 'It takes a signature of an expired certificate if the signing time that the sender wrote lies before the end.',
    remedy: 'None here: ours neither signs with an expired certificate nor takes such a signature.',
    tried: /^no such refusal; we: delivered/,
  },
  {
    when: { event: ['unsigned'] },
    direction: 'to-peer',
    what: 'It has no setting by which unsigned messages are refused.',
    remedy: 'None here: it is for its operator to know. Later versions have `reject_unsigned_messages`.',
    tried: /^no such refusal; we: delivered/,
  },
  {
    when: { event: ['duplicate'] },
    direction: 'from-peer',
    what: 'Nothing makes it send a message again that was answered well.',
    remedy: 'None needed.',
    tried: false,
  },
  {
    when: { event: ['duplicate'] },
    direction: 'to-peer',
    what: 'Remembers no Message-IDs: a repeated message is stored once more, over the first where the file has its Message-ID in its name.',
    remedy: 'Nothing on our side: what it hands over has to be looked up by Message-ID there (RFC 4130 §5.5).',
    tried: /^the peer stored it 2 times/,
  },
];
