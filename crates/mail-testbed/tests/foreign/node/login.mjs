// Logs in with imapflow or nodemailer. What to do comes as JSON on standard input.

import { readFileSync } from 'node:fs';
import { ImapFlow } from 'imapflow';
import nodemailer from 'nodemailer';

const theCase = JSON.parse(readFileSync(0, 'utf8'));
const { host, port, implicit, user, token } = theCase;
const tls = { ca: readFileSync(theCase.ca) };

const refuse = text => {
    console.log(`refused: ${text}`);
    process.exitCode = 1;
};

const imap = async () => {
    const client = new ImapFlow({
        host,
        port,
        secure: implicit,
        doSTARTTLS: implicit ? undefined : true,
        tls,
        auth: { user, accessToken: token },
        logger: false
    });
    try {
        await client.connect();
    } catch (error) {
        if (!error.authenticationFailed) throw error;
        return refuse(`${error.serverResponseCode} ${error.response ?? error.message}`);
    }
    const status = await client.status('INBOX', { messages: true });
    await client.logout();
    console.log('in:', `${status.messages} messages`);
};

const smtp = async () => {
    const client = nodemailer.createTransport({
        host,
        port,
        secure: implicit,
        requireTLS: true,
        tls,
        auth: { type: 'OAuth2', user, accessToken: token }
    });
    try {
        const sent = await client.sendMail({
            from: user,
            to: 'bob@example.com',
            subject: 'hello',
            text: '.Hello\r\n'
        });
        console.log('in:', sent.response);
    } catch (error) {
        if (error.code !== 'EAUTH') throw error;
        refuse(`${error.code} ${error.response}`);
    } finally {
        client.close();
    }
};

await { imap, smtp }[theCase.protocol]();
