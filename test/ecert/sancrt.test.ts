import assert from 'node:assert/strict';
import fc from 'fast-check';
import { body, bodyWith, requestOf } from './samples.ts';

describe('reading a SANCRT', () => {
  it('D.97B: every element of the profile', () => {
    const request = requestOf(body);
    assert.equal(request.messageReference, '1');
    assert.equal(request.number, '6AU000123');
    assert.deepEqual([request.document, request.function], ['811', '9']);
    assert.deepEqual([request.issueDate?.value, request.issueDate?.format], ['20261030', '102']);
    assert.deepEqual([request.country, request.programme], ['AU', 'BEEF']);
    assert.equal(request.importer, '12-345678900');
    assert.deepEqual([request.manufacturerId, request.manufacturerName], ['AUEXAMEA123SYD', 'EXAMPLE MEATS']);
    assert.deepEqual(request.lines, [{ hts: '020230', unit: 'KGM', quantity: '18000' }]);
    assert.deepEqual(request.repeated, []);
  });

  it('D.96B: parties in NAD, their names in C080 or C058', () => {
    const named = (name: string) =>
      requestOf(bodyWith({ 'PNA+IM': 'NAD+IM+12-345678900', 'PNA+MF': `NAD+MF+MID1+${name}` }), '96B');
    assert.equal(named('').importer, '12-345678900');
    assert.equal(named('+EXAMPLE:MEATS').manufacturerName, 'EXAMPLE MEATS');
    assert.equal(named('EXAMPLE:MEATS').manufacturerName, 'EXAMPLE MEATS');
    assert.equal(named('').manufacturerName, undefined);
  });

  it('D.99B: as in D.97B; the groups and segments that it has beside are stepped over', () => {
    const more = "GEI+1'CST+1'DOC+852'DTM+182:20200101:102'LOC+27+XX";
    const party = 'PNA+MF+AUEXAMEA123SYD++++1:EXAMPLE MEATS:::++++7';
    const line =
      "LIN+1'CST+1'GIN+BN+1'ATT+9'QTY+1:5'MEA+AAJ+AAI+KGM:18000'PIA+5+020230:HS'EQD+CN'TMP+2'MEA+AAJ+AAI+KGM:3";
    const changed = bodyWith({ 'PNA+IM': `${more}'PNA+IM+12-345678900`, 'PNA+MF': party, LIN: line, MEA: '', PIA: '' });
    const { repeated, lines, ...request } = requestOf(changed, '99B');
    assert.deepEqual([request.issueDate?.value, request.country], ['20261030', 'AU']);
    assert.deepEqual([request.importer, request.manufacturerId], ['12-345678900', 'AUEXAMEA123SYD']);
    assert.equal(request.manufacturerName, 'EXAMPLE MEATS');
    assert.deepEqual(
      lines.map(({ hts, unit, quantity }) => [hts, unit, quantity]),
      [['020230', 'KGM', '18000']],
    );
    assert.deepEqual(repeated, []);
  });

  it('the quantity with 6313 or without it, for 6311 says it too; another 6313 measures something else', () => {
    const quantityIn = (mea: string) => requestOf(bodyWith({ MEA: mea })).lines[0]?.quantity;
    assert.equal(quantityIn('MEA+AAJ++KGM:18000'), '18000');
    assert.equal(quantityIn('MEA+AAJ+AAI+KGM:18000'), '18000');
    assert.equal(quantityIn("MEA+AAJ+AAD+KGM:20000'MEA+AAI+AAI+KGM:19000'MEA+AAJ++KGM:18000"), '18000');
    const { repeated } = requestOf(bodyWith({ MEA: "MEA+AAJ+AAI+KGM:18000'MEA+AAJ++KGM:18000" }));
    assert.deepEqual(repeated, ['MEA']);
  });

  it('several lines, each with its own MEA and PIA', () => {
    const second = "LIN+2'PIA+5+12345:XX+020130:HS'MEA+AAJ+AAI+KGM:7'MEA+AAU+AAA+KGM:9";
    const { lines } = requestOf([...body, ...second.split("'")]);
    assert.deepEqual(
      lines.map(({ hts, unit, quantity }) => [hts, unit, quantity]),
      [
        ['020230', 'KGM', '18000'],
        ['020130', 'KGM', '7'],
      ],
    );
  });

  it('what stands in other groups is not taken for the certificate: dates of documents, parties and packages', () => {
    const documents = "PNA+MF'DOC+852'DTM+182:20200101:102'LOC+27+XX";
    const elsewhere = "TDT+20'DTM+182:20200101:102'RFF+ABJ:LAMB'PRC+1'PNA+IM+99-999999999'LIN+1";
    const inLine = "PIA+5+020230:HS'PAC+1'MEA+AAJ+AAI+KGM:5'PNA+IM+99-999999999'CNT+2:1";
    const changed = bodyWith({ LIN: elsewhere, PIA: inLine });
    const request = requestOf([...changed.slice(0, 4), ...documents.split("'").slice(1), ...changed.slice(4)]);
    const { issueDate, country, programme, importer } = request;
    assert.deepEqual([issueDate?.value, country, programme, importer], ['20261030', 'AU', 'BEEF', '12-345678900']);
    assert.equal(request.lines[0]?.quantity, '18000');
    assert.deepEqual(request.repeated, []);
  });

  it('what is empty or absent is undefined', () => {
    const { messageReference, repeated, lines, ...rest } = requestOf(['BGM']);
    assert.deepEqual([messageReference, repeated, lines], ['1', [], []]);
    assert.ok(Object.values(rest).every((value) => value === undefined));
  });

  it('a segment of the profile that stands twice is told', () => {
    const twice = bodyWith({ RFF: "RFF+ABJ:BEEF'RFF+ABJ:LAMB", MEA: "MEA+AAJ+AAI+KGM:1'MEA+AAJ+AAI+KGM:2" });
    const { repeated, programme } = requestOf(twice);
    assert.equal(programme, 'BEEF');
    assert.deepEqual(repeated, ['RFF', 'MEA']);
  });

  it('never throws, whatever segments there are', () => {
    const text = fc.constantFrom(
      '',
      '5',
      '27',
      '182',
      'IM',
      'MF',
      'ABJ',
      'AAJ',
      'AAI',
      'HS',
      'constructor',
      'a:b:c',
      ':::',
    );
    const tag = fc.constantFrom('BGM', 'DTM', 'LOC', 'RFF', 'PNA', 'NAD', 'LIN', 'MEA', 'PIA', 'DOC', 'PAC', 'ZZZ');
    const segment = fc.tuple(tag, fc.array(text, { maxLength: 8 })).map((parts) => parts.flat().join('+'));
    fc.assert(fc.property(fc.array(segment, { maxLength: 20 }), (segments) => void requestOf(segments)));
  });
});
