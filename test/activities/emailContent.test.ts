import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { composeEmail } from '../../src/activities/emailContent';

describe('The subject', () => {
  const subjects: [message: string, subject: string][] = [
    ['Cuddle Whiskers', 'Cuddle Whiskers'],
    ['\n\n  Cuddle \t Whiskers  \nin the garden', 'Cuddle Whiskers'],
    ['Cuddle\r\nBcc: eve@example.net', 'Cuddle'],
    ['Cuddle\rBcc: eve@example.net', 'Cuddle'],
    ['Cuddle\u2028Bcc: eve@example.net', 'Cuddle'],
    ['Cuddle\0\u0007Whiskers\u001b', 'Cuddle Whiskers'],
    ['\u202eslrewoh\u202c and \u2066Whiskers\u2069', 'slrewoh and Whiskers'],
    ['חתול רוצה ליטוף', 'חתול רוצה ליטוף'],
    ['<script>alert("&")</script>', '<script>alert("&")</script>'],
    ['\n \n\t\n', 'A reminder from Whiskers'],
    ['x'.repeat(78), 'x'.repeat(78)],
    ['x'.repeat(79), `${'x'.repeat(77)}…`],
    [`${'word '.repeat(15)}somethinglong`, `${'word '.repeat(15).trim()}…`],
    [`hi ${'x'.repeat(100)}`, `hi ${'x'.repeat(74)}…`],
    ['👩‍👩‍👧‍👦'.repeat(20), `${'👩‍👩‍👧‍👦'.repeat(7)}…`],
  ];
  for (const [message, subject] of subjects) {
    test(`of ${JSON.stringify(message).slice(0, 60)} is one short line`, () => {
      const composed = composeEmail(message);
      assert.equal(composed.subject, subject);
      assert(composed.subject.length <= 78);
      assert.doesNotMatch(composed.subject, /\p{Cc}/u);
    });
  }
});

describe('The plain text', () => {
  test('is the message and a signature', () => {
    const message = '  <b>Cuddle</b>\n& "be" kind\n';
    assert.equal(composeEmail(message).text, `${message}\n\n-- \nWhiskers, by way of Cuddle-a-tron\n`);
  });
});

describe('The HTML', () => {
  const withoutTags = (html: string) => html.slice(html.indexOf('<body')).replace(/<[^>]*>/g, '');

  test('shows every character of the message and takes none for markup', () => {
    const { html } = composeEmail(`<script>alert('1')</script> & "quotes" <img src=x onerror=alert(1)> &amp; </td>`);
    assert(
      html.includes(
        '&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;quotes&quot; &lt;img src=x onerror=alert(1)&gt; &amp;amp; &lt;/td&gt;',
      ),
    );
    assert.doesNotMatch(html, /<script|<img/);
  });

  test('keeps the lines of the message', () => {
    assert.match(composeEmail('one\ntwo\r\nthree\rfour').html, />one<br>\ntwo<br>\nthree<br>\nfour</);
    assert.equal(composeEmail('\n'.repeat(1000)).html.match(/<br>/g)?.length, 1000);
  });

  test('lets the message choose its direction and keeps its emoji', () => {
    const { html } = composeEmail('חתול 🐱');
    assert.match(html, /dir="auto">חתול 🐱</);
  });

  test('is from Whiskers, and asks nothing of the network or of a dark screen', () => {
    const { html } = composeEmail('Cuddle');
    assert.match(withoutTags(html), /Whiskers/);
    assert.match(html, /<meta name="color-scheme" content="light dark">/);
    assert.doesNotMatch(html, /https?:|src=|url\(|background/);
  });
});
