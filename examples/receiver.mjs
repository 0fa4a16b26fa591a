// Prints the callbacks that it receives: node examples/receiver.mjs 4000

import { createServer } from "node:http";

createServer(async (request, response) => {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  console.log(JSON.stringify(JSON.parse(body), null, 4));
  response.end('{"message": {"ack_status": "ACK"}}');
}).listen(Number(process.argv[2]), "127.0.0.1");
