import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Answer, startSystem, type System } from '../support/system';

/** Deploys through the admin API of the whole server, while its flow files change behind it. */

type Node = Record<string, unknown> & { id: string; type: string };
interface Flows {
  flows: Node[];
  rev: string;
}

let system: System;

beforeAll(async () => {
  system = await startSystem({ sandbox: false });
}, 120_000);
afterAll(() => system?.stop(), 60_000);

const load = async (): Promise<Flows> => (await system.admin('/flows', { headers: { 'node-red-api-version': 'v2' } })).body as Flows;
const deploy = (flows: Partial<Flows>, type = 'full'): Promise<Answer> =>
  system.admin('/flows', { method: 'POST', body: flows, headers: { 'node-red-api-version': 'v2', 'node-red-deployment-type': type } });
const named = ({ flows }: Flows, id: string, name: string): Node[] => flows.map((node) => (node.id === id ? { ...node, name } : node));
const nameOf = ({ flows }: Flows, id: string): unknown => flows.find((node) => node.id === id)?.['name'];
const text = (file: string): string => readFileSync(path.join(system.flowsDir, file), 'utf8');
const edit = (file: string, from: string, to: string): void => {
  expect(text(file)).toContain(from);
  writeFileSync(path.join(system.flowsDir, file), text(file).replace(from, to));
};

test('a deploy on top of what was loaded is taken, and changes one file', async () => {
  const loaded = await load();
  const others = text('cirro.json');
  const answer = await deploy({ flows: named(loaded, 'nav-created', 'Wait for the release'), rev: loaded.rev }, 'nodes');
  expect(answer.status).toBe(200);
  expect((answer.body as Flows).rev).not.toBe(loaded.rev);
  expect(text('nav.json')).toContain('"Wait for the release"');
  expect(text('cirro.json')).toBe(others);
});

test('a deploy on top of older flows is refused, and nothing changes', async () => {
  const loaded = await load();
  expect((await deploy({ flows: named(loaded, 'nav-created', 'First'), rev: loaded.rev })).status).toBe(200);
  const late = await deploy({ flows: named(loaded, 'nav-created', 'Second'), rev: loaded.rev });
  expect(late).toMatchObject({ status: 409, body: { code: 'version_mismatch' } });
  expect(nameOf(await load(), 'nav-created')).toBe('First');
  expect(text('nav.json')).toContain('"First"');
});

describe('files that somebody has changed behind the server', () => {
  test('refuse a deploy and are named; the editor then sees them and may deploy on top of them', async () => {
    const loaded = await load();
    edit('cirro.json', '"Orders for Cirro"', '"Orders from git"');
    const refused = await deploy({ flows: named(loaded, 'nav-created', 'Mine'), rev: loaded.rev });
    expect(refused).toMatchObject({ status: 409, body: { code: 'version_mismatch', message: expect.stringContaining('cirro.json') as string } });
    expect((refused.body as { message: string }).message).not.toContain('nav.json');
    expect(text('cirro.json')).toContain('"Orders from git"');
    // What the editor's dialog does: it loads again, merges, deploys.
    const again = await load();
    expect(again.rev).not.toBe(loaded.rev);
    expect(nameOf(again, 'cirro-request-work')).toBe('Orders from git');
    expect((await deploy({ flows: named(again, 'nav-created', 'Mine'), rev: again.rev }, 'nodes')).status).toBe(200);
    expect(text('cirro.json')).toContain('"Orders from git"');
    expect(text('nav.json')).toContain('"Mine"');
    const after = await load();
    expect(nameOf(after, 'cirro-request-work')).toBe('Orders from git');
    expect((await deploy({ flows: after.flows, rev: after.rev })).status).toBe(200);
  });

  test('are replaced only by somebody who was told: “Ignore & deploy” sends no revision', async () => {
    const loaded = await load();
    edit('nav.json', '"Orders for NAV"', '"Orders from git"');
    const mine = { flows: named(loaded, 'nav-created', 'Ignored') };
    expect(await deploy(mine)).toMatchObject({ status: 409, body: { message: expect.stringContaining('nav.json') as string } });
    // They change once more: that was not told.
    edit('nav.json', '"Orders from git"', '"Orders from git again"');
    expect((await deploy(mine)).status).toBe(409);
    expect((await deploy(mine)).status).toBe(200);
    expect(text('nav.json')).toContain('"Orders for NAV"');
  });

  test('are taken by “Restart flows”', async () => {
    edit('nav.json', '"Orders for NAV"', '"Orders from git"');
    const { rev } = await load();
    expect(await deploy({}, 'reload')).toMatchObject({ status: 200, body: { rev } });
    const loaded = await load();
    expect(nameOf(loaded, 'nav-create-work')).toBe('Orders from git');
    expect((await deploy({ flows: named(loaded, 'nav-create-work', 'Orders for NAV'), rev })).status).toBe(200);
  });

  test('refuse the deploy of a single tab, too', async () => {
    const tab = (await system.admin('/flow/watch')).body as object;
    edit('nav.json', '"Orders for NAV"', '"Orders from git"');
    const put = (): Promise<Answer> => system.admin('/flow/watch', { method: 'PUT', body: tab });
    expect(await put()).toMatchObject({ status: 409, body: { code: 'version_mismatch', message: expect.stringContaining('nav.json') as string } });
    expect((await put()).status).toBe(409);
    edit('nav.json', '"Orders from git"', '"Orders for NAV"');
    expect((await put()).status).toBe(200);
  });

  test('may be broken: the editor sees what runs, and a reload says which file it is', async () => {
    const loaded = await load();
    const good = text('nav.json');
    edit('nav.json', '[', '<<<<<<< HEAD\n[');
    expect((await load()).rev).toBe(loaded.rev);
    expect(await deploy({}, 'reload')).toMatchObject({ status: 400, body: { message: expect.stringContaining('flow file nav.json') as string } });
    expect((await deploy({ flows: loaded.flows, rev: loaded.rev })).status).toBe(409);
    writeFileSync(path.join(system.flowsDir, 'nav.json'), good);
    expect((await deploy({ flows: loaded.flows, rev: loaded.rev })).status).toBe(200);
  });
});

test.each([[{}], [{ flows: 'nothing' }], [{ flows: [1] }], [{ flows: [{ id: 'x' }] }]])('what is no list of nodes is refused: %j', async (body) => {
  expect(await deploy(body as never)).toMatchObject({ status: 400, body: { code: 'invalid_flow' } });
});
