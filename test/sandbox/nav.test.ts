import http from 'node:http';
import { answersChallenge, challengeMessage } from '../../sandbox/nav/ntlm-messages';
import { japanCredentials, navCredentials } from '../../sandbox/nav/router';
import { aSandbox, type TestSandbox } from './a-sandbox';
import { nameOf, type NavClient, navClient, cancellation, salesOrder, shipmentNotice } from './partners';

let sandbox: TestSandbox;
let nav: NavClient;

beforeAll(async () => {
  sandbox = await aSandbox();
  nav = await navClient(sandbox.url);
});
afterAll(async () => {
  nav.close();
  await sandbox.close();
});

/** A call without the `soap` package, to see status and headers. */
function post(agent: http.Agent, headers: Record<string, string>, body = ''): Promise<{ status: number | undefined; authenticate: string | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${sandbox.url}/nav/us/WS/US/Codeunit/OmsIntegration`, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, authenticate: response.headers['www-authenticate'], text: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

describe('NTLM', () => {
  test('a stranger is asked for NTLM and nothing happens', async () => {
    const agent = new http.Agent();
    const answer = await post(agent, {});
    expect(answer).toMatchObject({ status: 401, authenticate: 'NTLM' });
  });

  test.each([
    ['a wrong password', { ...navCredentials, password: 'guessed' }],
    ['a wrong user', { ...navCredentials, user: 'sma' }],
    ['a wrong domain', { ...navCredentials, domain: 'ELSEWHERE' }],
    ['the account of another company', japanCredentials],
  ])('%s is refused', async (_name, credentials) => {
    const stranger = await navClient(sandbox.url, credentials);
    await expect(stranger.importDocument(1, salesOrder('US90000001'))).rejects.toMatchObject({ response: { status: 401 } });
    stranger.close();
    expect(await sandbox.effects({ ref: 'US90000001' })).toEqual([]);
  });

  test('a made-up answer is refused, and a proof holds for its own challenge only', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const type3 = Buffer.alloc(64);
    Buffer.from('NTLMSSP\0').copy(type3);
    type3.writeUInt32LE(3, 8);
    expect(await post(agent, { authorization: `NTLM ${type3.toString('base64')}` })).toMatchObject({ status: 401, authenticate: 'NTLM' });
    agent.destroy();
    expect(answersChallenge(type3, Buffer.alloc(8), navCredentials)).toBe(false);
    expect(challengeMessage('PSCORP', Buffer.from('01234567')).readUInt32LE(8)).toBe(2);
  });

  test('success belongs to the connection: the next request needs no header, another connection does', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ntlm = jest.requireActual<{
      createType1Message(workstation: string, domain: string): string;
      decodeType2Message(header: string): unknown;
      createType3Message(type2: unknown, user: string, password: string, workstation: string, domain: string): string;
    }>('axios-ntlm/lib/ntlm');
    const { authenticate = '' } = await post(agent, { authorization: ntlm.createType1Message('oms', 'PSCORP') });
    expect(authenticate).toMatch(/^NTLM .{50,}/);
    const proof = ntlm.createType3Message(ntlm.decodeType2Message(authenticate), 'oms', 'sandbox-nav', 'oms', 'PSCORP');
    expect((await post(agent, { authorization: proof })).status).not.toBe(401);
    expect((await post(agent, {})).status).not.toBe(401);
    expect((await post(new http.Agent(), {})).status).toBe(401);
    expect((await post(new http.Agent(), { authorization: proof })).status).toBe(401);
    agent.destroy();
  });
});

describe('documents', () => {
  test('a sales order gets a number and is found again, only at its own endpoint', async () => {
    const no = await nav.importDocument(1, salesOrder('US90000002'));
    expect(no).toMatch(/^SO\d{6}$/);
    expect(await nav.findDocuments(1, nameOf('US90000002'))).toBe(
      `<Documents><Document DocType="1" No="${no}" ExternalDocumentNo="US-US90000002" Posted="false" CustomerNo="C0001" Amount="12.34" Currency="USD" ShipmentId=""/></Documents>`,
    );
    const japan = await navClient(sandbox.url, japanCredentials, 'japan/WS/JAPAN');
    expect(await japan.findDocuments(1, nameOf('US90000002'))).toBe('<Documents/>');
    japan.close();
  });

  test('a second create of the same order makes a second one', async () => {
    await nav.importDocument(1, salesOrder('US90000003'));
    await nav.importDocument(1, salesOrder('US90000003'));
    expect((await nav.findDocuments(1, nameOf('US90000003'))).match(/<Document /g)).toHaveLength(2);
    expect(await sandbox.effects({ system: 'nav', operation: 'document:1', ref: 'US90000003' })).toHaveLength(2);
  });

  test('a shipment notice is found by its shipment and posts the order', async () => {
    await nav.importDocument(1, salesOrder('US90000004'));
    await nav.importDocument(6, shipmentNotice('US90000004', 'S1+S2'));
    expect(await nav.findDocuments(6, nameOf('US90000004'))).toContain('ShipmentId="S1+S2"');
    expect(await nav.findDocuments(1, nameOf('US90000004'))).toContain('Posted="true"');
    const [effect] = await sandbox.effects({ operation: 'document:6' });
    expect(effect).toMatchObject({ system: 'nav', ref: 'US90000004', key: 'US-US90000004/S1+S2', detail: { region: 'us', part: 0 } });
  });

  test.each<[string, number, string, string]>([
    ['an order without a customer', 1, salesOrder('US90000005', { customerNo: '' }), 'NavTestFieldException'],
    ['an order without lines', 1, salesOrder('US90000005').replace(/<Lines>.*<\/Lines>/, '<Lines/>'), 'NavNCLDialogException'],
    ['an amount that is no number', 1, salesOrder('US90000005').replace('Amount="12.34"', 'Amount="12,34"'), 'NavNCLEvaluateException'],
    ['an unknown document type', 8, salesOrder('US90000005'), 'NavNCLDialogException'],
    ['another document than announced', 1, shipmentNotice('US90000005'), 'NavNCLDialogException'],
    ['a shipment of an order that is not there', 6, shipmentNotice('US90000005'), 'NavCSideRecordNotFoundException'],
    ['a cancellation of an order that is not there', 7, cancellation('US90000005'), 'NavCSideRecordNotFoundException'],
    ['a document that ends too early', 1, salesOrder('US90000005').slice(0, -9), 'NavNCLXmlException'],
    ['a document with a document type', 1, `<!DOCTYPE x [<!ENTITY a "b">]>${salesOrder('US90000005')}`, 'NavNCLXmlException'],
  ])('%s is a fault and no effect', async (_name, docType, xml, type) => {
    await expect(nav.importDocument(docType, xml)).rejects.toMatchObject({
      root: { Envelope: { Body: { Fault: { faultcode: expect.stringContaining(`a:Microsoft.Dynamics.Nav.Types.Exceptions.${type}`) } } } },
    });
    expect(await sandbox.effects({ ref: 'US90000005' })).toEqual([]);
  });

  test('a cancellation takes back an order that is not posted', async () => {
    const ref = 'US90000007';
    await nav.importDocument(1, salesOrder(ref));
    expect(await nav.importDocument(7, cancellation(ref))).toMatch(/^CA\d{6}$/);
    expect(await sandbox.effects({ operation: 'document:7', ref })).toHaveLength(1);
    await nav.importDocument(6, shipmentNotice(ref));
    await expect(nav.importDocument(7, cancellation(ref))).rejects.toThrow('500');
  });

  test.each([2, 5])('document type %i is taken', async (docType) => {
    const no = await nav.importDocument(docType, '<Document ExternalDocumentNo="US-US90000006" PlatformOrderNo="US90000006"/>');
    expect(no).toMatch(new RegExp(`^D${docType}\\d{6}$`));
    expect(await sandbox.effects({ operation: `document:${docType}`, ref: 'US90000006' })).toHaveLength(1);
  });
});
