import { randomBytes } from 'node:crypto';

import type { Home } from '../config/home.ts';

/** A UUID of version 7 (RFC 9562 §5.7): unguessable, and in the order of time. Nothing a partner sent is in it. */
export function newId(now: Date): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now.getTime(), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
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
  return randomBytes(18).toString('hex');
}

/** The host part of our Message-IDs: that of our public address. */
export function hostOf(home: Home): string {
  return (home.endpoint.as2.url === undefined ? null : URL.parse(home.endpoint.as2.url))?.hostname ?? 'countersign';
}
