import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import path from 'node:path';
import fc from 'fast-check';
import { ConfigError } from '../../src/config/config-error.ts';
import { planImport } from '../../src/config/openas2/plan.ts';
import { readOpenAs2 } from '../../src/config/openas2/read.ts';
import { readXml } from '../../src/config/openas2/xml.ts';
import type { Pkcs12Entry } from '../../src/pki/pkcs12.ts';
import { homeOf, issue } from './support.ts';

const PARTIES = `
  <partner name="MyCompany" as2_id="MyCompany_OID" x509_alias="mycompany" email="us@us.example"/>
  <partner name="Partner A" as2_id="PartnerA OID" x509_alias="PartnerA" x509_alias_fallback="partnera_old" email="a@a.example"/>
  <partner name="PartnerB" as2_id="PartnerB_OID" x509_alias="partnerb"/>`;

const OUT = `
  <partnership name="MyCompany-to-PartnerA">
    <sender name="MyCompany"/><receiver name="Partner A"/>
    <attribute name="protocol" value="as2"/>
    <attribute name="subject" value="From MyCompany"/>
    <attribute name="as2_url" value="https://a.example:10080/as2"/>
    <attribute name="as2_mdn_to" value="us@us.example"/>
    <attribute name="as2_mdn_options" value="signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, $attribute.sign$"/>
    <attribute name="as2_receipt_option" value="http://us.example:10081"/>
    <attribute name="sign" value="SHA-384"/>
    <attribute name="encrypt" value="AES256"/>
    <attribute name="compression_type" value="ZLIB"/>
    <attribute name="compression_mode" value="compress-after-signing"/>
    <attribute name="rename_digest_to_old_name" value="true"/>
    <attribute name="http_user" value="u"/>
    <attribute name="http_password" value="geheim"/>
    <attribute name="resend_max_retries" value="7"/>
    <attribute name="flux_capacitor" value="on"/>
  </partnership>`;

const BACK = `
  <partnership name="PartnerA-to-MyCompany">
    <sender name="Partner A"/><receiver name="MyCompany"/>
    <attribute name="sign" value="SHA1"/>
    <attribute name="encrypt" value="3DES"/>
  </partnership>`;

const OTHER = `
  <partnership name="MyCompany-to-PartnerB">
    <sender name="MyCompany"/><receiver name="PartnerB"/>
    <attribute name="as2_url" value="http://b.example/as2"/>
    <attribute name="sign" value="MD5"/>
    <attribute name="encrypt" value="rc2_cbc"/>
  </partnership>`;

const partnerships = (...inside: string[]): string => `<partnerships>${PARTIES}${inside.join('')}</partnerships>`;
const write = (text: string, more: Record<string, string> = {}) =>
  path.join(homeOf({ 'partnerships.xml': text, ...more }), 'partnerships.xml');

async function keystore(): Promise<Pkcs12Entry[]> {
  const entry = async (alias: string, own = false): Promise<Pkcs12Entry> => {
    const { certificate, privateKeyPem } = await issue(alias);
    return { alias, certificate, privateKey: own ? createPrivateKey(privateKeyPem) : undefined };
  };
  return [
    await entry('mycompany', true),
    await entry('partnera'),
    await entry('partnera_old'),
    await entry('partnerb'),
  ];
}

const plan = async (text: string, us?: string) => planImport(await readOpenAs2(write(text)), await keystore(), us);

