// An OpenID provider for tests: oidc-provider, which is certified as conforming, with its own pages for signing in. The settings are
// the first line of standard input; the port it listens on is the first line it writes. It ends when standard input does.
//
//   {issuer, client: {id, secret, redirect, home, ended}, people: {login: claims}, keys: [private JWK]}
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import Provider from "oidc-provider";

const lines = createInterface({ input: process.stdin });
const settings = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);
process.stdin.on("end", () => process.exit(0)).resume();

const { client, people } = settings;
const claims = [...new Set(Object.values(people).flatMap((p) => Object.keys(p)))];
const provider = new Provider(settings.issuer, {
  clients: [{
    client_id: client.id, client_secret: client.secret, redirect_uris: [client.redirect], post_logout_redirect_uris: [client.home],
    backchannel_logout_uri: client.ended, backchannel_logout_session_required: true,
    response_types: ["code"], grant_types: ["authorization_code"],
  }],
  features: { backchannelLogout: { enabled: true } },
  pkce: { required: () => true },
  claims: { openid: ["sub"], profile: claims },
  findAccount: (_, login) => (login in people ? { accountId: login, claims: () => ({ sub: people[login].sub ?? login, ...people[login] }) } : undefined),
  jwks: { keys: settings.keys },
  cookies: { keys: ["one for tests"] },
  fetch: (address, options) => fetch(address, { ...options, dispatcher: undefined }), // it asks nobody on loopback else
});
provider.on("backchannel.error", (_, error) => console.error(error));
const server = createServer(provider.callback());
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
