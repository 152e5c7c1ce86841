import type { Home } from './home.ts';

/** A setting that weakens protection and is in force. */
export interface Danger {
  /** `partners/acme.yaml` */
  readonly file: string;
  /** `receive.allowUnsigned` */
  readonly key: string;
  readonly consequence: string;
}

/** Every dangerous setting of a home that is in force, so that it can be logged. Inactive partners do no harm. */
export function dangersOf({ endpoint, partners }: Home): Danger[] {
  const dangers: Danger[] = [];
  if (!isLoopback(endpoint.operators.host)) {
    dangers.push({
      file: 'countersign.yaml',
      key: 'operators.host',
      consequence: 'whoever reaches this address sees health and metrics, partners by name; the API demands its token',
    });
  }
  for (const partner of partners.filter((each) => each.active)) {
    const { receive, send, as2 } = partner;
    const found: readonly (readonly [boolean, string, string])[] = [
      [
        receive.allowUnsigned,
        'receive.allowUnsigned',
        'anybody who knows the AS2 names can send in the name of this partner',
      ],
      [receive.allowUnencrypted, 'receive.allowUnencrypted', 'content may cross the network in clear'],
      [receive.allowSha1, 'receive.allowSha1', 'signatures with SHA-1 are taken, which can be forged at a price'],
      [receive.allow3des, 'receive.allow3des', 'messages encrypted with 3DES are taken, which is no longer approved'],
      [send.sign === 'none', 'send.sign', 'the partner cannot tell that messages are ours'],
      [send.encrypt === 'none', 'send.encrypt', 'content crosses the network in clear'],
      [
        send.mdn === 'none' || !send.mdnSigned,
        send.mdn === 'none' ? 'send.mdn' : 'send.mdnSigned',
        'delivery to this partner cannot be proved',
      ],
      [
        as2.basicAuth !== undefined && as2.url.startsWith('http:'),
        'as2.url',
        'the password crosses the network in clear',
      ],
    ];
    for (const [inForce, key, consequence] of found) {
      if (inForce) dangers.push({ file: `partners/${partner.shortName}.yaml`, key, consequence });
    }
  }
  return dangers;
}

/** True for names and addresses that nobody reaches from another machine. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(host);
}
