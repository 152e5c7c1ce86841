'use strict';
/* global Buffer, URLSearchParams, console, process, setTimeout */
/*
 * A server and client around libas2, as its users write them: composing, parsing, verifying and the receipts are the
 * library's; HTTP, files and partnerships are here. Arguments: folder of the library, AS2 port, control port, folder.
 */
const { AsyncLocalStorage } = require('node:async_hooks');
const fs = require('node:fs/promises');
const { createServer } = require('node:http');
const path = require('node:path');

const [, , fetched, port, controlPort, folder] = process.argv;
const { AS2Composer, AS2Parser, request } = require(path.join(fetched, 'node_modules/libas2'));
const { AS2SignedData } = require(path.join(fetched, 'node_modules/libas2/dist/src/AS2Crypto'));

/** By number. */
const agreements = new Map();
/** Of messages that came, by Message-ID. */
const accounts = new Map();
/** Of messages that were sent, by Message-ID: `{ fields, options, mic }`. */
const messages = new Map();
/** For asynchronous MDNs, by Message-ID. */
const waiting = new Map();

/** The digest that the library signs is nowhere to be had afterwards; it is the MIC of the message. */
const signing = new AsyncLocalStorage();
const { sign } = AS2SignedData.prototype;
AS2SignedData.prototype.sign = async function (options) {
  const made = await sign.call(this, options);
  const message = signing.getStore();
  if (message) message.mic = this.getMessageDigest().digest.toString('base64');
  return made;
};

const quoted = (name) => (/[\s"\\]/.test(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : name);
const plain = (name = '') => (/^".*"$/s.test(name) ? name.slice(1, -1).replace(/\\(.)/g, '$1') : name);
/** What answers a message of the peer is signed and encrypted, whatever the message was. */
const isSigned = ({ direction, event, layers }) =>
  direction === 'from-peer' || event === 'unsigned' || layers.includes('signed');
const isEncrypted = ({ direction, layers }) => direction === 'from-peer' || layers.includes('encrypted');
const mdnOf = ({ mdn, digest }) =>
  mdn === 'none' ? undefined : { async: mdn.startsWith('async'), signing: /-signed/.test(mdn) ? digest : false };

/** For what we send; one certificate of each side is all that an agreement of the library holds. */
const sending = (fields) => ({
  host: {
    name: 'peer',
    id: quoted(fields.peerId),
    url: `http://127.0.0.1:${port}/mdn`,
    certificate: fields.peerSignCertificate,
    privateKey: fields.peerSignKey,
    decrypt: true,
    sign: fields.layers.includes('signed') && fields.digest,
    mdn: mdnOf(fields),
  },
  partner: {
    name: 'us',
    id: quoted(fields.usId),
    url: fields.usUrl,
    file: 'EDIFACT',
    certificate: fields.usEncryptCertificate,
    encrypt: fields.layers.includes('encrypted') && cipherOf(fields),
  },
});

/** For what we receive. */
const receiving = (fields) => ({
  host: {
    name: 'peer',
    id: quoted(fields.peerId),
    certificate: fields.peerDecryptCertificate,
    privateKey: fields.peerDecryptKey,
    decrypt: isEncrypted(fields),
  },
  partner: {
    name: 'us',
    id: quoted(fields.usId),
    file: 'EDIFACT',
    certificate: fields.usSignCertificate,
    verify: isSigned(fields),
    mdn: mdnOf(fields),
  },
});

/** `aes128-CBC`, as the library calls them. */
const cipherOf = ({ cipher }) =>
  cipher === '3des' ? 'des-EDE3-CBC' : cipher.slice(0, 10).replace(/-.*/, (mode) => mode.toUpperCase());

/** Nodemailer, which writes the headers, makes encoded words (RFC 2047) of names with quotation marks in them. */
function withNames(headers, fields) {
  const names = { 'as2-from': quoted(fields.peerId), 'as2-to': quoted(fields.usId) };
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, names[name.toLowerCase()] ?? value]));
}

/**
 * Only a whole message in one piece keeps its octets: of headers and body apart, the parser takes the body for UTF-8. A
 * string with a character for each octet is what it makes of a Buffer, too, but of a large one it cannot.
 */
