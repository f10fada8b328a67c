/** How a contact is asked whether it wants reminders. Neither says what they are about: they may not be for its reader. */
import { html } from '../html';
import { emailDocument, type EmailContent } from './emailContent';

/**
 * @param confirmUrl - of the page on which the question is answered.
 * @param stopUrl - of the page on which such emails are stopped for good.
 */
export function composeQuestion(confirmUrl: string, stopUrl: string | undefined): EmailContent {
  const question = 'Somebody set up a reminder for you on Cuddle-a-tron, and would like it to be sent to this address.';
  const ignore = 'If you do not want that, do nothing: no reminders will come.';
  return {
    subject: 'Do you want reminders from Whiskers?',
    text: `${question}\n\nIf you want that, say so here:\n${confirmUrl}\n\n${ignore}\n`,
    html: emailDocument(
      html`${question}<br><br><a href="${confirmUrl}">Yes, I want reminders</a><br><br>${ignore}`,
      stopUrl,
    ),
  };
}

/** One segment of 160 characters. @param code - six digits. */
export function questionText(code: string): string {
  return `Cuddle-a-tron: ${code} is the code that lets someone send you reminders, for 15 minutes. Give it only to them. Reply STOP to get nothing from us.`;
}
