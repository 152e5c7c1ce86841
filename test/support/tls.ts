import type { Tls } from '../../src/config/tls.ts';
import type { TestIdentity } from './identities.ts';

/** As the configuration has it of a certificate, which is self-signed, and its key. */
export function tlsOf({ certificate, privateKey }: TestIdentity, minVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2'): Tls {
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  return { certificates: [certificate], context: { cert: certificate.pem, key, minVersion } };
}
