import path from 'node:path';

import { freePort } from '../../support/free-port.ts';
import type { Difference } from '../case.ts';
import { compile, mavenJars } from '../fetch.ts';
import type { PeerSystem } from '../peer.ts';
import { startProgram } from '../program.ts';

/** 4.18.0 is there without its parent POM. */
const VERSION = '4.17.0';
const program = ['Peer', 'Routes', 'Receiving', 'Sending'].map((each) =>
  path.join(import.meta.dirname, `Camel${each}.java`),
);

const differences: readonly Difference[] = [
  {
    when: { mdn: ['async-unsigned', 'async-signed'] },
    direction: 'to-peer',
    what: 'Its asynchronous MDNs come without AS2-From and AS2-To, which RFC 4130 §6.2 demands of them.',
    remedy: 'Ask for synchronous MDNs: `send.mdn: sync`.',
    tried: /AS2-From|no valid MDN came in time|in vain/,
  },
  {
    when: { layers: ['compressed-signed', 'compressed-signed-encrypted'] },
    direction: 'to-peer',
    what: 'When content was compressed before it was signed, the MIC of its MDN is of the content, not of what was signed.',
    remedy: 'Compress after signing: `send.compress`.',
    tried: /Received-Content-MIC is not that of what was sent/,
  },
  {
    when: { layers: ['compressed-signed'] },
    direction: 'from-peer',
    what: 'Its own function (`MicUtils`) has for what it compressed before it signed the MIC of the content, not of what was signed. Its sender compares no MIC.',
    remedy: 'Nothing: the MDN is accepted.',
    tried: /MIC here/,
  },
  {
    when: { cipher: ['aes128-gcm', 'aes192-gcm', 'aes256-gcm'] },
    direction: 'to-peer',
    what: 'Does not know AuthEnvelopedData: HTTP 500, `unknown application/pkcs7-mime smime-type: authEnveloped-data`.',
    remedy: '`send.gcmForm: enveloped-data`',
    tried: /HTTP 500/,
  },
  {
    when: { payload: ['10 MiB'] },
    direction: 'to-peer',
    what: 'Loses a CR wherever its read buffer, of 8 KiB, ends between CR and LF, which in a large text is sure to happen; the signature does not hold then.',
    remedy: 'Compress after signing: `send.compress`.',
    tried: /^we: refused; .*error/,
  },
  {
    when: { payload: ['10 KiB binary'] },
    direction: 'to-peer',
    what: 'Takes application/EDIFACT, EDI-X12 and EDI-consent; answers HTTP 500 to application/octet-stream.',
    remedy: 'Nothing: interchanges have one of these types.',
    tried: /HTTP 500/,
  },
  {
    when: { fileName: ['März 2026 "beef".edi'] },
    direction: 'to-peer',
    what: 'Hands no file name on; in the header fields that it keeps, RFC 2231 is not understood.',
    remedy: 'Nothing: names of plain ASCII are kept there.',
    tried: /^file name there: /,
  },
  {
    when: { fileName: ['März 2026 "beef".edi'] },
    direction: 'from-peer',
    what: 'Writes a name into Content-Disposition as it is, without quotes, and `?` for what is not ASCII.',
    remedy: 'Nothing: the name is kept as it came.',
    tried: /^file name here: /,
  },
  {
    when: { framing: ['chunked'] },
    direction: 'from-peer',
    what: 'Always sends Content-Length.',
    remedy: 'Nothing.',
    tried: false,
  },
  {
    when: { keyTransport: ['rsa-oaep-sha1', 'rsa-oaep-sha256', 'rsa-oaep-sha384', 'rsa-oaep-sha512'] },
    direction: 'from-peer',
    what: 'Encrypts keys with RSAES-PKCS1-v1_5 alone; there is no setting.',
    remedy: 'Nothing: it is taken unless `receive.keyTransports` leaves it out.',
    tried: false,
  },
  {
    when: { event: ['expired'] },
    direction: 'to-peer',
    what: 'Takes a signature by a certificate that has ended, as long as the time that the message itself gives lies within it.',
    remedy: 'Nothing: we never sign with one.',
    tried: /^no such refusal; we: delivered/,
  },
  {
    when: { event: ['unknown-partner'] },
    direction: 'from-peer',
    what: 'Drops an error that it does not know from the disposition: `processed/error: unknown-trading-relationship` is read as `processed`.',
    remedy: 'Nothing: that MDN is not signed and has no MIC, which Camel leaves to the route to check.',
    tried: /the peer did not understand our refusal: processed/,
  },
  {
    when: { event: ['duplicate'] },
    direction: 'from-peer',
    what: 'Makes a new Message-ID each time it sends; there is no resending.',
    remedy: 'Nothing.',
    tried: false,
  },
];

/** Routes between `as2:server`, `as2:client` and `as2:receipt`, in a program of its own. */
export const camel: PeerSystem = {
  name: 'camel',
  title: 'Apache Camel AS2',
  differences,
  // Of a binary body that ends in CR it loses that, and after one MDN of an error a connection brings no other.
  send: { transferEncoding: 'base64', keepAlive: false },
  lanes: 1,
  async fetch(folder) {
    const group = 'org.apache.camel';
    await mavenJars(folder, [
      { group, artifact: 'camel-main', version: VERSION },
      { group, artifact: 'camel-as2', version: VERSION },
      { group: 'org.slf4j', artifact: 'slf4j-simple', version: '2.0.17' },
    ]);
    // Compiled here, so that starting it takes what starting Camel takes.
    await compile(folder, program);
    return VERSION;
  },
  urlAt: (port, number) => `http://127.0.0.1:${port}/as2/${number}`,
  async start(setting) {
    const { fetched, port, port2 } = setting;
    // Camel receives asynchronous MDNs on a port of their own, which is the one that we may send them to.
    const control = await freePort();
    const classPath = [path.join(fetched, 'classes'), path.join(fetched, 'lib/*')].join(path.delimiter);
    const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
    const args = ['-cp', classPath, quiet, 'CamelPeer', `${port}`, `${port2}`, `${control}`];
    return startProgram('java', args, { ...setting, port2: control });
  },
};
