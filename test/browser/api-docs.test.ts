import type { AddressInfo } from 'node:net';
import http from 'node:http';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findChromium } from '../bin/scripts';
import { startSystem, type System } from '../support/system';
import { inBrowser } from './an-editor';

/** The page of the API in a real browser: it shows the whole document, asks nobody else for anything, and keeps its own policy. */
inBrowser('the page of the API', () => {
  let system: System;
  let browser: Browser;
  let page: Page;
  /** Everything that was asked of anybody but this server. */
  const foreign: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    system = await startSystem({ sandbox: false });
    browser = await chromium.launch({ executablePath: findChromium() ?? 'chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
    page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.route((url) => url.origin !== system.url, (route) => {
      foreign.push(route.request().url());
      return route.abort();
    });
    await page.goto(`${system.url}/api/docs`);
    await page.locator('.opblock').first().waitFor();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  test('every endpoint of the running flows stands there', async () => {
    const { paths } = (await system.api('/api/openapi.json', { as: null })).body as { paths: Record<string, object> };
    const expected = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    const shown = await page.locator('.opblock-summary').evaluateAll((found) =>
      found.map((each) => `${each.querySelector('.opblock-summary-method')?.textContent} ${each.querySelector('.opblock-summary-path')?.getAttribute('data-path')}`),
    );
    expect(shown.toSorted()).toEqual(expected.toSorted());
    expect(shown).toContain('PATCH /api/v3/osor_order/status/{order_id}');
  });

  test('an endpoint opens with its body, its example and its answers', async () => {
    const event = page.locator('.opblock', { has: page.locator('[data-path="/api/service_bus/events"]') });
    await event.locator('.opblock-summary-control').click();
    await event.locator('.highlight-code').first().waitFor();
    const shown = await event.innerText();
    expect(shown).toContain('"evt-1"');
    expect(shown).toContain('Idempotency-Key');
    expect(shown).toMatch(/202[\s\S]*kept/);
  });

  test('nothing was asked of anybody else, and the policy was not broken', async () => {
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
    const { headers } = await system.api('/api/docs', { as: null });
    expect(headers['content-security-policy']).toContain("script-src 'self';");
    expect(headers['content-security-policy']).not.toContain('unsafe');
  });

  test('control: a request to somebody else would have been seen, and the policy refuses it', async () => {
    const other = http.createServer((_request, response) => response.end());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/x.js`;
    await page.evaluate(`new Promise((done) => { const script = document.createElement('script'); script.src = ${JSON.stringify(url)}; script.onload = script.onerror = done; document.head.append(script); })`);
    other.close();
    expect(complaints.some((text) => text.includes('Content Security Policy'))).toBe(true);
  });
});
