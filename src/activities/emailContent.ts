/**
 * How a reminder looks as an email: a subject, a plain text and an HTML part.
 */
import { html, type Html } from '../html';

export interface EmailContent {
  /** One line of at most 78 characters, without control characters. */
  subject: string;
  text: string;
  html: string;
}

/** RFC 5322, section 2.1.1: lines should have no more than 78 characters. */
const SUBJECT_LENGTH = 78;

const SIGNATURE = 'Whiskers, by way of Cuddle-a-tron';

/**
 * The email that says `message`, which may hold any characters.
 *
 * @param stopUrl - of the page on which the recipient can stop such emails, if there is one.
 */
export function composeEmail(message: string, stopUrl?: string): EmailContent {
  return {
    subject: subjectOf(message),
    // "-- " and a newline begin a signature (RFC 3676, section 4.3).
    text: `${message}\n\n-- \n${SIGNATURE}\n${stopUrl === undefined ? '' : `No more of these: ${stopUrl}\n`}`,
    html: emailDocument(linesOf(message), stopUrl),
  };
}

/**
 * What a person wants to see in the inbox: the first line of the message. Control characters could forge a header, and
 * bidirectional overrides (Unicode Standard Annex #9) could turn around what the mailbox shows next to it.
 */
function subjectOf(message: string): string {
  const lines = message.split(/[\n\r\v\f\u0085\u2028\u2029]/).map((line) =>
    line
      .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim(),
  );
  return shorten(lines.find((line) => line !== '') ?? 'A reminder from Whiskers');
}

/** Cuts between characters as people see them, so that no emoji or accent is torn apart, and after a word if it can. */
function shorten(line: string): string {
  if (line.length <= SUBJECT_LENGTH) return line;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    if (kept.length + segment.length >= SUBJECT_LENGTH) break;
    kept += segment;
  }
  const words = kept.slice(0, Math.max(kept.lastIndexOf(' '), 0));
  return `${words.length > SUBJECT_LENGTH / 2 ? words : kept}…`;
}

function linesOf(message: string): Html[] {
  const [first = '', ...others] = message.split(/\r\n|\r|\n/);
  return [
    html`${first}`,
    ...others.map(
      (line) => html`<br>
${line}`,
    ),
  ];
}

/**
 * The HTML part of an email. Tables and inline styles are what every mail client understands. No colour is set but in pairs
 * that suit light and dark: the client's own colours stay, and the accent is readable on both.
 */
export function emailDocument(content: Html | Html[], stopUrl: string | undefined): string {
  const stop = stopUrl === undefined ? [] : html`<br><a href="${stopUrl}" style="color:inherit">No more of these</a>`;
  return html`<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>A reminder from Whiskers</title>
</head>
<body style="margin:0;padding:0">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px">
<tr><td style="border-left:4px solid #c2703d;padding:4px 0 4px 16px;font-family:sans-serif;font-size:18px;line-height:1.5;word-break:break-word" dir="auto">${content}</td></tr>
<tr><td style="padding:24px 0 0 20px;font-family:sans-serif;font-size:14px;line-height:1.5" dir="ltr"><span aria-hidden="true">🐾</span> ${SIGNATURE}${stop}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`.source;
}
