import type { DigestName } from '../cms/algorithms.ts';
import type { ReceivePolicy } from '../as2/policy.ts';
import { partnerByAs2Id, type Endpoint, type Home, type Partner } from '../config/home.ts';

/**
 * The partner that a message between these two names is from.
 *
 * @returns undefined when either name is not one of ours to deal with; which of the two is nobody's business
 */
export function partnerOf(home: Home, from: string, to: string): Partner | undefined {
  return to === home.endpoint.as2.id ? partnerByAs2Id(home, from) : undefined;
}

/** What the partner's file demands and allows of a message that we receive. */
export function receivePolicy(partner: Partner, endpoint: Endpoint): ReceivePolicy {
  const { receive } = partner;
  return {
    allowUnsigned: receive.allowUnsigned,
    allowUnencrypted: receive.allowUnencrypted,
    digests: allowedDigests(partner),
    signatureSchemes: receive.signatureSchemes,
    ciphers: receive.allow3des ? [...receive.ciphers, '3des'] : receive.ciphers,
    keyTransports: receive.keyTransports,
    maxInflatedSize: endpoint.limits.inflatedSize,
    maxInflateRatio: endpoint.limits.inflateRatio,
  };
}

/** Digests that signatures and receipts in either direction may use, best liked first. */
export function allowedDigests(partner: Partner): DigestName[] {
  const { digests, allowSha1 } = partner.receive;
  return allowSha1 ? [...digests, 'sha1'] : [...digests];
}

/**
 * Whether an asynchronous MDN may go to the address that a message names. That address is in an unauthenticated
 * header: only what the operator registered is ever connected to.
 */
export function isRegisteredMdnAddress(partner: Partner, address: string): boolean {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return false;
  return [partner.as2.url, ...partner.as2.asyncMdnUrls].some(
    (registered) => URL.parse(registered)?.origin === url.origin,
  );
}
