// Runs a script of a collection, as Postman does: node postman_script.mjs SCRIPT URL VARIABLES CODE
//
// Prints the variables that there are afterwards.

const [script, url, variables, code] = process.argv.slice(2);
const values = JSON.parse(variables);
const sent = [];
const pm = {
  variables: { get: (name) => values[name] },
  collectionVariables: { set: (name, value) => (values[name] = value), unset: (name) => delete values[name] },
  response: { code: Number(code) },
  request: { url },
  sendRequest(request, done) {
    const body = new URLSearchParams(request.body.urlencoded.map(({ key, value }) => [key, value]));
    sent.push(
      fetch(request.url, { method: request.method, body })
        .then(async (response) => [response.status, await response.json()])
        .then(([code, content]) => done(null, { code, json: () => content })),
    );
  },
};
new Function("pm", script)(pm);
await Promise.all(sent);
console.log(JSON.stringify({ ...values, sent: sent.length }));
