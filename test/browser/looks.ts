import assert from 'node:assert/strict';
import { source as axe, type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/** Checks that nothing of the page is cut off on a narrow screen, also with large text. */
export async function assertFits(page: Page): Promise<void> {
  for (const [width, textSize] of [
    [375, 100],
    [320, 100],
    [320, 200],
  ] as const) {
    await page.setViewportSize({ width, height: 700 });
    await page.evaluate(`document.documentElement.style.fontSize = '${textSize}%'`);
    const cut = await page.evaluate<string[]>(
      `[...document.querySelectorAll('html, dialog, .message, .received')]
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .map(({ tagName, className }) => tagName + ' ' + className)`,
    );
    assert.deepEqual(cut, [], `${page.url()}, ${width} pixels wide, text at ${textSize} %`);
  }
}

/** Checks what is on the page by axe's rules, in light colours and in dark ones. */
export async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(axe);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await page.evaluate<AxeResults>('axe.run()');
    const found = violations.map(({ id, nodes }) => [id, ...nodes.map(({ failureSummary }) => failureSummary)]);
    assert.deepEqual(found, [], `${page.url()}, ${colorScheme}`);
  }
}