function whole({ rawHeaders }, body) {
  const lines = rawHeaders.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`));
  return `${lines.join('')}\r\n${body.toString('latin1')}`;
}

async function receive(incoming, outgoing, body) {
  const { headers } = incoming;
  const fields = [...agreements.values()].find(
    ({ usId, peerId }) => usId === plain(headers['as2-from']) && peerId === plain(headers['as2-to']),
  );
  if (fields === undefined) return outgoing.writeHead(403).end('There is no such partnership');
  const node = await AS2Parser.parse(whole(incoming, body));
  const { contentNode, dispositionNode, disposition } = await node.dispositionOut({ agreement: receiving(fields) });
  const { notification } = disposition;
  const account = { messageId: headers['message-id'], status: isGood(notification) ? 'processed' : 'failed' };
  account.disposition = notification.toNotification().Disposition;
  account.mic = notification.receivedContentMic?.mic;
  if (account.status === 'processed') {
    account.payloadFile = path.join(folder, `${process.hrtime.bigint()}.payload`);
    account.fileName = contentNode.filename;
    await fs.writeFile(account.payloadFile, payloadOf(contentNode, fields));
    account.stored = (accounts.get(account.messageId)?.stored ?? 0) + 1;
  }
  accounts.set(account.messageId, account);
  if (headers['disposition-notification-to'] === undefined) return outgoing.end();
  const mdn = await dispositionNode.buildObject();
  mdn.headers = { ...withNames(mdn.headers, fields), 'Content-Length': Buffer.byteLength(mdn.body) };
  const url = headers['receipt-delivery-option'];
  if (url === undefined) return outgoing.writeHead(200, mdn.headers).end(mdn.body);
  outgoing.end();
  return request({ ...mdn, url });
}

/** The parser counts the line end before a delimiter as content, where it belongs to the delimiter (RFC 2046 §5.1.1). */
function payloadOf({ content }, fields) {
  const bytes = Buffer.from(content ?? '');
  return isSigned(fields) && bytes.subarray(-2).equals(Buffer.from('\r\n')) ? bytes.subarray(0, -2) : bytes;
}

/** `processed/error: …` is read as processed, with a description. */
const isGood = ({ disposition }) => disposition.processed && disposition.description === undefined;

async function send(number, file, contentType) {
  const fields = agreements.get(number);
  const message = { fields };
  const composer = new AS2Composer({
    message: {
      contentType,
      content: await fs.readFile(file),
      ...(fields.fileName !== 'none' && { filename: fields.fileName }),
    },
    agreement: sending(fields),
    additionalHeaders: {
      Subject: 'Certificates',
      // It asks for a signed receipt all the same, unless told to say nothing.
      ...(/unsigned/.test(fields.mdn) && { 'Disposition-Notification-Options': '' }),
    },
  });
  message.options = await signing.run(message, () => composer.toRequestOptions());
  const messageId = composer.message.messageId();
  messages.set(messageId, message);
  return exchange(messageId);
}

async function exchange(messageId) {
  const { fields, options } = messages.get(messageId);
  const headers = withNames(options.headers, fields);
  // It writes the body in a piece of its own, which Node sends as a chunk unless there is a length.
  if (fields.framing === 'sized') headers['Content-Length'] = Buffer.byteLength(options.body);
  const later = new Promise((resolve) => waiting.set(messageId, resolve));
  const response = await request({ ...options, headers });
  if (response.statusCode >= 300) return { messageId, status: 'failed', told: `HTTP ${response.statusCode}` };
  if (fields.mdn === 'none') return { messageId, status: 'none' };
  if (fields.mdn.startsWith('sync')) return judge(messageId, await response.mime());
  const none = new Promise((resolve) => setTimeout(resolve, 20_000).unref());
  const mdn = await Promise.race([later, none]);
  return mdn ? judge(messageId, mdn) : { messageId, status: 'failed', told: 'no MDN came in 20 s' };
}

async function judge(messageId, node) {
  const { fields, mic } = messages.get(messageId);
  const mdnSigned = node.signed === true;
  const { notification } = await node.dispositionIn(mdnSigned ? { cert: fields.usSignCertificate } : undefined);
  const { receivedContentMic, originalMessageId } = notification;
  const account = { messageId, mic, mdnSigned, disposition: notification.toNotification().Disposition };
  const wrong =
    (fields.mdn.endsWith('-signed') && !mdnSigned && 'the MDN is not signed') ||
    (!isGood(notification) && 'the MDN says so') ||
    (originalMessageId !== messageId && `the MDN is for ${originalMessageId}`) ||
    // Of an unsigned message the library makes no digest.
    (mic !== undefined && receivedContentMic?.mic !== mic && `the MIC in the MDN is ${receivedContentMic?.mic}`);
  return { ...account, status: wrong ? 'failed' : 'processed', ...(wrong && { told: wrong }) };
}

async function mdnCame(incoming, outgoing, body) {
  const node = await AS2Parser.parse(whole(incoming, body));
  const { notification } = await node.dispositionIn();
  waiting.get(notification.originalMessageId)?.(node);
  outgoing.end();
}

const pemFields = [
  'peerSignKey',
  'peerSignCertificate',
  'peerDecryptKey',
  'peerDecryptCertificate',
  'usSignCertificate',
  'usEncryptCertificate',
];
const control = {
  async agree(fields) {
    for (const name of pemFields) fields[name] = await fs.readFile(fields[name], 'utf8');
    agreements.set(fields.number, fields);
    return {};
  },
  send: ({ number, file, contentType }) => send(number, file, contentType),
  again: ({ messageId }) => exchange(messageId),
  received: ({ messageId }) => accounts.get(messageId),
};

async function command(incoming, outgoing, body) {
  const run = control[incoming.url.slice(1)];
  const result = await run?.(Object.fromEntries(new URLSearchParams(body.toString())));
  outgoing.writeHead(result === undefined ? 404 : 200).end(JSON.stringify(result));
}

function serve(onPort, answer) {
  createServer(async (incoming, outgoing) => {
    try {
      const chunks = [];
      for await (const chunk of incoming) chunks.push(chunk);
      await answer(incoming, outgoing, Buffer.concat(chunks));
    } catch (error) {
      console.error(incoming.url, error);
      if (!outgoing.headersSent) outgoing.writeHead(500);
      outgoing.end(String(error));
    }
  }).listen(Number(onPort), '127.0.0.1');
}

serve(port, (incoming, ...rest) => (incoming.url === '/mdn' ? mdnCame : receive)(incoming, ...rest));
serve(controlPort, command);
