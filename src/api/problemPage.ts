import { html } from '../html';
import type { Problem } from './problem';

/** The page that a plain form gets, in a browser without JavaScript, when what was filled in is refused. */
export function problemPage({ title, detail, errors = [] }: Problem): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title} · Cuddle-a-tron</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <header class="masthead"><a class="brand" href="/">Cuddle-a-tron</a></header>
        <main>
          <section class="card">
            <h1>That did not work yet</h1>
            ${errors.length === 0 ? html`<p>${detail}</p>` : []}
            <ul>
              ${errors.map((error) => html`<li><strong>${error.field}</strong> ${error.detail}</li>`)}
            </ul>
            <p>Nothing was sent. Go back with your browser’s Back button: what you typed should still be there.</p>
            <p><a href="/">To an empty form</a></p>
          </section>
        </main>
      </body>
    </html>`;
  return page.source;
}
