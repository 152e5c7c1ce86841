import { randomBytes, randomUUID } from 'node:crypto';

import { randomOctets } from '../cms/random-octets.ts';
import type { Home } from '../config/home.ts';

/** A UUID of version 7 (RFC 9562 §5.7): unguessable, and in the order of time. Nothing a partner sent is in it. */
export function newId(now: Date): string {
  const time = now.getTime().toString(16).padStart(12, '0');
  // From its version on, one of version 4 has the same layout, and Node draws the chance for many of them at once.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** `<…@host>` (RFC 4130 §5.3.3, draft rfc4130bis §5.3.3), below 255 characters, without blanks. */
export function newMessageId(now: Date, host: string): string {
  return `<${newId(now)}@${host}>`;
}

/** 0020 of an interchange: 14 capital letters and digits that no other interchange of ours has. */
export function newControlReference(now: Date): string {
  const time = now.getTime().toString(36).slice(-8);
  const random = randomBytes(6).readUIntBE(0, 6).toString(36).padStart(6, '0').slice(-6);
  return (time + random).toUpperCase();
}

/** For a MIME boundary: does not occur in any content, since nobody can foresee it. */
export function newBoundary(): string {
  return randomOctets(18).toString('hex');
}

/** The host part of our Message-IDs: that of our public address. */
export function hostOf(home: Home): string {
  return (home.endpoint.as2.url === undefined ? null : URL.parse(home.endpoint.as2.url))?.hostname ?? 'countersign';
}
