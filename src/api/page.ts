import { html, type Html } from '../html';

/** A whole page, as it looks everywhere here, that needs no JavaScript. */
export function page(title: string, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Cuddle-a-tron</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <header class="masthead"><a class="brand" href="/">Cuddle-a-tron</a></header>
        <main>${content}</main>
      </body>
    </html>`.source;
}
