/**
 * The real browser of the tests: CHROME_PATH if it is set, else the Chromium of `@sparticuz/chromium`, which needs nothing
 * of the system but runs on Linux x86-64 alone, else an installed Chrome.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { chromium, type Browser, type BrowserContextOptions, type ConsoleMessage, type Page } from 'playwright-core';

const CHROME = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/usr/bin/google-chrome',
  '/usr/bin/chromium',
];

const given = process.env.CHROME_PATH;
const unpacks = given === undefined && process.platform === 'linux' && process.arch === 'x64';
const installed = given ?? CHROME.find((path) => existsSync(path));

/** Why the tests are skipped where there is no browser, for the `skip` of a suite. */
export const withoutBrowser =
  unpacks || installed !== undefined ? false : 'There is no browser: install Chrome, or name one by CHROME_PATH';

export async function launch(): Promise<Browser> {
  if (!unpacks) return chromium.launch(installed === undefined ? {} : { executablePath: installed });
  const folder = await unpackedChromium();
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(folder, 'al2023/lib'),
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
    },
  });
}

export interface VisitOptions extends BrowserContextOptions {
  /** The HTTP statuses of refusals that the test is about. The browser complains of each, which then is no fault. */
  refusals?: number[];
}

/**
 * Opens a page as a visitor who was never there before. The test fails if the page complains of anything until its end:
 * errors on the console, errors thrown, violations of the content security policy.
 */
export async function visit(
  test: TestContext,
  browser: Browser,
  url: string,
  { refusals = [], ...options }: VisitOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options });
  const complaints: string[] = [];
  const expected = (message: ConsoleMessage) =>
    refusals.some((status) => message.text().includes(`responded with a status of ${status} `));
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !expected(message)) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  test.after(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  });
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

/** The folder of the package's Chromium with its libraries and its font. It unpacks them once for each installation. */
async function unpackedChromium(): Promise<string> {
  const folder = join(dirname(require.resolve('@sparticuz/chromium')), '../../unpacked');
  if (existsSync(folder)) return folder;
  // Test files may run at the same time: none may see what another has unpacked by half.
  const fresh = await mkdtemp(`${folder}-`);
  await promisify(execFile)(
    process.execPath,
    ['--eval', 'import("@sparticuz/chromium").then((chromium) => chromium.default.executablePath())'],
    // It unpacks to the temporary folder, and its libraries only where it believes to be at a cloud that lacks them.
    { cwd: __dirname, env: { ...process.env, TMPDIR: fresh, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' } },
  );
  await writeFile(join(fresh, 'fonts.conf'), `<fontconfig><dir>${folder}/fonts</dir></fontconfig>\n`);
  await rename(fresh, folder).catch(async (error: unknown) => {
    await rm(fresh, { recursive: true });
    if (!existsSync(folder)) throw error;
  });
  return folder;
}