describe('config/openas2', () => {
  it('joins the two directions of a partner, with its certificates and what it is told to send', async () => {
    const { us, partners } = await plan(partnerships(OUT, BACK, OTHER));
    assert.deepEqual([us.as2Id, us.alias], ['MyCompany_OID', 'mycompany']);
    assert.deepEqual(
      partners.map(({ shortName }) => shortName),
      ['partner-a', 'partnerb'],
    );
    assert.deepEqual(partners[0]!.config, {
      name: 'Partner A',
      as2: {
        id: 'PartnerA OID',
        url: 'https://a.example:10080/as2',
        basicAuth: { user: 'u', passwordFile: 'keys/partner-a.password' },
      },
      certificates: [{ file: 'partners/partner-a.cert.pem' }, { file: 'partners/partner-a-old.cert.pem' }],
      send: {
        sign: 'sha384',
        encrypt: 'aes256-cbc',
        micalgStyle: 'old',
        compress: 'after-signing',
        mdn: 'async',
        mdnMicalgs: ['sha384'],
        subject: 'From MyCompany',
      },
      edifact: { identities: [] },
      contact: { email: 'a@a.example' },
    });
  });

  it('reports every attribute that has no counterpart, known or not, and shows no password', async () => {
    const { notes } = await plan(partnerships(OUT, BACK, OTHER));
    const told = (what: string) => notes.filter((note) => note.what === what).map(({ text }) => text);
    assert.match(told('resend_max_retries')[0]!, /outbox.*\(7\)/);
    assert.match(told('flux_capacitor')[0]!, /not known.*\(on\)/);
    assert.ok(!JSON.stringify(notes).includes('geheim'));
  });

  it('weakens nothing on its own: old algorithms and missing protection are reported', async () => {
    const { partners, notes } = await plan(partnerships(OUT, BACK, OTHER));
    for (const { config } of partners) assert.equal(config.receive, undefined);
    assert.deepEqual([partners[1]!.config.send?.sign, partners[1]!.config.send?.encrypt], ['sha256', 'aes128-cbc']);
    const texts = notes.map(({ where, text }) => `${where}: ${text}`).join('\n');
    assert.match(texts, /PartnerA-to-MyCompany: .*SHA1.*allowSha1/);
    assert.match(texts, /PartnerA-to-MyCompany: .*3DES.*allow3des/);
    assert.match(texts, /MyCompany-to-PartnerB: MD5 is not made any more/);
    assert.match(texts, /MyCompany-to-PartnerB: rc2_cbc is not used any more/);
  });

  it('AES-GCM goes out in the form that the other system wrote', async () => {
    const gcm = OUT.replace('AES256', 'aes128_gcm');
    const { send } = (await plan(partnerships(gcm, OTHER))).partners[0]!.config;
    assert.deepEqual([send?.encrypt, send?.gcmForm], ['aes128-gcm', 'enveloped-data']);
  });

  it('a partner that nothing is sent to stays inactive; one without a certificate is left out; both are reported', async () => {
    const { partners, notes } = await plan(
      partnerships(BACK, OTHER.replaceAll('PartnerB', 'PartnerC'))
        .replace('alias="partnerb"', 'alias="gone"')
        .replaceAll('name="PartnerB"', 'name="PartnerC"'),
    );
    assert.deepEqual(
      partners.map(({ shortName, config }) => [shortName, config.active]),
      [['partner-a', false]],
    );
    assert.ok(notes.some(({ what }) => what === 'as2_url'));
    assert.ok(notes.some(({ where, what }) => where === 'PartnerC' && what === 'x509_alias'));
  });

  it('asks which party is ours when that is not clear', async () => {
    await assert.rejects(
      plan(partnerships(OUT, BACK)),
      (error) => error instanceof ConfigError && /--us/.test(error.message),
    );
    assert.equal((await plan(partnerships(OUT, BACK), 'MyCompany')).us.as2Id, 'MyCompany_OID');
    await assert.rejects(plan(partnerships(OUT, BACK), 'PartnerB'), /no private key partnerb/);
    await assert.rejects(plan(partnerships(OUT), 'Nobody'), ConfigError);
  });

  it('reads config.xml: %home%, $properties$, openas2.properties over them, keystore and partnerships', async () => {
    const config = `<openas2>
      <properties storageBaseDir="%home%/data" as2_keystore="%home%/as2_certs.p12" base="https://old.example"/>
      <certificates classname="x" filename="$properties.as2_keystore$" password="testas2"/>
      <partnerships classname="y" filename="%home%/conf/partnerships.xml"/>
      <processor classname="z"><module classname="org.openas2.processor.receiver.AS2ReceiverModule" port="10080"/></processor>
    </openas2>`;
    const home = homeOf({
      'config.xml': config,
      'conf/partnerships.xml': partnerships(OUT.replace('https://a.example', '$properties.base$'), OTHER),
      'openas2.properties': '# comment\nbase = https://new.example\n',
    });
    const source = await readOpenAs2(path.join(home, 'config.xml'));
    assert.deepEqual(source.keystore, { file: path.join(home, 'as2_certs.p12'), password: 'testas2' });
    assert.equal(source.partnerships[0]?.attributes.get('as2_url'), 'https://new.example:10080/as2');
    const { notes } = planImport(source, await keystore(), undefined);
    assert.ok(notes.some(({ what }) => what.endsWith('AS2ReceiverModule')));
    assert.ok(notes.some(({ what }) => what === 'storageBaseDir'));
  });

  it('reads parties that are written out in the partnership, as phase2 allows', async () => {
    const text =
      '<partnerships><partnership name="p"><sender as2_id="US" x509_alias="mycompany"/><receiver as2_id="THEM" x509_alias="partnera"/><attribute name="as2_url" value="https://t.example/"/></partnership></partnerships>';
    const { partners } = await plan(text, 'US');
    assert.deepEqual([partners[0]?.shortName, partners[0]?.config.as2.id], ['them', 'THEM']);
  });
});

describe('config/openas2/xml', () => {
  const refused = (text: string) => assert.rejects(readXml('f', text), ConfigError);

  it('refuses a document type: no entity can be declared, expanded or fetched', async () => {
    await refused('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>');
    await refused('<?xml version="1.0"?><!doctype a><a/>');
    await refused('<a>&undeclared;</a>');
  });

  it('lets no name reach a prototype', async () => {
    const { attributes, children } = await readXml(
      'f',
      '<a constructor="x" __proto__="y"><__proto__ polluted="1"><b/></__proto__><constructor/></a>',
    );
    assert.equal(attributes.get('constructor'), 'x');
    assert.deepEqual(
      children.map(({ name }) => name),
      ['__proto__', 'constructor'],
    );
    assert.equal(({} as { polluted?: string }).polluted, undefined);
  });

  it('refuses what is too deep, too large, broken or empty', async () => {
    await refused('<a>'.repeat(5000) + '</a>'.repeat(5000));
    await refused(`<a>${' '.repeat(9_000_000)}</a>`);
    await refused('<a><b></a>');
    await refused('');
  });

  it('throws nothing but ConfigError, whatever the text', async () => {
    const piece = fc.constantFrom(
      '<a>',
      '</a>',
      '<a/>',
      '<',
      '>',
      '&',
      '&lt;',
      '"',
      '=',
      ' b="c"',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<?x?>',
      'x',
      '\0',
      '__proto__',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        await readXml('f', pieces.join('')).catch((error: unknown) => {
          if (!(error instanceof ConfigError)) throw error;
        });
      }),
    );
  });
});
