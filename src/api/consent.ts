/**
 * The pages of those who get messages: where they agree to get them, and where they stop them. Opening one changes nothing,
 * as mail scanners open every link; only its button does.
 */
import express, { Router, type Request, type Response } from 'express';
import type { ConfirmationOutcome } from '../contact';
import { html, type Html } from '../html';
import type { CapabilityOf } from '../temporal/capabilities';
import { ContactNotFound, type Contacts } from '../temporal/contacts';
import { methodNotAllowed } from './errors';
import { page } from './page';
import { Refusal } from './problem';
import { equal } from './secrets';

/** The pages below `/confirm` and `/stop`. */
export function consentRouter(contacts: Contacts, stopKeyOf: CapabilityOf): Router {
  const router = Router();
  const form = express.urlencoded({ limit: '1kb', extended: false });

  router.get('/confirm/:contact', async (request, response) => {
    const { state } = await find(request.params.contact);
    show(response, state === 'confirmed' ? agreed : question);
  });

  router.post('/confirm/:contact', form, async (request, response) => {
    const { contact } = request.params;
    await find(contact);
    const outcome = await contacts.confirm(contact, keyOf(request));
    show(response.status(outcome === 'confirmed' ? 200 : 409), outcome === 'confirmed' ? agreed : notAgreed(outcome));
  });

  router.get('/stop/:contact', async (request, response) => {
    const { contact } = request.params;
    await refuseWrongKey(request, contact);
    const { state } = await contacts.standingOf(contact);
    show(response, state === 'stopped' ? stopped : stopQuestion);
  });

  // Mailboxes send this form by themselves when someone there unsubscribes with one click (RFC 8058, section 3.2).
  router.post('/stop/:contact', form, async (request: Request<{ contact: string }>, response) => {
    const { contact } = request.params;
    await refuseWrongKey(request, contact);
    const { again } = (request.body ?? {}) as { again?: unknown }; // A form may hold anything.
    if (again === undefined) await contacts.stopById(contact, 'email', 'The person wants no more messages.');
    else await reopen(contact);
    show(response, again === undefined ? stopped : reopened);
  });

  async function find(contact: string) {
    try {
      return await contacts.find(contact);
    } catch (error) {
      throw error instanceof ContactNotFound ? new Refusal(404, 'This link is not right, or no longer.') : error;
    }
  }

  /** One of which nothing is known need not be reopened. */
  async function reopen(contact: string): Promise<void> {
    await contacts.reopenById(contact).catch((error: unknown) => {
      if (!(error instanceof ContactNotFound)) throw error;
    });
  }

  async function refuseWrongKey(request: Request, contact: string): Promise<void> {
    if (!equal(keyOf(request), await stopKeyOf(contact))) throw new Refusal(404, 'This link is not right.');
  }

  for (const path of ['/confirm/:contact', '/stop/:contact']) router.all(path, methodNotAllowed('GET', 'HEAD', 'POST'));
  return router;
}

function keyOf({ query: { key } }: Request): string {
  return typeof key === 'string' ? key : '';
}

/** What one of these pages says. */
interface Sheet {
  heading: string;
  content: Html;
}

function show(response: Response, { heading, content }: Sheet): void {
  response
    .type('html')
    .set('Cache-Control', 'no-store')
    .send(
      page(
        heading,
        html`<section class="card">
          <h1>${heading}</h1>
          ${content}
        </section>`,
      ),
    );
}

const question: Sheet = {
  heading: 'Do you want reminders?',
  content: html`<p>
      Somebody set up a reminder for you here, and would like it to be sent to you. Nothing will be sent unless you agree.
    </p>
    <form method="post"><button class="primary">Yes, send me reminders</button></form>
    <p>If you do not want that, just close this page.</p>`,
};

const agreed: Sheet = {
  heading: 'You will get reminders',
  content: html`<p>You can stop them at any time, by the link at the end of each email.</p>`,
};

const stopQuestion: Sheet = {
  heading: 'No more messages?',
  content: html`<p>Whoever sets up a reminder for you here will no longer reach you at this address.</p>
    <form method="post"><button class="primary">Stop all messages to me</button></form>`,
};

const stopped: Sheet = {
  heading: 'You will get no more messages',
  content: html`<p>Nothing goes to this address any more, whoever asks for it. Did you change your mind?</p>
    <form method="post"><button name="again" value="yes">Let people reach me again</button></form>`,
};

/** The link is in every email, and emails are passed on: it gives no consent. */
const reopened: Sheet = {
  heading: 'People can reach you again',
  content: html`<p>
    When somebody next sets up a reminder for you, it may be sent here. Where people have to agree first, you will be asked.
  </p>`,
};

const causes: Record<Exclude<ConfirmationOutcome, 'confirmed'>, string> = {
  wrong: 'This link is not the one that was sent last.',
  exhausted: 'This link is not the one that was sent last.',
  expired: 'This link is too old, or was used already.',
};

function notAgreed(outcome: Exclude<ConfirmationOutcome, 'confirmed'>): Sheet {
  return {
    heading: 'That did not work',
    content: html`<p>${causes[outcome]} Whoever set up the reminder can have a new one sent to you.</p>`,
  };
}
