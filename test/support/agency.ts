import { freePort } from './free-port.ts';
import { makeHome, type PartnerOptions, type TestHome } from './home.ts';
import { serve, type Served } from './served.ts';

/** An agency that is served, and the home of a network that speaks for Australia, which is not. */
export interface AgencyAndNetwork {
  readonly agency: Served;
  readonly network: TestHome;
}

/** @param partner laid over what the agency's file says of the network */
export async function startAgency(partner: Partial<PartnerOptions> = {}): Promise<AgencyAndNetwork> {
  const [agencyPort, networkPort] = [await freePort(), await freePort()];
  const listenAt = (port: number) => ({ listen: { host: '127.0.0.1', port } });
  const urlAt = (port: number) => `http://127.0.0.1:${port}/as2`;
  const home = await makeHome({ ...listenAt(agencyPort), as2: { id: 'USCBP-AS2', url: urlAt(agencyPort) } });
  const australia = { id: 'AUDAFF', qualifier: 'ZZZ' };
  const settings = { ...listenAt(networkPort), edifact: { identities: [australia] } };
  const as2 = { id: 'AU-VAN', url: urlAt(networkPort) };
  const network = await makeHome({ ...settings, as2 }, { as2Id: 'AU-VAN', name: 'au-van' });
  const pem = (of: TestHome) => of.own.certificate.pem;
  home.addPartner('au-van', { as2Id: 'AU-VAN', url: as2.url, certificatePem: pem(network), ...partner });
  network.addPartner('agency', {
    ...{ as2Id: 'USCBP-AS2', url: urlAt(agencyPort), certificatePem: pem(home) },
    identities: [{ id: 'USCBP', qualifier: 'ZZZ', countries: ['US'] }],
  });
  return { agency: await serve(home), network };
}
