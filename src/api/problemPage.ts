import { html, type Html } from '../html';
import { page } from './page';
import type { Problem } from './problem';

/** The fields of the form, by the labels that they have on the page. */
const labels: Record<string, string> = {
  message: 'What to remind Bob of',
  waitSeconds: 'Seconds from now',
  preference: 'How',
  email: 'Bob’s email address',
  phone: 'Bob’s phone number',
  fallback: 'Only send the email if the text message does not arrive',
};

/** What a person reads, in a browser, when a page is not there or a plain form is refused. */
export function problemPage({ title, status, detail, errors = [] }: Problem): string {
  return page(
    title,
    html`<section class="card">
      <h1>${status === 404 ? 'There is nothing here' : 'That did not work yet'}</h1>
      ${errors.length === 0 ? html`<p>${detail}</p>` : []}
      <ul>
        ${errors.map((error) => html`<li><strong>${labels[error.field] ?? error.field}</strong> ${error.detail}</li>`)}
      </ul>
      ${adviceFor(status)}
      <p><a href="/">To an empty form</a></p>
    </section>`,
  );
}

function adviceFor(status: number): Html | [] {
  if (status === 404) return [];
  const typed = 'what you typed should still be there.';
  if (status < 500) {
    return html`<p>Nothing was sent. Go back with your browser’s Back button: ${typed}</p>`;
  }
  return html`<p>
    The form has a key of its own, by which a reminder that was taken all the same is known: wait a moment, go back with
    your browser’s Back button and send it again, and Bob is reminded once; ${typed}
  </p>`;
}
